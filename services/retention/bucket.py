"""One bucket as the sweep sees it: segments of a camera that began in one clock hour, and how far each has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import add
from typing import NamedTuple

from services.kernel.batches import SegmentKey, hour_start
from services.kernel.ids import EPOCH
from services.retention.bits import everything

MICROSECOND = timedelta(microseconds=1)


class BucketKey(NamedTuple):
    """Where a bucket stands; ``chunk`` counts the buckets of one camera, hour and generation."""

    camera_id: str
    hour: int
    generation: int
    chunk: int


class Bucket(NamedTuple):
    """Offsets, lengths, lags and recoveries in microseconds, one of each for every segment, ascending by offset.

    A tuple, for a sweep makes thousands of them: a frozen dataclass takes three times as long to make.
    """

    key: BucketKey
    retention_class: str
    officer: str
    shift: str
    offsets_us: tuple[int, ...]
    lengths_us: tuple[int, ...]
    lags_us: tuple[int, ...]
    recoveries_us: tuple[int, ...] = ()  # empty: no segment has such a bound
    queued: int = 0
    commanded: int = 0
    destroyed: int = 0
    overdue: int = 0
    past_maximum: int = 0
    due_at: datetime | None = None

    @property
    def size(self) -> int:
        return len(self.offsets_us)

    @property
    def live(self) -> int:
        """The segments that aren't gone."""
        return everything(self.size) & ~self.destroyed

    @property
    def begins(self) -> datetime:
        """The start of its clock hour."""
        return hour_start(self.key.hour)

    def started_at(self, position: int) -> datetime:
        return self.begins + self.offsets_us[position] * MICROSECOND

    def ended_at(self, position: int) -> datetime:
        return self.started_at(position) + self.lengths_us[position] * MICROSECOND

    def recorded_at(self, position: int) -> datetime:
        return self.ended_at(position) + self.lags_us[position] * MICROSECOND

    def recovery_from(self, position: int) -> datetime:
        return EPOCH + self.recoveries_us[position] * MICROSECOND if self.recoveries_us else EPOCH

    def segment(self, position: int) -> SegmentKey:
        return SegmentKey(
            camera_id=self.key.camera_id, started_at=self.started_at(position), generation=self.key.generation
        )

    def named(self, map_: int) -> list[tuple[int, int]]:
        """Return generation and offset of the segments whose bit is set: inside its hour they name one."""
        flags = zip(self.offsets_us, f"{map_:0{self.size}b}", strict=True)
        return [(self.key.generation, offset) for offset, flag in flags if flag == "1"]

    def map_of(self, offsets_us: frozenset[int]) -> int:
        """Return the bit map of the segments that have one of these offsets."""
        found = 0
        for offset in self.offsets_us:
            found = found << 1 | (offset in offsets_us)
        return found

    @property
    def longest(self) -> timedelta:
        return max(self.lengths_us) * MICROSECOND

    @property
    def last_end(self) -> datetime:
        last_us: int = max(map(add, self.offsets_us, self.lengths_us))
        return self.begins + last_us * MICROSECOND

    @property
    def first_recorded(self) -> datetime:
        ended_us = map(add, self.offsets_us, self.lengths_us)
        first_us: int = min(map(add, ended_us, self.lags_us))
        return self.begins + first_us * MICROSECOND
