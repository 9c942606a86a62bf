"""What a certificate says of one segment, held against the entries of the log and against itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.kernel.batches import HourLine, SegmentKey, keys
from services.kernel.binding import PolicyBinding
from services.kernel.certificate.document import NEEDS_EARLIER, UNKNOWN, exact
from services.kernel.certificate.evidence import WITHHELD, Entry, entry_of
from services.kernel.mark import destroyable_from
from services.kernel.policy import Pack, SegmentFacts, interval, recovery_window
from services.kernel.said_again import NO_BATCH, read_up_to
from services.kernel.scope import Covers, FootageFacts, Scope, covers

Told = Mapping[str, Any]


@dataclass(slots=True)
class Findings:
    """Faults of one segment, fields that the log withholds, and what stays open."""

    where: str
    faults: list[str] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)

    def same(self, what: str, told: object, logged: object) -> None:
        """Compare a claim with the log."""
        if logged == WITHHELD:
            self.withheld.add(what)
        elif told != logged:
            self.faults.append(f"{self.where}: {what} is {told!r} here and {logged!r} in the log")

    def must(self, holds: bool, says: str) -> None:
        """Note what ought to hold and doesn't."""
        if not holds:
            self.faults.append(f"{self.where}: {says}")


def check(segment: Told, entries: Mapping[str, Entry], packs: Mapping[str, Pack]) -> Findings:
    """Return what is wrong with one segment's claims. Raises Unproven where evidence is missing."""
    found = Findings(f"{segment['camera_id']} {segment['started_at']}")
    _recording(found, segment, entry_of(entries, segment["events"]["recorded"], "SegmentRecorded"))
    mark = entry_of(entries, segment["events"]["marked"], "DestructionStarted")
    _mark(found, segment, mark)
    if _is_said_again(segment):
        _said_again(found, segment, mark, entries)
    else:
        _marked_once(found, segment, mark)
    _clearance(found, segment, entry_of(entries, segment["events"]["cleared"], "DeletionCleared"))
    _receipt(found, segment, entry_of(entries, segment["events"]["destroyed"], "SegmentDestroyed"))
    _policy(found, segment, entry_of(entries, segment["events"]["in_force"], "PolicyInForce"))
    for protection in segment["protections"]:
        _protection(found, segment, protection, entries)
    _times(found, segment, entries)
    pack = packs.get(segment["policy"]["digest"])
    if pack is not None:
        _recomputed(found, segment, entries, pack)
    return found


def _key(found: Findings, segment: Told, event: Told) -> None:
    for name in ("camera_id", "started_at", "generation"):
        found.same(name, segment[name], event[name])


def _recording(found: Findings, segment: Told, entry: Entry) -> None:
    _key(found, segment, entry.event)
    for name in ("ended_at", "sha256", "size_bytes", "retention_class"):
        found.same(name, segment[name], entry.event[name])
    found.same("recorded_at", segment["recorded_at"], entry.envelope["recorded_at"])


def _mark(found: Findings, segment: Told, entry: Entry) -> None:
    _key(found, segment, entry.event)
    mark = segment["mark"]
    found.same("mark.at", mark["at"], entry.envelope["recorded_at"])
    found.same("mark.batch_id", mark["batch_id"], entry.event["batch_id"])


def _marked_once(found: Findings, segment: Told, entry: Entry) -> None:
    found.same("mark.seq", segment["mark"]["seq"], entry.event["mark_seq"])
    found.same("rules", segment["policy"]["rules"], entry.event["rule_ids"])
    found.same("destroyable_from", segment["destroyable_from"], entry.event["destroyable_from"])
    found.same("policy", segment["policy"]["reference"], entry.envelope["policy_version"])


def _is_said_again(segment: Told) -> bool:
    return bool(segment["mark"]["batch_id"] == str(NO_BATCH))


