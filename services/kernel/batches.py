"""Segments named by camera, clock hour and offset: how commands, clearances, answers and receipts speak of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from services.kernel.ids import EPOCH

HOUR = timedelta(hours=1)
SEGMENTS_PER_BATCH_MAX = 4_096
# Intake refuses what is longer: whoever knows where a segment begins knows how far it can reach.
SEGMENT_HOURS_MAX = 12


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SegmentKey:
    """One generation of the footage that a camera began at an instant (microseconds count)."""

    camera_id: str
    started_at: datetime
    generation: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HourLine:
    """Segments of one camera that began in one clock hour.

    ``offsets_us`` are microseconds from the hour's start, ascending. Offsets, not positions in somebody's array:
    the reader's packing may differ from the writer's.
    """

    camera_id: str
    hour: int  # whole hours since 1970 UTC
    generation: int
    offsets_us: tuple[int, ...]


def hour_of(instant: datetime) -> int:
    """Return whole clock hours since 1970 UTC."""
    return (instant - EPOCH) // HOUR


def hour_start(hour: int) -> datetime:
    """Return the instant at which clock hour ``hour`` begins."""
    return EPOCH + hour * HOUR


def lines(keys: Iterable[SegmentKey]) -> tuple[HourLine, ...]:
    """Pack keys into lines, ordered by camera, hour, generation and offset."""
    packed = sorted((k.camera_id, hour_of(k.started_at), k.generation, k.started_at) for k in set(keys))
    return tuple(
        HourLine(
            camera_id=camera, hour=hour, generation=generation, offsets_us=tuple(_offset(hour, at) for *_, at in run)
        )
        for (camera, hour, generation), run in groupby(packed, key=lambda row: row[:3])
    )


def keys(packed: Iterable[HourLine]) -> Iterator[SegmentKey]:
    """Unpack lines into keys, in the order in which they stand."""
    for line in packed:
        for offset in line.offsets_us:
            at = hour_start(line.hour) + timedelta(microseconds=offset)
            yield SegmentKey(camera_id=line.camera_id, started_at=at, generation=line.generation)


def names(packed: Iterable[HourLine], key: SegmentKey) -> bool:
    """Tell whether lines name a segment, without unpacking those that can't."""
    hour = hour_of(key.started_at)
    offset = _offset(hour, key.started_at)
    return any(
        (line.camera_id, line.hour, line.generation) == (key.camera_id, hour, key.generation)
        and offset in line.offsets_us
        for line in packed
    )


def _offset(hour: int, at: datetime) -> int:
    return (at - hour_start(hour)) // timedelta(microseconds=1)
