"""What an act still owes: its receipts and register entries, complete, signed by different people, in time."""

from services.kernel.policy.acts import rules_for
from services.kernel.policy.facts import Facts, answered, instant, mappings, text
from services.kernel.policy.needs import unique
from services.kernel.policy.pack import Pack
from services.kernel.policy.periods import earliest
from services.kernel.policy.rules import Closing
from services.kernel.policy.verdicts import CloseVerdict, Outcome


def close(pack: Pack, facts: Facts) -> CloseVerdict:
    """Judge the ``records`` written after ``act`` was done at ``done_at``."""
    name = text(facts.get("act"))
    if name not in pack.acts:
        return CloseVerdict(outcome=Outcome.REFUSED, reason="no_rule")
    lacking: list[str] = []
    clauses: list[str] = []
    first = ""
    for rule in rules_for(pack, name, facts):
        owed = [fault for closing in rule.closes_with for fault in _owed(pack, closing, facts)]
        lacking += owed
        clauses += rule.clauses if owed else ()
        first = first or (rule.id if owed else "")
    if lacking:
        return CloseVerdict(
            outcome=Outcome.INCOMPLETE, reason="missing", rule=first, clauses=unique(clauses), missing=unique(lacking)
        )
    return CloseVerdict(outcome=Outcome.CLOSED)


def _owed(pack: Pack, closing: Closing, facts: Facts) -> list[str]:
    """Faults of the best record of this kind: one that satisfies everything is enough."""
    written = [each for each in mappings(facts.get("records")) if each.get("record") == closing.record]
    faults = [_faults(pack, closing, each, facts) for each in written]
    return min(faults, key=len) if faults else [closing.record]


def _faults(pack: Pack, closing: Closing, entry: Facts, facts: Facts) -> list[str]:
    name = closing.record
    found = [f"{name}.{field}" for field in closing.fields if not answered(entry.get(field))]
    signed = {text(each.get("role")): text(each.get("person")) for each in mappings(entry.get("signed"))}
    found += [f"{name}.signature:{role}" for role in closing.signed_by if not signed.get(role)]
    persons = [signed[role] for role in closing.signed_by if signed.get(role)]
    if len(set(persons)) < len(persons):
        found.append(f"{name}.same_person")
    if closing.by is not None:
        found += _late(pack, closing, entry, facts)
    return found


def _late(pack: Pack, closing: Closing, entry: Facts, facts: Facts) -> list[str]:
    done, written = instant(facts.get("done_at"), pack.zone), instant(entry.get("at"), pack.zone)
    if done is None:
        return ["done_at"]
    if written is None:
        return [f"{closing.record}.at"]
    assert closing.by is not None
    by = earliest(closing.by, done, pack.zone, pack.readings)
    return [f"{closing.record}.late"] if written > by else []
