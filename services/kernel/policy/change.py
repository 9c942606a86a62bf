"""What a new version shortens or relaxes, and whether it may be adopted.

A comparison that can't show that a rule stayed at least as strict says that it became weaker: two approvers, a
simulation and a notice period are cheap beside a safeguard that went unnoticed.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from services.kernel.policy.build import pack_from
from services.kernel.policy.facts import Facts, answered, instant, items, mappings, text
from services.kernel.policy.lengths import shorter
from services.kernel.policy.pack import Pack
from services.kernel.policy.periods import latest
from services.kernel.policy.relaxing import relaxed
from services.kernel.policy.rules import Dispose, RetentionRule
from services.kernel.policy.verdicts import AdoptionVerdict

_SECTIONS = ("prohibitions", "routing", "requests", "chains", "acts", "records", "duties", "registers", "violations")


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids of what ends earlier, and of what asks less, than before."""

    shortens: tuple[str, ...]
    relaxes: tuple[str, ...]


def difference(old: Pack, new: Pack) -> Difference:
    """Compare two versions rule by rule."""
    return Difference(tuple(_shortened(old, new)), tuple(relaxed(old.document, new.document)))


def adopt(old: Pack, new: Pack, facts: Facts) -> AdoptionVerdict:
    """May ``new`` follow ``old``? Every version names its instrument and its scenario result (SPD-03 and its like).

    What shortens or relaxes also needs ``simulation`` (the report's digest), ``approvals`` ({person, role}, different
    persons, every role that change control names) and an ``effective`` instant after the notice period.
    """
    rule = old.change_control
    found = difference(old, new)
    lacking = [name for name in ("enacted_by", "scenarios_passed", "effective") if not answered(facts.get(name))]
    announced, effective = instant(facts.get("at"), old.zone), instant(facts.get("effective"), old.zone)
    earliest = announced
    if found.shortens or found.relaxes:
        earliest = announced and latest(rule.notice, announced, old.zone, old.readings)
        lacking += [] if answered(facts.get("simulation")) else ["simulation"]
        lacking += _approvals_lacking(old, facts)
        # A notice that can't be computed was not given.
        if earliest is None or effective is None or effective < earliest:
            lacking.append("notice")
    return AdoptionVerdict(
        outcome="incomplete" if lacking else "adopted",
        reason="missing" if lacking else "",
        rule=rule.id,
        clauses=rule.clauses,
        missing=tuple(dict.fromkeys(lacking)),
        shortens=found.shortens,
        relaxes=found.relaxes,
        earliest=earliest,
    )


def amended(pack: Pack, change: Facts) -> Pack:
    """The pack with some rules' fields replaced, ``{rule id: {field: value} | null}``; null removes the rule."""
    document = copy.deepcopy(dict(pack.document))
    for rule_id, fields in change.items():
        _amend(document, rule_id, fields)
    return pack_from(document, digest=pack.digest, calendar=pack.calendar_document)


def _amend(document: dict[str, object], rule_id: str, fields: object) -> None:
    for holder in _lists(document):
        for raw in mappings(holder):
            if raw.get("id") == rule_id and isinstance(raw, dict):
                if isinstance(fields, Mapping):
                    raw.update(fields)
                else:
                    holder.remove(raw)
                return
    single = document.get(rule_id, document.get(rule_id.partition(".")[0]))
    if isinstance(single, dict) and isinstance(fields, Mapping):
        single.update(fields)
        return
    raise KeyError(rule_id)


def _lists(document: dict[str, object]) -> list[list[object]]:
    retention = document.get("retention")
    inner = [retention.get("rules"), retention.get("holds")] if isinstance(retention, Mapping) else []
    steps = [chain.get("steps") for chain in mappings(document.get("chains"))]
    candidates = [*(document.get(section) for section in _SECTIONS), *inner, *steps]
    return [each for each in candidates if isinstance(each, list)]


def _approvals_lacking(pack: Pack, facts: Facts) -> list[str]:
    given = mappings(facts.get("approvals"))
    persons = {text(each.get("person")) for each in given} - {""}
    roles = {text(each.get("role")) for each in given if text(each.get("person"))}
    lacking = [] if len(persons) >= pack.change_control.approvals else ["approvals"]
    return lacking + [f"approvals.role:{role}" for role in pack.change_control.roles if role not in roles]


def _shortened(old: Pack, new: Pack) -> list[str]:
    before = {rule.id: rule for rule in old.retention.rules}
    after = {rule.id: rule for rule in new.retention.rules}
    found = [
        rule_id
        for rule_id in dict.fromkeys([*before, *after])
        if _rule_shortened(before.get(rule_id), after.get(rule_id))
    ]
    found += [kind.id for name, kind in old.retention.holds.items() if _hold_weaker(old, new, name)]
    if (old.zone.key, old.readings) != (new.zone.key, new.readings):
        found.append("time")
    return found + _aims_shortened(old, new)


def _rule_shortened(old: RetentionRule | None, new: RetentionRule | None) -> bool:
    if old is None:
        return new is not None and new.destroy_by is not None
    if new is None:
        return old.keep_at_least is not None
    if (old.clock, old.readings, old.applies) != (new.clock, new.readings, new.applies):
        return True
    gone = old.keep_at_least is not None and (
        new.keep_at_least is None or shorter(new.keep_at_least, old.keep_at_least)
    )
    sooner = new.destroy_by is not None and (old.destroy_by is None or shorter(new.destroy_by, old.destroy_by))
    return gone or sooner


def _hold_weaker(old: Pack, new: Pack, kind: str) -> bool:
    if kind not in new.retention.holds:
        return True
    return old.retention.holds[kind].lifts_maximum and not new.retention.holds[kind].lifts_maximum


def _aims_shortened(old: Pack, new: Pack) -> list[str]:
    was, now = old.retention, new.retention
    found: list[str] = []
    eager = {Dispose.NONE: 0, Dispose.AT_MAXIMUM: 1, Dispose.AT_MINIMUM: 2}
    if eager[now.dispose] > eager[was.dispose]:
        found.append("retention.dispose")
    if now.recovery < was.recovery or now.margin > was.margin:
        found.append("retention.recovery")
    a, b = was.open_request, now.open_request
    fewer = (a.past_maximum and not b.past_maximum) or (a.working_day and not b.working_day)
    terms = items(a.extend_by) != items(b.extend_by) or a.extend_times > b.extend_times
    if fewer or terms or shorter(b.blocks_for, a.blocks_for) or not a.pause_reasons <= b.pause_reasons:
        found.append("retention.open_request")
    return found
