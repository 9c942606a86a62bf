"""Which recordings to try: those that begin, or whose term ends, around a change of clocks; leap days; month ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.almanac.days import DAY, PERIODS, meanings, wall_at
from tests.almanac.zones import Change

TICK = timedelta(microseconds=1)
HALF = timedelta(minutes=30)


def around(change: Change, text: str) -> Iterator[datetime]:
    """Starts that meet this change: as their own beginning, and as the end of their term."""
    zone = ZoneInfo(change.zone)
    for at in _moments(change, zone):
        yield at
        yield from _before(at, text, zone)


def month_ends(zone: ZoneInfo, years: Iterable[int]) -> Iterator[datetime]:
    """The last two days and the first of every month, leap days among them, at both ends of the day."""
    for year in years:
        for month in range(1, 13):
            first = date(year, month, 1)
            for day in (first, first - DAY, first - 2 * DAY, first - 3 * DAY):
                for hour in (time(), time(11, 30), time(23, 59, 59, 999_999)):
                    yield from meanings(datetime.combine(day, hour), zone)


def _moments(change: Change, zone: ZoneInfo) -> Iterator[datetime]:
    """The change itself, a tick to either side, the middle of what is skipped or repeated, and the day's midnights."""
    size = abs(change.jump)
    for step in (-size, -HALF, -TICK, timedelta(), TICK, HALF, size):
        yield change.instant + step
    day = wall_at(change.instant, zone).date()
    for midnight in (day, day + DAY):
        for at in meanings(datetime.combine(midnight, time()), zone):
            yield at - TICK
            yield at


def _before(end: datetime, text: str, zone: ZoneInfo) -> Iterator[datetime]:
    """Starts whose period ends about there: the wall clock turned back, and a day to either side for the readings."""
    months, days = PERIODS[text]
    wall = wall_at(end, zone)
    back = _months_back(wall.date(), months) - days * DAY
    for day in (back - DAY, back, back + DAY):
        guess = datetime.combine(day, wall.time(), tzinfo=UTC)
        yield guess - (wall_at(guess, zone).replace(tzinfo=UTC) - guess)


def _months_back(day: date, months: int) -> date:
    there = day
    while months:
        there = there.replace(day=1) - DAY
        months -= 1
    return there.replace(day=min(day.day, there.day)) if there != day else day
