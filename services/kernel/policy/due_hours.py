"""Two safe instants for all recordings that start in one clock hour: what the retention wheel buckets by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from services.kernel.policy.pack import Pack
from services.kernel.policy.retention import SegmentFacts, interval

_HOUR: Final = timedelta(hours=1)
_TICK: Final = timedelta(microseconds=1)
# A change of clocks moves a reading by its own jump; a day on either side sees every change that can matter.
_AROUND: Final = timedelta(days=1, hours=2)


@dataclass(frozen=True, slots=True)
class DueHour:
    """``command_at`` is early for no recording of the hour, ``destroy_by`` late for none; None: there is no such end.

    Where one recording must go before another may (a month's end, a lost day), ``command_at`` lies past
    ``destroy_by``: such an hour has no common instant, and each of its recordings keeps its own.
    """

    command_at: datetime | None
    destroy_by: datetime | None


def due_hour(
    pack: Pack,
    hour_start: datetime,
    hour_end: datetime,
    *,
    longest: timedelta = _HOUR,
    retention_class: str = "",
    facts: Mapping[str, object] | None = None,
    shortened_at: datetime | None = None,
) -> DueHour:
    """Return the safe instants of all segments that start in ``[hour_start, hour_end)`` and last at most ``longest``.

    They are those of the hour's corners, and the jumps of the clocks around them to the safe side. They find work;
    custody still asks ``destroyable_from`` for each segment.
    """
    found = [
        interval(pack, SegmentFacts(corner, corner, retention_class, facts or {}), shortened_at=shortened_at)
        for corner in _corners(pack.zone, hour_start, hour_end, longest)
    ]
    commands = [each.command_at for each in found if each.command_at is not None]
    maxima = [each.destroy_by for each in found if each.destroy_by is not None]
    near = _jump(pack.zone, _whole_hour(hour_start))
    return DueHour(
        # A corner that time never lets go keeps the whole hour.
        command_at=_later(pack.zone, max(commands), near) if len(commands) == len(found) else None,
        destroy_by=_sooner(pack.zone, min(maxima), near) if maxima else None,
    )


def _later(zone: ZoneInfo, instant: datetime, near: timedelta) -> datetime:
    return instant + near + _jump(zone, _whole_hour(instant))


def _sooner(zone: ZoneInfo, instant: datetime, near: timedelta) -> datetime:
    return instant - near - _jump(zone, _whole_hour(instant))


def _corners(zone: ZoneInfo, start: datetime, end: datetime, longest: timedelta) -> list[datetime]:
    """Both ends, and both sides of each local midnight between: the 31st may end sooner than the 30th, or later."""
    # What starts when the hour ends is of the next hour: at a month's end that may be three days away.
    last = end + longest - _TICK
    found = [start, end - _TICK, last]
    day = start.astimezone(zone).date() + timedelta(days=1)
    while (midnight := datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)) <= last:
        if midnight > start:
            found += [midnight - _TICK, midnight]
        day += timedelta(days=1)
    return found


def _whole_hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=65536)
def _jump(zone: ZoneInfo, hour: datetime) -> timedelta:
    offsets = {(hour + step).astimezone(zone).utcoffset() or timedelta() for step in (-_AROUND, timedelta(), _AROUND)}
    return max(offsets) - min(offsets)
