"""A log folded for simulation: footage in columns, marks as they happened, lives of protections, bindings, facts."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from services.kernel.binding import camera_binding, policy_binding
from services.kernel.envelope import Recorded
from services.kernel.events import (
    CameraBound,
    CameraMoved,
    CameraRegistered,
    DestructionStarted,
    HoldExtended,
    HoldPlaced,
    HoldReleased,
    HoldReleaseProposed,
    PolicyInForce,
    SegmentRecorded,
    ShiftFiled,
)
from services.kernel.protection import ProtectionLog
from services.kernel.simulation.epochs import Bindings
from services.kernel.simulation.filed import Filed
from services.kernel.simulation.footage import Bucket, BucketKey, Marks
from services.kernel.simulation.shields import Life

PROTECTIONS: Final = "hold.events"
TOPICS_READ: Final = (PROTECTIONS, "camera.events", "shift.events", "segment.events")


@dataclass(slots=True)
class History:
    """Records of one topic come in its order, topics in any. What was recorded after ``until`` is left out."""

    until: datetime | None = None
    records: Counter[str] = field(default_factory=Counter)
    last_at: datetime | None = None
    buckets: dict[BucketKey, Bucket] = field(default_factory=lambda: defaultdict(Bucket))
    marks: dict[str, Marks] = field(default_factory=lambda: defaultdict(Marks))
    lives: dict[UUID, Life] = field(default_factory=dict)
    bindings: Bindings = field(default_factory=Bindings)
    filed: Filed = field(default_factory=Filed)
    log: ProtectionLog = field(default_factory=ProtectionLog)

    def apply(self, topic: str, record: Recorded) -> None:
        """Take in one record. Raises OutOfOrder when the protection log has a hole."""
        at = record.envelope.recorded_at
        if self.until is not None and at > self.until:
            return
        self.records[topic] += 1
        self.last_at = at if self.last_at is None else max(self.last_at, at)
        if topic == PROTECTIONS:
            self._protect(record, at)
            return
        match record.event:
            case SegmentRecorded() as event:
                self.buckets[BucketKey(event.camera_id, event.retention_class, event.officer)].add(event, at)
            case DestructionStarted() as event:
                self.marks[event.camera_id].add(event, at)
            case CameraRegistered() | CameraMoved() | ShiftFiled() as event:
                self.filed.apply(event)
            case _:
                pass  # Says nothing about when footage goes.

    def _protect(self, record: Recorded, at: datetime) -> None:
        if not self.log.apply(record):
            return  # A relay that was killed tells its last records twice.
        self.log.clearances.clear()
        match record.event:
            case HoldPlaced() | HoldExtended() | HoldReleaseProposed() | HoldReleased() as event:
                if (state := self.log.protections.get(event.hold_id)) is not None:
                    self.lives.setdefault(event.hold_id, Life(event.hold_id)).add(at, state)
            case PolicyInForce() as event:
                self.bindings.policies[event.policy_id].append(policy_binding(record, event))
            case CameraBound() as event:
                self.bindings.bind(at, camera_binding(event))
            case _:
                pass
