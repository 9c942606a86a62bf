"""Ends of terms: how long an open request protects (pauses, extensions, closed days), how long a register stays."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from services.kernel.policy.facts import Facts, instant, mappings, text
from services.kernel.policy.pack import Pack
from services.kernel.policy.periods import both_folds, latest
from services.kernel.policy.verdicts import TermVerdict


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock of a term stood still from ``start`` to ``end`` for a reason that the pack names."""

    reason: str
    start: datetime
    end: datetime


def request_term(pack: Pack, submitted_at: datetime, *, pauses: Iterable[Pause] = (), extensions: int = 0) -> datetime:
    """When an open request stops protecting. A pause for another reason, or an extension too many, adds nothing."""
    open_request = pack.retention.open_request
    end = latest(open_request.blocks_for, submitted_at, pack.zone, pack.readings)
    for _ in range(min(extensions, open_request.extend_times) if open_request.extend_by is not None else 0):
        assert open_request.extend_by is not None
        end = latest(open_request.extend_by, end, pack.zone, pack.readings)
    end += _paused(pack, submitted_at, pauses)
    return _next_open_day(pack, end) if open_request.working_day else end


def pauses_of(pack: Pack, facts: Facts) -> tuple[Pause, ...]:
    found: list[Pause] = []
    for each in mappings(facts.get("pauses")):
        start, end = instant(each.get("from"), pack.zone), instant(each.get("to"), pack.zone)
        if start is not None and end is not None and start < end:
            found.append(Pause(text(each.get("reason")), start, end))
    return tuple(found)


def protection_needs_a_person(pack: Pack, cameras: int, span: timedelta) -> bool:
    """Would this request protect more than the pack lets one request protect without a person's confirmation?"""
    cap = pack.retention.open_request
    if cap.cameras_max is not None and cameras > cap.cameras_max:
        return True
    hours = cameras * (span / timedelta(hours=1))
    return cap.camera_hours_max is not None and hours > cap.camera_hours_max


def register_term(pack: Pack, facts: Facts) -> TermVerdict:
    """Judge how long an entry of ``register`` stays after the act at ``acted_at``; then its key is destroyed."""
    rule = pack.registers.get(text(facts.get("register")))
    if rule is None:
        return TermVerdict(outcome="refused", reason="no_rule")
    acted, now = instant(facts.get("acted_at"), pack.zone), instant(facts.get("at"), pack.zone)
    if acted is None or now is None:
        return TermVerdict(
            outcome="incomplete", reason="missing", rule=rule.id, clauses=rule.clauses, missing=("acted_at",)
        )
    until = latest(rule.period, acted, pack.zone, rule.readings)
    outcome = "kept" if now < until else "destroy_key"
    return TermVerdict(outcome=outcome, rule=rule.id, clauses=rule.clauses, keep_until=until)


def _paused(pack: Pack, submitted_at: datetime, pauses: Iterable[Pause]) -> timedelta:
    rule = pack.retention.open_request
    lengths = [
        pause.end - max(pause.start, submitted_at)
        for pause in pauses
        if pause.reason in rule.pause_reasons and pause.end > submitted_at
    ]
    total = sum(lengths, timedelta())
    if rule.pause_at_most is None:
        return total
    return min(total, timedelta(days=rule.pause_at_most.days) + rule.pause_at_most.clock)


def _next_open_day(pack: Pack, end: datetime) -> datetime:
    """A term that ends on a closed day ends with the next open one (Taiwan's Civil Code art. 122, and its like)."""
    # The instant at midnight belongs to the day before: that day was the last of the term.
    last_day = (end - timedelta(microseconds=1)).astimezone(pack.zone).date()
    if pack.calendar.is_open(last_day):
        return end
    for _ in range(366):
        last_day += timedelta(days=1)
        if pack.calendar.is_open(last_day):
            break
    return max(both_folds(datetime.combine(last_day + timedelta(days=1), time()), pack.zone))
