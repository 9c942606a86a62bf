"""One zone in full: each of its changes of clocks, and four years of leap days and month ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from zoneinfo import ZoneInfo

from tests.almanac.cases import month_ends
from tests.almanac.checks import LIMITS, everything_about, of_recordings, period_ends_as_counted_by_hand
from tests.almanac.days import PERIODS
from tests.almanac.zones import SINCE, UNTIL, changes


@dataclass(frozen=True, slots=True)
class Zone:
    """What one zone's run found."""

    name: str
    changes: int
    breaches: tuple[str, ...]


def whole(name: str) -> Zone:
    """Try everything about one zone; picklable, for it runs in a process of a pool."""
    return Zone(name, len(changes(name)), tuple(_breaches(name)))


def _breaches(name: str) -> Iterator[str]:
    for change in changes(name):
        yield from everything_about(change)
    # Four years have every leap day and month end; which four differs from zone to zone.
    year = Random(name).randrange(SINCE.year, UNTIL.year - 4)
    starts = sorted(set(month_ends(ZoneInfo(name), range(year, year + 4))))
    for text in PERIODS:
        for start in starts:
            yield from period_ends_as_counted_by_hand(name, text, start)
    for limits in LIMITS:
        yield from of_recordings(name, limits, starts[::7])
