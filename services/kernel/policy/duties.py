"""Recurring duties: each period needs one complete, confirmed fulfilment; a missed one stays missed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from services.kernel.policy.facts import Facts, answered, instant, mappings, text
from services.kernel.policy.pack import Pack
from services.kernel.policy.periods import both_folds, earliest
from services.kernel.policy.rules import Duty
from services.kernel.policy.verdicts import DutyVerdict

OK: Final = "ok"
DUE: Final = "due"
_MONTHS_IN: Final = {"month": 1, "half_year": 6, "year": 12}


def duty(pack: Pack, facts: Facts) -> DutyVerdict:
    """Judge the duty named ``duty`` at ``at``: it runs from ``since`` and was fulfilled by the entries of ``done``."""
    rule = pack.duties.get(text(facts.get("duty")))
    if rule is None:
        return DutyVerdict(outcome="refused", reason="no_rule")
    since, now = instant(facts.get("since"), pack.zone), instant(facts.get("at"), pack.zone)
    if since is None or now is None:
        lacking = ("since",) if since is None else ("at",)
        return DutyVerdict(outcome="incomplete", reason="missing", rule=rule.id, clauses=rule.clauses, missing=lacking)
    done = sorted(at for at in _counted(pack, rule, facts) if since <= at <= now)
    if rule.every is not None:
        return _running(pack, rule, since, now, done)
    return _by_calendar(pack, rule, since, now, done)


def _counted(pack: Pack, rule: Duty, facts: Facts) -> Iterator[datetime]:
    """Fulfilments that count: every field answered and, where the pack asks for it, confirmed by another person."""
    for each in mappings(facts.get("done")):
        at = instant(each.get("at"), pack.zone)
        complete = all(answered(each.get(name)) for name in rule.fields)
        by, confirmed = text(each.get("by")), text(each.get("confirmed_by"))
        if at is not None and complete and (not rule.confirm or (by and confirmed and by != confirmed)):
            yield at


def _running(pack: Pack, rule: Duty, since: datetime, now: datetime, done: list[datetime]) -> DutyVerdict:
    assert rule.every is not None
    due_by = earliest(rule.every, done[-1] if done else since, pack.zone, rule.readings)
    missed = _missed_since(pack, rule, due_by, now)
    outcome = rule.late if missed else (OK if done else DUE)
    return _verdict(rule, outcome, missed, len(done), due_by)


def _missed_since(pack: Pack, rule: Duty, due_by: datetime, now: datetime) -> int:
    assert rule.every is not None
    missed, end = 0, due_by
    while now >= end:
        missed += 1
        following = earliest(rule.every, end, pack.zone, rule.readings)
        end = max(following, end + timedelta(hours=1))
    return missed


def _by_calendar(pack: Pack, rule: Duty, since: datetime, now: datetime, done: list[datetime]) -> DutyVerdict:
    missed, start = 0, _first_day(rule.per, since.astimezone(pack.zone).date())
    while (end := _midnight(pack, _next_day(rule.per, start))) <= now:
        begin = _midnight(pack, start)
        missed += not any(begin <= at < end for at in done)
        start = _next_day(rule.per, start)
    current = any(_midnight(pack, start) <= at for at in done)
    outcome = rule.late if missed else (OK if current else DUE)
    return _verdict(rule, outcome, missed, len(done), end)


def _first_day(per: str, day: date) -> date:
    if per == "day":
        return day
    months = _MONTHS_IN[per]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _next_day(per: str, day: date) -> date:
    if per == "day":
        return day + timedelta(days=1)
    index = day.year * 12 + day.month - 1 + _MONTHS_IN[per]
    return date(index // 12, index % 12 + 1, 1)


def _midnight(pack: Pack, day: date) -> datetime:
    return min(both_folds(datetime.combine(day, time()), pack.zone)).astimezone(UTC)


def _verdict(rule: Duty, outcome: str, missed: int, counted: int, due_by: datetime) -> DutyVerdict:
    return DutyVerdict(
        outcome=outcome, rule=rule.id, clauses=rule.clauses, missed=missed, counted=counted, due_by=due_by
    )
