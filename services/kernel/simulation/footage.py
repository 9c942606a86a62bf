"""Footage in columns: some 50 bytes a segment, so that a history of millions fits into memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.kernel.events import DestructionStarted, SegmentRecorded
from services.kernel.ids import from_micros, micros


class Shot(NamedTuple):
    """One segment, in microseconds since 1970."""

    started_us: int
    generation: int
    ended_us: int
    recorded_us: int
    recovery_us: int
    size_bytes: int

    @property
    def started_at(self) -> datetime:
        return from_micros(self.started_us)

    @property
    def ended_at(self) -> datetime:
        return from_micros(self.ended_us)


class BucketKey(NamedTuple):
    """What all segments of a bucket share."""

    camera_id: str
    retention_class: str
    officer: str


def _longs() -> array[int]:
    return array("q")


@dataclass(slots=True)
class Bucket:
    """Segments of one camera, class and officer, in the order in which they came."""

    columns: tuple[array[int], ...] = field(default_factory=lambda: tuple(_longs() for _ in Shot._fields))

    def add(self, event: SegmentRecorded, recorded_at: datetime) -> None:
        """Add a segment; one that is told twice is dropped when they are read."""
        shot = Shot(
            started_us=micros(event.started_at),
            generation=event.generation,
            ended_us=micros(event.ended_at),
            recorded_us=micros(recorded_at),
            recovery_us=micros(event.recovery_from),
            size_bytes=event.size_bytes,
        )
        for column, value in zip(self.columns, shot, strict=True):
            column.append(value)

    def shots(self) -> Iterator[Shot]:
        """Yield each segment once, by its start."""
        started, generation = self.columns[0], self.columns[1]
        before = None
        for at in sorted(range(len(started)), key=lambda n: (started[n], generation[n])):
            if (key := (started[at], generation[at])) != before:
                yield Shot(*(column[at] for column in self.columns))
            before = key


@dataclass(slots=True)
class Marks:
    """When custody marked the segments of one camera for destruction: the point of no return as it happened."""

    started: array[int] = field(default_factory=_longs)
    generation: array[int] = field(default_factory=_longs)
    marked: array[int] = field(default_factory=_longs)

    def add(self, event: DestructionStarted, recorded_at: datetime) -> None:
        """Note one mark."""
        self.started.append(micros(event.started_at))
        self.generation.append(event.generation)
        self.marked.append(micros(recorded_at))

    def by_key(self) -> dict[tuple[int, int], int]:
        """Return the instants by start and generation."""
        keys = zip(self.started, self.generation, strict=True)
        return dict(zip(keys, self.marked, strict=True))
