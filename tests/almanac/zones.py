"""Every change of every clock on earth between 1990 and 2060, found by asking the clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

SINCE, UNTIL = datetime(1990, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)
# No zone ever changed its clocks twice in a day.
LOOK_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """At ``instant`` the clocks of ``zone`` jump: forward if ``jump`` is positive."""

    zone: str
    instant: datetime
    jump: timedelta


def names() -> list[str]:
    """Return the names of the IANA database; two that the operating system adds aren't zones."""
    return sorted(available_timezones() - {"localtime", "Factory"})


@cache
def changes(name: str) -> tuple[Change, ...]:
    """Return the changes of one zone, in order."""
    zone, found = ZoneInfo(name), list[Change]()
    at, offset = SINCE, _offset(SINCE, zone)
    while at < UNTIL:
        following = at + LOOK_EVERY
        now = _offset(following, zone)
        if now != offset:
            found.append(Change(name, _between(at, following, zone), now - offset))
        at, offset = following, now
    return tuple(found)


def apart(zones: list[str]) -> list[str]:
    """Return one name for each clock: the files of several names are the same byte for byte."""
    seen: dict[bytes, str] = {}
    for name in zones:
        seen.setdefault(_file(name), name)
    return sorted(seen.values())


def _file(name: str) -> bytes:
    for root in (Path(folder) for folder in TZPATH):
        if (root / name).is_file():
            return (root / name).read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def _between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    before = _offset(low, zone)
    # Changes come at whole seconds.
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    found = instant.astimezone(zone).utcoffset()
    assert found is not None
    return found
