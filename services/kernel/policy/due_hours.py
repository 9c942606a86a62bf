"""One safe instant for all recordings that start in one clock hour: what the retention wheel buckets by."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from services.kernel.policy.pack import Pack
from services.kernel.policy.retention import SegmentFacts, interval

_HOUR: Final = timedelta(hours=1)
# A change of clocks moves a reading by its own jump; a day on either side sees every change that can matter.
_AROUND: Final = timedelta(days=1, hours=2)


def due_hour(
    pack: Pack,
    hour_start: datetime,
    hour_end: datetime,
    *,
    longest: timedelta = _HOUR,
    retention_class: str = "",
    facts: Mapping[str, object] | None = None,
    shortened_at: datetime | None = None,
) -> datetime | None:
    """Return a ``command_at`` that is early for no segment that starts in ``[hour_start, hour_end)``.

    ``longest`` bounds a segment's length. The answer is the latest over the hour's corners plus the jump of the clocks
    around them: late by at most the hour, ``longest`` and that jump, which an execution allowance of a day covers. It
    finds work; custody still asks ``destroyable_from`` for each segment. None: nothing here ever goes by time.
    """
    latest: datetime | None = None
    for corner in _corners(pack.zone, hour_start, hour_end, longest):
        segment = SegmentFacts(corner, corner, retention_class, facts or {})
        found = interval(pack, segment, shortened_at=shortened_at).command_at
        if found is None:
            return None
        latest = found if latest is None else max(latest, found)
    return latest and latest + _jump(pack.zone, _whole_hour(hour_start)) + _jump(pack.zone, _whole_hour(latest))


def _corners(zone: ZoneInfo, start: datetime, end: datetime, longest: timedelta) -> list[datetime]:
    """Both ends, and the last instant of each local day between: the 31st may end sooner than the 30th."""
    found = [start, end, end + longest]
    day = start.astimezone(zone).date() + timedelta(days=1)
    while (midnight := datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)) <= end + longest:
        if midnight > start:
            found.append(midnight - timedelta(microseconds=1))
        day += timedelta(days=1)
    return found


def _whole_hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=65536)
def _jump(zone: ZoneInfo, hour: datetime) -> timedelta:
    offsets = {(hour + step).astimezone(zone).utcoffset() or timedelta() for step in (-_AROUND, timedelta(), _AROUND)}
    return max(offsets) - min(offsets)
