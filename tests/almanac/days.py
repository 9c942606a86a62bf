"""The slow and obvious computation of when a period ends: a finger on a wall calendar, a clock asked which time it is.

It shares no line with ``services.kernel.policy``: days are walked one by one, and a time zone is only ever asked in the
direction that has one answer (which wall clock shows at this instant), never which instant a wall clock means.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
INSTANT, CIVIL_CODE, SAME_NUMBER = "instant", "tw-civil-code", "same-number-day"
READINGS = (INSTANT, CIVIL_CODE, SAME_NUMBER)
PERIODS = {"P1M": (1, 0), "P30D": (0, 30), "P90D": (0, 90), "P1Y": (12, 0)}
# No zone is further than this from UTC, on either side.
FURTHEST = timedelta(hours=26)


def wall_at(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of this zone show."""
    return instant.astimezone(zone).replace(tzinfo=None)


def meanings(wall: datetime, zone: ZoneInfo) -> frozenset[datetime]:
    """Every instant that this wall time may mean; where the clocks skipped it, what each of the two clocks meant."""
    as_utc = wall.replace(tzinfo=UTC)
    since = as_utc.replace(minute=0, second=0, microsecond=0) - FURTHEST
    until = since + 2 * FURTHEST + timedelta(hours=1)
    candidates = (as_utc - offset for offset in _offsets(zone, since, until))
    exact = frozenset(at for at in candidates if wall_at(at, zone) == wall)
    return exact or _skipped(wall, zone, since, until)


def ends_of(text: str, start: datetime, zone: ZoneInfo, readings: tuple[str, ...] = READINGS) -> frozenset[datetime]:
    """Every instant at which the period may be said to end, by any of the readings."""
    months, days = PERIODS[text]
    wall = wall_at(start, zone)
    found: set[datetime] = set()
    if INSTANT in readings:
        found |= meanings(datetime.combine(same_day(wall.date(), months, days), wall.time()), zone)
        if not months:
            found.add(start.astimezone(UTC) + days * DAY)
    if CIVIL_CODE in readings:
        found |= meanings(_midnight_after(last_day_of_civil_code(wall.date(), months, days)), zone)
    if SAME_NUMBER in readings:
        found |= meanings(_midnight_after(same_day(wall.date(), months, days)), zone)
    return frozenset(found)


@lru_cache(maxsize=65536)
def same_day(day: date, months: int, days: int) -> date:
    """Turn the leaves to the day of the same number, or to the last day of a month that lacks it; then count days."""
    there = day
    left = months
    while left:
        there += DAY
        if there.day == 1:
            left -= 1
    if months:
        while there.day < day.day and (there + DAY).day != 1:
            there += DAY
    for _ in range(days):
        there += DAY
    return there


@lru_cache(maxsize=65536)
def last_day_of_civil_code(day: date, months: int, days: int) -> date:
    """Arts. 120 and 121: the first day isn't counted; the day before the corresponding one is the last, or the month's
    last day where there is none.
    """
    counted = day + DAY
    if not months:
        for _ in range(days - 1):
            counted += DAY
        return counted
    wanted, crossed = counted.day, 0
    while True:
        tomorrow = counted + DAY
        crossed += tomorrow.day == 1
        if crossed > months or (crossed == months and tomorrow.day == wanted):
            return counted
        counted = tomorrow


def _midnight_after(day: date) -> datetime:
    following = day + DAY
    return datetime(following.year, following.month, following.day)  # noqa: DTZ001 - a wall clock has no zone


def _skipped(wall: datetime, zone: ZoneInfo, since: datetime, until: datetime) -> frozenset[datetime]:
    """The wall clock jumped over it: by the clock before the jump, and by the clock after."""
    moments = [since + timedelta(minutes=15) * step for step in range(int((until - since) / timedelta(minutes=15)) + 1)]
    for before, after in pairwise(moments):
        left, right = wall_at(before, zone), wall_at(after, zone)
        if left < wall < right and right - left > after - before:
            return frozenset(wall.replace(tzinfo=UTC) - _offset(at, zone) for at in (before, after))
    raise AssertionError((wall, zone.key))


@lru_cache(maxsize=65536)
def _offsets(zone: ZoneInfo, since: datetime, until: datetime) -> frozenset[timedelta]:
    """Every offset that was in force between two instants: none was ever changed again within an hour."""
    steps = int((until - since) / timedelta(hours=1))
    return frozenset(_offset(since + timedelta(hours=1) * step, zone) for step in range(steps + 1))


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return wall_at(instant, zone).replace(tzinfo=UTC) - instant
