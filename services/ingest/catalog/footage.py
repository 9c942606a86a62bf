"""One segment as the catalog knows it, with its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from services.kernel.batches import SegmentKey
from services.kernel.ids import from_micros
from services.kernel.mark import SegmentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """A row of the view ``segment`` joined with its state; the state of most is ``kept``."""

    camera_id: str
    started_at: datetime
    ended_at: datetime
    generation: int
    retention_class: str
    size_bytes: int
    sha256: bytes
    container: str
    codec: str
    width: int
    height: int
    has_audio: bool
    clock_source: str
    source_id: str
    treatment: str
    shift: str
    officer: str
    mask_version: str
    arrived_at: datetime
    recorded_at: datetime
    recovery_from: datetime
    location: str
    state: SegmentState
    mark_seq: int

    @property
    def key(self) -> SegmentKey:
        return SegmentKey(camera_id=self.camera_id, started_at=self.started_at, generation=self.generation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filmed:
    """What decides whether a protection covers a segment, and nothing else of it: a hold looks at very many."""

    camera_id: str
    started_at: datetime
    ended_at: datetime
    generation: int
    officer: str
    recorded_us: int
    state: SegmentState

    @property
    def key(self) -> SegmentKey:
        return SegmentKey(camera_id=self.camera_id, started_at=self.started_at, generation=self.generation)


_INSTANTS = {
    "started_us": "started_at",
    "ended_us": "ended_at",
    "arrived_us": "arrived_at",
    "recorded_us": "recorded_at",
    "recovery_us": "recovery_from",
}


def footage(row: Row[Any]) -> Footage:
    """Build a Footage from a row of ``store.SELECT``."""
    values: dict[str, Any] = dict(row._asdict())
    for micros, name in _INSTANTS.items():
        values[name] = from_micros(values.pop(micros))
    values.pop("hour")
    values["state"] = SegmentState(values["state"])
    values["sha256"] = bytes(values["sha256"])
    return Footage(**values)


def filmed(row: Row[Any]) -> Filmed:
    """Build a Filmed from a row of ``store.FILMED``."""
    return Filmed(
        camera_id=row.camera_id,
        started_at=from_micros(row.started_us),
        ended_at=from_micros(row.ended_us),
        generation=row.generation,
        officer=row.officer,
        recorded_us=row.recorded_us,
        state=SegmentState(row.state),
    )
