"""May this entry be stored, and is it complete? A closed record has no field that the pack doesn't name."""

from collections.abc import Mapping

from services.kernel.policy.facts import Facts, answered, token
from services.kernel.policy.gates import barred
from services.kernel.policy.needs import missing, names_of
from services.kernel.policy.pack import Pack
from services.kernel.policy.rules import Gate, RecordRule
from services.kernel.policy.verdicts import NEVER, Outcome, RecordVerdict


def record(pack: Pack, facts: Facts) -> RecordVerdict:
    """Judge ``values`` as an entry of the kind ``record``."""
    raw = facts.get("values")
    values: Facts = raw if isinstance(raw, Mapping) else {}
    bar = barred(pack, Gate.STORE, {"record": {"fields": sorted(str(name) for name in values)}})
    if bar.by is not None:
        return RecordVerdict(
            outcome=Outcome.REFUSED,
            reason="forbidden",
            rule=bar.by.id,
            clauses=bar.by.clauses,
            message=bar.by.message,
            override=NEVER,
        )
    rule = pack.records.get(str(facts.get("record")))
    if rule is None:
        return RecordVerdict(outcome=Outcome.REFUSED, reason="no_rule")
    return _entry(rule, values)


def _entry(rule: RecordRule, values: Facts) -> RecordVerdict:
    if rule.closed and (extra := sorted(set(values) - names_of(rule.need) - set(rule.optional))):
        return _refused(rule, "field_not_allowed", tuple(extra))
    if over := tuple(name for name, limit in rule.limits.items() if _over(values.get(name), limit)):
        return _refused(rule, "over_limit", over)
    if wrong := tuple(name for name, wanted in rule.must_be.items() if _differs(values.get(name), wanted)):
        return _refused(rule, "must_be", wrong)
    lacking = (*missing(rule.need, values), *(name for name in rule.must_be if not answered(values.get(name))))
    outcome = Outcome.INCOMPLETE if lacking else Outcome.ACCEPTED
    return RecordVerdict(
        outcome=outcome,
        reason="missing" if lacking else "",
        rule=rule.id,
        clauses=rule.clauses,
        missing=tuple(dict.fromkeys(lacking)),
        message=rule.message,
    )


def _over(value: object, limit: float) -> bool:
    """A limited answer must be a number; one that can't be read as a number can't be shown to be inside."""
    if not answered(value):
        return False
    try:
        return isinstance(value, bool) or not float(str(value)) <= limit
    except ValueError:
        return True


def _differs(value: object, wanted: object) -> bool:
    return answered(value) and token(value) != wanted


def _refused(rule: RecordRule, reason: str, names: tuple[str, ...]) -> RecordVerdict:
    return RecordVerdict(
        outcome=Outcome.REFUSED,
        reason=reason,
        rule=rule.id,
        clauses=rule.clauses,
        missing=names,
        message=rule.message,
    )