def _said_again(found: Findings, segment: Told, entry: Entry, entries: Mapping[str, Entry]) -> None:
    """A restore forgot the mark: the answer that told of it says when it was made, the receipt says the rest (F9)."""
    answer = entry_of(entries, segment["events"].get("answered", ""), "HoldApplied").event
    seq = read_up_to(NO_BATCH, entry.event["mark_seq"], answer["seq"])
    found.same("mark.seq", segment["mark"]["seq"], seq)
    found.must(_own(segment) in set(keys(_lines(answer["destroying"]))), "the answer doesn't call it being destroyed")
    receipt = entry_of(entries, segment["events"]["destroyed"], "SegmentDestroyed").event
    found.same("rules", segment["policy"]["rules"], receipt["rule_ids"])
    found.same("destroyable_from", segment["destroyable_from"], receipt["destroyable_from"])
    found.open.add(NEEDS_EARLIER)


def _clearance(found: Findings, segment: Told, entry: Entry) -> None:
    if not _is_said_again(segment):
        found.same("mark.batch_id", segment["mark"]["batch_id"], entry.event["batch_id"])
    found.same("mark.cleared_seq", segment["mark"]["cleared_seq"], entry.event["seq"])
    found.must(entry.event["seq"] <= segment["mark"]["seq"], "marked before its clearance was read")
    found.must(_own(segment) in set(keys(_lines(entry.event["lines"]))), "its clearance doesn't name it")


def _own(segment: Told) -> SegmentKey:
    return SegmentKey(
        camera_id=segment["camera_id"],
        started_at=datetime.fromisoformat(segment["started_at"]),
        generation=segment["generation"],
    )


def _lines(told: Sequence[Told]) -> Iterator[HourLine]:
    for line in told:
        yield HourLine(**{**line, "offsets_us": tuple(line["offsets_us"])})


def _receipt(found: Findings, segment: Told, entry: Entry) -> None:
    _key(found, segment, entry.event)
    for name in ("ended_at", "sha256", "size_bytes", "retention_class"):
        found.same(f"receipt.{name}", segment[name], entry.event[name])
    gone = segment["destroyed"]
    found.same("destroyed.at", gone["at"], entry.event["destroyed_at"])
    found.same("destroyed.by", gone["by"], entry.event["destroyed_by"])
    found.same("destroyed.method", gone["method"], entry.event["method"])
    found.same("mark.batch_id", segment["mark"]["batch_id"], entry.event["batch_id"])
    found.same("maximum", segment["maximum"], entry.event["destroy_by"] or "")
    answers = [(each["answer"], each["asked_at"]) for each in gone["answers"]]
    found.same("destroyed.answers", answers, [(each["answer"], each["asked_at"]) for each in entry.event["answers"]])
    found.must(bool(answers), "no storage answered")
    found.must(all(answer == "absent" for answer, _ in answers), "a storage didn't answer that the bytes are absent")


def _policy(found: Findings, segment: Told, entry: Entry) -> None:
    policy = segment["policy"]
    for name in ("policy_id", "version", "digest"):
        found.same(f"policy.{name}", policy[name], entry.event[name])
    reference = f"{policy['policy_id']}@{policy['version']}#{policy['digest'][:12]}"
    found.must(policy["reference"] == reference, "the policy that marked it is another than the one in force")
    found.must(entry.event["seq"] <= segment["mark"]["seq"], "its policy came after the mark")
    found.must(entry.event["binding_from"] <= segment["mark"]["at"], "its policy bound after the mark")


