"""Does a request ask for more footage than the incident that it names? Then it says why, or it isn't complete."""

from dataclasses import dataclass
from datetime import timedelta

from services.kernel.policy.facts import Facts, answered, lookup, span
from services.kernel.policy.pack import Pack
from services.kernel.policy.rules import RequestRule

INTERVAL = "request.interval"


@dataclass(frozen=True, slots=True)
class Excess:
    """How long was asked for, how long the incident lasted, and how much of the first lies outside of the second."""

    asked: timedelta
    incident: timedelta
    beyond: timedelta
    is_too_much: bool


def excess(pack: Pack, rule: RequestRule, facts: Facts) -> Excess | None:
    """Return the comparison; None where the pack asks for none, or the form doesn't name both."""
    if rule.necessity is None:
        return None
    asked, happened = span(lookup(facts, INTERVAL), pack.zone), span(lookup(facts, rule.necessity.incident), pack.zone)
    if asked is None or happened is None:
        return None
    before, after = max(timedelta(), happened[0] - asked[0]), max(timedelta(), asked[1] - happened[1])
    return Excess(
        asked=asked[1] - asked[0],
        incident=happened[1] - happened[0],
        beyond=min(before + after, asked[1] - asked[0]),
        is_too_much=max(before, after) > rule.necessity.margin,
    )


def unexplained(pack: Pack, rule: RequestRule, facts: Facts) -> tuple[str, ...]:
    """Return the questions that a comparison opens: an incident that can't be read, or why so much is asked for."""
    if rule.necessity is None or not answered(lookup(facts, rule.necessity.incident)):
        return ()
    found = excess(pack, rule, facts)
    if found is None:
        readable = span(lookup(facts, rule.necessity.incident), pack.zone) is not None
        return () if readable else (rule.necessity.incident,)
    if found.is_too_much and not answered(lookup(facts, rule.necessity.explain)):
        return (rule.necessity.explain,)
    return ()
