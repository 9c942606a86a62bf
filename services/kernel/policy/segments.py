"""Where one segment stands at an instant: kept, queued, due, overdue, or protected by a hold or an open request."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from services.kernel.policy.facts import Facts, instant, mappings, text
from services.kernel.policy.pack import Pack
from services.kernel.policy.retention import SegmentFacts, interval
from services.kernel.policy.terms import Pause, pauses_of, request_term
from services.kernel.policy.verdicts import RetentionInterval, SegmentVerdict


class Standing(StrEnum):
    KEPT = "kept"
    QUEUED = "queued"
    DUE = "due"
    OVERDUE = "overdue"
    HELD = "held"
    HELD_PAST_MAXIMUM = "held_past_maximum"
    BLOCKED_BY_REQUEST = "blocked_by_request"
    PAST_MAXIMUM_PROTECTED = "past_maximum_protected"


def segment(pack: Pack, facts: Facts, *, shortened_at: datetime | None = None) -> SegmentVerdict:
    """Judge ``segment`` (start, end, class) with its ``holds`` and ``open_requests`` at ``at``."""
    now, recording = instant(facts.get("at"), pack.zone), _recording(pack, facts)
    if now is None or recording is None:
        lacking = ("at",) if now is None else ("segment.start", "segment.end")
        return SegmentVerdict(outcome="incomplete", reason="missing", missing=lacking)
    times = interval(pack, recording, shortened_at=shortened_at)
    holds = [text(each.get("kind")) for each in mappings(facts.get("holds"))]
    late = times.destroy_by is not None and now >= times.destroy_by
    requests = _blocking(pack, facts, now, late=late)
    standing = _standing(pack, times, now, holds, requests, late=late)
    # Taken from what protects, not from the words: a new word must not make footage deletable.
    free = not holds and not requests and times.command_at is not None and now >= times.command_at
    return SegmentVerdict(
        outcome=standing,
        rule=_rule(pack, times),
        clauses=tuple(clause for each in times.rules for clause in pack.rules[each].clauses),
        missing=times.missing,
        keep_until=times.keep_until,
        destroy_by=times.destroy_by,
        queue_at=times.queue_at,
        command_at=times.command_at,
        deletable=free,
        rules=times.rules,
        conflict=times.conflict,
        blocked_by=requests,
        unknown_hold_kinds=tuple(kind for kind in holds if kind not in pack.retention.holds),
    )


def _standing(
    pack: Pack, times: RetentionInterval, now: datetime, holds: Sequence[str], requests: Sequence[str], *, late: bool
) -> Standing:
    if holds:
        known = [pack.retention.holds[kind] for kind in holds if kind in pack.retention.holds]
        lifted = any(hold.lifts_maximum for hold in known)
        return Standing.HELD if lifted or not late else Standing.HELD_PAST_MAXIMUM
    if requests:
        return Standing.PAST_MAXIMUM_PROTECTED if late else Standing.BLOCKED_BY_REQUEST
    if late:
        return Standing.OVERDUE
    if times.queue_at is None or times.command_at is None or now < times.queue_at:
        return Standing.KEPT
    return Standing.DUE if now >= times.command_at else Standing.QUEUED


def _blocking(pack: Pack, facts: Facts, now: datetime, *, late: bool) -> tuple[str, ...]:
    """Requests that are inside their own term; past a maximum only where the pack lets a request protect there."""
    if late and not pack.retention.open_request.past_maximum:
        return ()
    found: list[str] = []
    for each in mappings(facts.get("open_requests")):
        submitted = instant(each.get("submitted_at"), pack.zone)
        pauses: tuple[Pause, ...] = pauses_of(pack, each)
        extensions = each.get("extensions")
        times = extensions if isinstance(extensions, int) else 0
        # A request that doesn't say since when may still be inside its term.
        if submitted is None or now < request_term(pack, submitted, pauses=pauses, extensions=times):
            found.append(text(each.get("id")))
    return tuple(found)


def _rule(pack: Pack, times: RetentionInterval) -> str:
    """The rule that a verdict cites first: the maximum where there is one, else the minimum."""
    maxima = [rule.id for rule in pack.retention.rules if rule.id in times.rules and rule.destroy_by is not None]
    return (maxima or list(times.rules) or [""])[0]


def _recording(pack: Pack, facts: Facts) -> SegmentFacts | None:
    raw = next(iter(mappings(facts.get("segment"))), {})
    start, end = instant(raw.get("start"), pack.zone), instant(raw.get("end"), pack.zone)
    if start is None or end is None:
        return None
    return SegmentFacts(start, end, text(raw.get("class")), facts)