def _protection(found: Findings, segment: Told, protection: Told, entries: Mapping[str, Entry]) -> None:
    """Fold its records up to the mark: the last word must be an end that had come."""
    until: str | None = ""
    facts = _facts(segment)
    answers: list[Covers] = []
    for position, event_id in enumerate(protection["events"]):
        kind = protection["lines"][position]
        found.must(position > 0 or kind != "HoldReleased", "a protection begins with its release")
        event = entry_of(entries, event_id, kind).event
        answers.append(covers(_scope(event["scope"]), facts) if "scope" in event else Covers.NO)
        found.same("protection", protection["hold_id"], event["hold_id"])
        found.must(event["seq"] <= segment["mark"]["seq"], "a protection's record came after the mark")
        told = event["protects_until"]
        extends = kind == "HoldExtended" and position
        until = (max(until, told) if until and told else None) if extends else told
    found.same("protection.protects_until", protection["protects_until"], until or "")
    found.must(any(answers), f"protection {protection['hold_id']} doesn't cover it")
    found.must(Covers.YES not in answers or protection["covers"] == "yes", "a protection covers it for certain")
    if not (until and until <= segment["mark"]["at"]):
        _standing(found, protection)


def _facts(segment: Told) -> FootageFacts:
    """Camera and time are certain; what else a scope may name is known to those who filed it."""
    start, end = datetime.fromisoformat(segment["started_at"]), datetime.fromisoformat(segment["ended_at"])
    return FootageFacts(camera_id=segment["camera_id"], started_at=start, ended_at=end)


def _scope(told: Told) -> Scope:
    return Scope(
        cameras=tuple(told["cameras"]),
        area=told["area"],
        officer=told["officer"],
        incident=told["incident"],
        starts_at=datetime.fromisoformat(told["starts_at"]),
        ends_at=datetime.fromisoformat(told["ends_at"]) if told["ends_at"] else None,
    )


def _standing(found: Findings, protection: Told) -> None:
    if protection["covers"] == "yes":
        found.must(False, f"protection {protection['hold_id']} had not ended when it was marked")
    else:
        found.open.add(f"that protection {protection['hold_id']} didn't cover it: place, wearer or incident decide")


def _times(found: Findings, segment: Told, entries: Mapping[str, Entry]) -> None:
    mark, gone = segment["mark"]["at"], segment["destroyed"]["at"]
    recorded = entries[segment["events"]["recorded"]].envelope["recorded_at"]
    # All are UTC and equally long, so text compares as time does.
    found.must(segment["started_at"] <= segment["ended_at"], "it ended before it began")
    found.must(recorded <= mark <= gone, "recorded, marked and destroyed don't follow each other")
    found.must(segment["destroyable_from"] <= mark, "it was marked before the policy let it go")
    found.must(segment["minimum"] in {"", UNKNOWN} or segment["minimum"] <= mark, "it was marked before its minimum")
    asked = [each["asked_at"] for each in segment["destroyed"]["answers"]]
    found.must(all(mark <= at <= gone for at in asked), "a storage was asked outside of the destruction")


def _recomputed(found: Findings, segment: Told, entries: Mapping[str, Entry], pack: Pack) -> None:
    facts = SegmentFacts(_at(segment["started_at"]), _at(segment["ended_at"]), segment["retention_class"])
    binding = _binding(entries[segment["events"]["in_force"]])
    times = interval(pack, facts, shortened_at=binding.binding_from if binding.shortens else None)
    recording = entries[segment["events"]["recorded"]]
    free = destroyable_from(
        times.command_at,
        binding=binding,
        recovery_from=_at(recording.event["recovery_from"]),
        recovery=recovery_window(pack),
        recorded_at=_at(recording.envelope["recorded_at"]),
    )
    for what, told, computed in (
        ("destroyable_from", segment["destroyable_from"], free),
        ("minimum", segment["minimum"], times.keep_until),
        ("maximum", segment["maximum"], times.destroy_by),
    ):
        said = exact(computed) if computed else ""
        found.must(told in {said, UNKNOWN}, f"{what} is {told!r} here, and by the policy's own files {said!r}")


def _binding(entry: Entry) -> PolicyBinding:
    event = entry.event
    return PolicyBinding(
        policy_id=event["policy_id"],
        version=event["version"],
        digest=event["digest"],
        binding_from=_at(event["binding_from"]),
        shortens=event["shortens"],
        seq=event["seq"],
        recorded_at=_at(entry.envelope["recorded_at"]),
    )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
