"""What must hold of every recording in every zone; a breach is a sentence, so that a run can count them and go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from services.kernel.batches import hour_of, hour_start
from services.kernel.binding import PolicyBinding
from services.kernel.ids import EPOCH
from services.kernel.mark import CLOCK_MARGIN
from services.kernel.policy import Pack, RetentionInterval, SegmentFacts, interval, parse_period
from services.kernel.policy.periods import Reading, ends
from services.kernel.policy.rules import Dispose, RetentionRule
from services.kernel.scope import FootageFacts
from services.retention.bits import positions
from services.retention.bucket import MICROSECOND, Bucket, BucketKey
from services.retention.decider import Circumstances, visit
from services.retention.timing import Rules, segment_interval
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY
from tests.almanac.cases import around
from tests.almanac.days import PERIODS, READINGS, ends_of
from tests.almanac.zones import Change

HOUR = timedelta(hours=1)
LENGTH = timedelta(minutes=1)
RECOVERY = timedelta(days=7)
TICK = timedelta(microseconds=1)
VISITS_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The minimum and maximum of a pack that has one rule of each, counted from both ends of a recording."""

    keep: str = ""
    destroy: str = ""


LIMITS = (
    Limits(keep="P1M"),
    Limits(keep="P30D"),
    Limits(keep="P90D"),
    Limits(keep="P1Y"),
    Limits(destroy="P1M"),
    Limits(destroy="P30D"),
    Limits(destroy="P90D"),
    Limits(destroy="P1Y"),
    Limits(keep="P1M", destroy="P90D"),
)


@cache
def pack(zone: str, limits: Limits) -> Pack:
    """A shipped pack with another zone and these rules: every reading that the format knows counts at once."""
    shipped = load_pack(REPOSITORY / "policies" / "spd-cctv")
    rules = [_rule("keep", limits.keep, "")] if limits.keep else []
    rules += [_rule("destroy", "", limits.destroy)] if limits.destroy else []
    dispose = Dispose.AT_MINIMUM if limits.keep else Dispose.AT_MAXIMUM
    retention = replace(shipped.retention, rules=tuple(rules), dispose=dispose, recovery=RECOVERY)
    return replace(shipped, zone=ZoneInfo(zone), retention=retention)


def period_ends_as_counted_by_hand(zone: str, text: str, start: datetime) -> Iterator[str]:
    """Each reading has the ends that the calendar on the wall has, no more and no fewer."""
    for reading in READINGS:
        ours = frozenset(ends(parse_period(text), start, ZoneInfo(zone), [Reading(reading)]))
        theirs = ends_of(text, start, ZoneInfo(zone), (reading,))
        if ours != theirs:
            yield f"{zone} {text} {reading} from {start.isoformat()}: {_list(ours)}, by hand {_list(theirs)}"


def recording_keeps_its_interval(zone: str, limits: Limits, start: datetime) -> Iterator[str]:
    """Never before the minimum, never planned after the maximum, under any reading of any of its times."""
    found = interval(pack(zone, limits), SegmentFacts(start, start + LENGTH))
    minimum, maximum = _by_hand(zone, limits, start, start + LENGTH)
    said = f"{zone} {limits} from {start.isoformat()}"
    assert found.command_at is not None
    if minimum is not None and found.command_at < minimum:
        yield f"{said}: may go at {found.command_at.isoformat()}, before the minimum {minimum.isoformat()}"
    if maximum is not None and (found.destroy_by != maximum or found.command_at + CLOCK_MARGIN > maximum):
        yield f"{said}: planned {found.command_at.isoformat()}, maximum {maximum.isoformat()}, said {found.destroy_by}"


