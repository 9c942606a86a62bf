"""A programme has a review date and may have an end; after it nothing new is taken in and the rest runs out."""

from services.kernel.policy.facts import Facts, answered, instant
from services.kernel.policy.pack import Pack
from services.kernel.policy.verdicts import ProgrammeVerdict


def programme(pack: Pack, facts: Facts) -> ProgrammeVerdict:
    """Judge the programme at ``at``; ``ended_at`` is the instant of ProgrammeEnded, if it was published."""
    rule = pack.programme
    if rule is None:
        return ProgrammeVerdict(outcome="none")
    now = instant(facts.get("at"), pack.zone)
    ended, written = instant(facts.get("ended_at"), pack.zone), instant(rule.ends, pack.zone)
    if now is None or (answered(facts.get("ended_at")) and ended is None):
        return ProgrammeVerdict(outcome="incomplete", reason="missing", rule=rule.id, clauses=rule.clauses)
    end = min((each for each in (ended, written) if each is not None), default=None)
    review = instant(rule.review_by, pack.zone)
    assert review is not None
    outcome = "running" if now < review else "review_due"
    if end is not None and now >= end:
        outcome = "ended"
    return ProgrammeVerdict(outcome=outcome, rule=rule.id, clauses=rule.clauses, ended_at=end)
