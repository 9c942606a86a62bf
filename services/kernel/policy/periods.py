"""ISO 8601 periods and the readings that a law allows; a minimum takes the latest instant, a maximum the earliest.

Readings: ``instant`` runs from the instant itself; ``tw-civil-code`` (arts. 120, 121) leaves out the first day and ends
with the day before the corresponding one; ``same-number-day`` ends with the day of the same number. Hours always run
from the instant. Around a change of clocks every possible instant is computed, and the caller takes the safe one.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_PATTERN: Final = re.compile(
    r"P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)
_MONTHS: Final = 12


class PeriodError(ValueError):
    """The text isn't an ISO 8601 period that this format knows."""


class Reading(StrEnum):
    INSTANT = "instant"
    TW_CIVIL_CODE = "tw-civil-code"
    SAME_NUMBER_DAY = "same-number-day"


@dataclass(frozen=True, slots=True)
class Period:
    """A length of calendar time: a month stays a month, whatever days it has."""

    months: int
    days: int
    clock: timedelta
    text: str

    @property
    def is_clock_only(self) -> bool:
        return not self.months and not self.days

    @property
    def rough(self) -> timedelta:
        """A length for comparing two rules with each other, never for computing a date."""
        return timedelta(days=self.months * 30.436875 + self.days) + self.clock


@lru_cache(maxsize=1024)
def parse_period(text: str) -> Period:
    """Read ``P1M``, ``P30D``, ``PT1H``; raises PeriodError for anything else."""
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise PeriodError(f"{text!r} is not an ISO 8601 period such as P30D, P1M or PT1H")
    years, months, weeks, days, hours, minutes, seconds = (int(group or 0) for group in found.groups())
    clock = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return Period(years * _MONTHS + months, weeks * 7 + days, clock, text)


def ends(period: Period, start: datetime, zone: ZoneInfo, readings: Iterable[Reading]) -> tuple[datetime, ...]:
    """Every instant, in UTC, at which the period may be said to end."""
    if period.is_clock_only:
        return (start.astimezone(UTC) + period.clock,)
    found: list[datetime] = []
    for reading in readings:
        found.extend(_ends(period, start, zone, reading))
    return tuple(found)


def latest(period: Period, start: datetime, zone: ZoneInfo, readings: Iterable[Reading]) -> datetime:
    return max(ends(period, start, zone, readings))


def earliest(period: Period, start: datetime, zone: ZoneInfo, readings: Iterable[Reading]) -> datetime:
    return min(ends(period, start, zone, readings))


def _ends(period: Period, start: datetime, zone: ZoneInfo, reading: Reading) -> tuple[datetime, ...]:
    wall = start.astimezone(zone).replace(tzinfo=None)
    if reading is Reading.INSTANT:
        return _instant_ends(period, start, wall, zone)
    if reading is Reading.TW_CIVIL_CODE:
        midnights = _day_after_civil(period, wall.date(), zone)
    else:
        midnights = _day_after_same_number(period, wall.date(), zone)
    return tuple(midnight + period.clock for midnight in midnights)


def _instant_ends(period: Period, start: datetime, wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    there, _ = _months_on(wall.date(), period.months)
    goal = datetime.combine(there + timedelta(days=period.days), wall.time())
    found = tuple(at + period.clock for at in both_folds(goal, zone))
    if period.months:
        return found
    # Thirty days are also thirty times twenty-four hours: the law doesn't say which.
    return (*found, start.astimezone(UTC) + timedelta(days=period.days) + period.clock)


@lru_cache(maxsize=65536)
def _day_after_civil(period: Period, day: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    first_counted = day + timedelta(days=1)
    there, exists = _months_on(first_counted, period.months)
    # The period ends the day before the corresponding day; where that is missing, with the last day of the month.
    after = there if exists else there + timedelta(days=1)
    return both_folds(datetime.combine(after + timedelta(days=period.days), time()), zone)


@lru_cache(maxsize=65536)
def _day_after_same_number(period: Period, day: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    there, _ = _months_on(day, period.months)
    return both_folds(datetime.combine(there + timedelta(days=period.days + 1), time()), zone)


def both_folds(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants that a wall clock may mean: two where it is set back, two where it jumps, else one."""
    # What was counted from the second showing of an hour still carries its fold.
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return (first,) if first == second else (first, second)


def _months_on(day: date, months: int) -> tuple[date, bool]:
    """The day ``months`` later, and whether that day number exists there (else the last of the month)."""
    if not months:
        return day, True
    index = day.year * _MONTHS + day.month - 1 + months
    year, month = divmod(index, _MONTHS)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)), day.day <= last
