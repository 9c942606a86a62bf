"""What a batch of records changes: rows and orders for the store. Why they are these is for the projector to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.kernel.batches import HourLine


class RecordedRow(NamedTuple):
    """One line of ``segment_hot``."""

    camera_id: str
    started_at: datetime
    generation: int
    ended_at: datetime
    retention_class: str
    officer: str
    shift: str
    recorded_at: datetime
    recovery_from: datetime


class StartedRow(NamedTuple):
    camera_id: str
    started_at: datetime
    generation: int
    batch_id: UUID
    event_id: UUID
    recorded_at: datetime


class DestroyedRow(NamedTuple):
    camera_id: str
    started_at: datetime
    generation: int
    batch_id: UUID
    event_id: UUID
    destroyed_at: datetime


class TrailRow(NamedTuple):
    """One event that speaks of segments of one camera and hour."""

    camera_id: str
    hour: int
    generation: int
    event_id: UUID
    part: str
    event_type: str
    recorded_at: datetime
    offsets_us: list[int]
    note: str


class OutstandingRow(NamedTuple):
    batch_id: UUID
    camera_id: str
    hour: int
    generation: int
    offsets_us: list[int]
    commanded_at: datetime


class WaitRow(NamedTuple):
    camera_id: str
    hour: int
    generation: int
    batch_id: UUID
    part: int
    offsets_us: list[int]
    seq: int
    not_before: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """Buckets that must be looked at again: of these cameras (none named: of all), with segments in [since, until)."""

    cameras: tuple[str, ...]
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """Segments whose bit is set (``on``) or cleared in one of the maps."""

    map: str  # queued, commanded, overdue or past_maximum
    on: bool
    lines: tuple[HourLine, ...]


@dataclass(slots=True, kw_only=True)
class Changes:
    """Rows and orders for the store, in the order in which it carries them out."""

    recorded: list[RecordedRow] = field(default_factory=list)
    started: list[StartedRow] = field(default_factory=list)
    destroyed: list[DestroyedRow] = field(default_factory=list)
    log: list[tuple[int, str]] = field(default_factory=list)  # seq and event type
    released: list[UUID] = field(default_factory=list)
    rebuckets: list[tuple[int, str, datetime]] = field(default_factory=list)
    cleared: list[tuple[UUID, int]] = field(default_factory=list)
    cameras: list[tuple[str, str, int]] = field(default_factory=list)
    places: list[tuple[str, datetime, str]] = field(default_factory=list)
    shifts: list[tuple[str, str, str, datetime, datetime, list[str], int]] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    outstanding: list[OutstandingRow] = field(default_factory=list)
    answered: list[UUID] = field(default_factory=list)
    returned: list[tuple[UUID, tuple[HourLine, ...]]] = field(default_factory=list)  # lines that a batch gave back
    waits: list[WaitRow] = field(default_factory=list)
    markings: list[Marking] = field(default_factory=list)
    trail: list[TrailRow] = field(default_factory=list)

    def only_recorded(self) -> bool:
        """Tell whether one statement carries it all out: so it is on nearly every batch of the live path."""
        return not (self.started or self.destroyed or self.log or self.cameras or self.places or self.shifts) and not (
            self.answered or self.outstanding or self.markings or self.trail
        )
