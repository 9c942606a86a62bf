"""Why a segment still exists, or why it is gone: state, rules, protections, events and what comes next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.kernel.events import ProtectionKind
from services.kernel.ids import PROTECTION_LOG, event_id, segment_stream
from services.kernel.mark import CLOCK_MARGIN, destroy_by_with_protection
from services.kernel.policy.retention import interval
from services.kernel.protection import Protection
from services.retention.bits import bit
from services.retention.bucket import Bucket
from services.retention.decider import Circumstances
from services.retention.instants import iso
from services.retention.shield import Shield, shield
from services.retention.timing import Rules, segment_command_at, segment_facts, segment_interval
from services.retention.words import NEXT, STATES, WHY, said


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event that made it so."""

    event_id: UUID
    type: str
    at: datetime | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is known of its destruction; ``destroyed_at`` None while it goes on."""

    batch_id: UUID
    destroyed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that an explanation rests on."""

    bucket: Bucket
    position: int
    around: Circumstances
    events: Sequence[Happened]
    receipt: Receipt | None
    cleared: bool

    def without_matters(self) -> Case:
        """Return the case as outsiders may hear it: that it is kept and how long, never for which matter or whom."""
        protections = tuple(replace(each, matter="", authority="") for each in self.around.protections)
        return replace(self, around=replace(self.around, protections=protections))


def explain(case: Case, language: str) -> dict[str, object]:
    """Return the explanation as JSON values; instants are UTC."""
    bucket, position, rules = case.bucket, case.position, case.around.rules
    facts = case.around.facts(bucket, position)
    covered = shield(facts, case.around.protections, case.around.now)
    state = state_of(case, covered)
    why = "unbound" if rules is None and state == "kept" else state
    then, at = _next(case, covered, state)
    return {
        "camera_id": bucket.key.camera_id,
        "started_at": iso(bucket.started_at(position)),
        "ended_at": iso(bucket.ended_at(position)),
        "generation": bucket.key.generation,
        "retention_class": bucket.retention_class,
        "state": state,
        "state_text": said(STATES, state, language),
        "why": said(WHY, why, language),
        **_interval(bucket, position, rules, covered),
        "destroyed_at": iso(case.receipt.destroyed_at) if case.receipt else None,
        "batch_id": str(case.receipt.batch_id) if case.receipt else None,
        "next": said(NEXT, then, language),
        "next_at": iso(at),
        "rules": _rules(bucket, position, rules, language),
        "protections": [_protection(p, covered) for p in covered.past],
        "events": [_event(e) for e in _events(case, covered)],
    }


def state_of(case: Case, covered: Shield) -> str:
    """Return the state by the words of the glossary; what has happened stands above what is planned."""
    bucket, mine = case.bucket, bit(case.bucket.size, case.position)
    if bucket.destroyed & mine:
        return "gone"
    if case.receipt is not None:
        return "destroying"
    past = _past_maximum(case, covered)
    if covered.standing and not covered.released:
        return "past_maximum_protected" if past else _protected_by(covered)
    if past:
        return "overdue"
    if bucket.commanded & mine:
        return "cleared" if case.cleared else "commanded"
    return "queued" if bucket.queued & mine else "kept"


def _protected_by(covered: Shield) -> str:
    kinds = {p.kind for p in covered.standing}
    if ProtectionKind.HOLD in kinds or not kinds <= {ProtectionKind.REQUEST, ProtectionKind.RESCUE}:
        return "held"
    return "blocked_by_request" if ProtectionKind.REQUEST in kinds else "rescued"


def _past_maximum(case: Case, covered: Shield) -> bool:
    rules = case.around.rules
    destroy_by = segment_interval(case.bucket, case.position, rules).destroy_by if rules else None
    if rules is None or destroy_by is None:
        return False
    if covered.standing:
        return case.around.now >= destroy_by
    moved = destroy_by_with_protection(destroy_by, covered.past, rules.allowance)
    return moved is not None and case.around.now >= moved