def hour_on_the_wheel_keeps_its_recordings_intervals(zone: str, limits: Limits, start: datetime) -> Iterator[str]:
    """What the sweep proposes of an hour comes early for none of its recordings, and late for none.

    The sweep is turned as the wheel turns it: each visit comes at the instant that the last one asked for.
    """
    rules, bucket = _rules(zone, limits), _bucket(start)
    said, now = f"{zone} {limits}, hour of {start.isoformat()}", bucket.last_end
    exact = [segment_interval(bucket, position, rules) for position in range(bucket.size)]
    for _ in range(VISITS_MAX):
        seen = visit(bucket, _around(now, rules))
        for position in positions(bucket.size, seen.command):
            yield from _wrong(said, now, exact[position])
        if seen.overdue:
            yield f"{said}: overdue at {now.isoformat()} before it was proposed: {seen.overdue}"
        # A destroyed recording is never overdue; the others go on.
        bucket = seen.bucket._replace(destroyed=seen.bucket.destroyed | seen.command)
        if seen.next_at is None or not bucket.live:
            break
        now = max(seen.next_at, now + TICK)
    if bucket.live:
        yield f"{said}: {bucket.live:b} of {bucket.size} are never proposed"


def _wrong(said: str, now: datetime, exact: RetentionInterval) -> Iterator[str]:
    assert exact.command_at is not None
    if now - CLOCK_MARGIN < exact.command_at:
        yield f"{said}: proposed at {now.isoformat()}, early for {exact.command_at.isoformat()}"
    if exact.destroy_by is not None and now > exact.destroy_by:
        yield f"{said}: proposed at {now.isoformat()}, after the maximum {exact.destroy_by.isoformat()}"


def _around(now: datetime, rules: Rules) -> Circumstances:
    return Circumstances(now=now, rules=rules, protections=(), facts=_nobody_asks, read_seq=1)


def _by_hand(zone: str, limits: Limits, start: datetime, end: datetime) -> tuple[datetime | None, datetime | None]:
    """The latest minimum and the earliest maximum, by either end of the recording and every reading."""
    keep, destroy = (
        [at for begin in (start, end) for at in ends_of(text, begin, ZoneInfo(zone))] if text else []
        for text in (limits.keep, limits.destroy)
    )
    return max(keep, default=None), min(destroy, default=None)


def _rule(rule_id: str, keep: str, destroy: str) -> RetentionRule:
    return RetentionRule(
        id=rule_id,
        clock="both",
        keep_at_least=parse_period(keep) if keep else None,
        destroy_by=parse_period(destroy) if destroy else None,
        readings=tuple(Reading),
    )


def _rules(zone: str, limits: Limits) -> Rules:
    binding = PolicyBinding(
        policy_id="p",
        version=1,
        digest=f"{zone} {limits}",
        binding_from=EPOCH,
        shortens=False,
        seq=1,
        recorded_at=EPOCH,
    )
    return Rules(pack=pack(zone, limits), binding=binding)


def _bucket(start: datetime) -> Bucket:
    """The clock hour of ``start``, with recordings at its first and last instant and at the one in question."""
    hour = hour_of(start)
    begins = hour_start(hour)
    offsets = sorted({0, (start - begins) // MICROSECOND, HOUR // MICROSECOND - 1})
    return Bucket(
        key=BucketKey(camera_id="plaza-1", hour=hour, generation=1, chunk=1),
        retention_class="standard",
        officer="",
        shift="",
        offsets_us=tuple(offsets),
        lengths_us=(LENGTH // MICROSECOND,) * len(offsets),
        lags_us=(1_000_000,) * len(offsets),
    )


def _nobody_asks(_bucket: Bucket, _position: int) -> FootageFacts:
    raise AssertionError("without protections no fact is asked for")


def _list(instants: frozenset[datetime]) -> str:
    return ", ".join(at.isoformat() for at in sorted(instants))


def everything_about(change: Change) -> Iterator[str]:
    """All three properties, for every period, of recordings that meet one change of clocks."""
    for text in PERIODS:
        for start in sorted(set(around(change, text))):
            yield from period_ends_as_counted_by_hand(change.zone, text, start)
    for limits in LIMITS:
        starts = sorted(set(around(change, limits.destroy or limits.keep)))
        yield from of_recordings(change.zone, limits, starts)


def of_recordings(zone: str, limits: Limits, starts: list[datetime]) -> Iterator[str]:
    """Each recording by itself, then each clock hour once with the first of its recordings."""
    hours: dict[int, datetime] = {}
    for start in starts:
        yield from recording_keeps_its_interval(zone, limits, start)
        hours.setdefault(hour_of(start), start)
    for start in hours.values():
        yield from hour_on_the_wheel_keeps_its_recordings_intervals(zone, limits, start)