def _interval(bucket: Bucket, position: int, rules: Rules | None, covered: Shield) -> dict[str, object]:
    if rules is None:
        return dict.fromkeys(("policy", "keep_until", "queue_at", "command_at", "destroy_by", "destroy_by_moved_to"))
    times, command_at = segment_interval(bucket, position, rules), segment_command_at(bucket, position, rules)
    moved = destroy_by_with_protection(times.destroy_by, covered.past, rules.allowance)
    binding = rules.binding
    return {
        "policy": f"{binding.policy_id}@{binding.version}#{binding.digest[:12]}",
        "keep_until": iso(times.keep_until),
        "queue_at": iso(command_at and command_at - rules.recovery),
        "command_at": iso(command_at),
        "destroy_by": iso(times.destroy_by),
        "destroy_by_moved_to": iso(moved) if moved != times.destroy_by else None,
    }


def _rules(bucket: Bucket, position: int, rules: Rules | None, language: str) -> list[dict[str, object]]:
    if rules is None:
        return []
    named = interval(rules.pack, segment_facts(bucket, position)).rules
    return [_rule(rules, rule_id, language) for rule_id in named]


def _rule(rules: Rules, rule_id: str, language: str) -> dict[str, object]:
    rule = rules.pack.rules[rule_id]
    titles = {"en": rule.title.get("en", ""), "zh-Hant": rule.title.get("zh-Hant", rule.title.get("zh", ""))}
    chosen = titles["zh-Hant" if language.lower().startswith("zh") else "en"]
    return {"rule_id": rule_id, "clauses": list(rule.clauses), "title": chosen, "titles": titles}


def _protection(protection: Protection, covered: Shield) -> dict[str, object]:
    return {
        "hold_id": str(protection.hold_id),
        "kind": protection.kind,
        "matter": protection.matter,
        "authority": protection.authority,
        "protects_until": iso(protection.protects_until),
        "review_by": iso(protection.review_by),
        "standing": protection in covered.standing,
        "event_id": str(event_id(PROTECTION_LOG, protection.seq)),
    }


def _events(case: Case, covered: Shield) -> list[Happened]:
    """The recording, the binding version, each protection's last word, then what retention kept of the rest."""
    bucket, key = case.bucket, case.bucket.segment(case.position)
    stream = segment_stream(key.camera_id, key.started_at, key.generation)
    found = [Happened(event_id=event_id(stream, 1), type="SegmentRecorded", at=bucket.recorded_at(case.position))]
    if case.around.rules is not None:
        binding = case.around.rules.binding
        note = f"{binding.policy_id}@{binding.version}"
        seen = event_id(PROTECTION_LOG, binding.seq)
        found.append(Happened(event_id=seen, type="PolicyInForce", at=binding.recorded_at, note=note))
    found += [
        Happened(
            event_id=event_id(PROTECTION_LOG, p.seq), type="Protection", at=None, note=f"{p.kind} {p.matter}".strip()
        )
        for p in covered.past
    ]
    return found + sorted(case.events, key=lambda e: (e.at is None, e.at))


def _event(happened: Happened) -> dict[str, object]:
    return {
        "event_id": str(happened.event_id),
        "type": happened.type,
        "at": iso(happened.at),
        "note": happened.note,
    }


def _next(case: Case, covered: Shield, state: str) -> tuple[str, datetime | None]:
    fixed = {"gone": "none", "destroying": "receipt", "cleared": "mark", "commanded": "clear"}
    if state in fixed:
        return fixed[state], None
    if case.around.rules is None:
        return "bind", None
    if covered.standing and not covered.released:
        return ("release", None) if covered.until is None else ("protection_ends", covered.until)
    return _by_time(case, covered, case.around.rules)


def _by_time(case: Case, covered: Shield, rules: Rules) -> tuple[str, datetime | None]:
    command_at = segment_command_at(case.bucket, case.position, rules)
    if command_at is None:
        return "never", None
    if covered.standing and covered.until is not None:
        command_at = max(command_at, covered.until)
    if case.around.now < command_at - rules.recovery:
        return "queue", command_at - rules.recovery
    if case.around.breaker_open:
        return "breaker", None
    mine = case.bucket.offsets_us[case.position]
    refused = [wait.not_before for wait in case.around.waits if wait.not_before and mine in wait.offsets_us]
    if refused and case.around.now < max(refused):
        return "wait", max(refused)
    return "command", command_at + CLOCK_MARGIN
