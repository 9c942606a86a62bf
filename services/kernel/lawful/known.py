"""What was known at any position of the protection log: clearances, protections, versions, and what was filed."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.kernel.batches import SegmentKey, keys
from services.kernel.binding import (
    CameraBinding,
    PolicyBinding,
    binding_version,
    camera_binding,
    policy_binding,
    policy_of,
)
from services.kernel.envelope import Recorded
from services.kernel.events import (
    CameraBound,
    CameraMoved,
    CameraRegistered,
    DeletionCleared,
    HoldApplied,
    HoldExtended,
    HoldPlaced,
    HoldReleased,
    HoldReleaseProposed,
    PolicyInForce,
    ShiftFiled,
)
from services.kernel.ids import PROTECTION_LOG
from services.kernel.protection import Protection, ProtectionLog
from services.kernel.simulation.filed import Filed

FIRST = ("hold.events", "camera.events", "shift.events", "custody.events")
"""Topics to be read whole before ``segment.events``, whose end is taken before theirs."""

EVERYWHERE = EVERY_CLASS = ""


@dataclass(slots=True)
class Known:
    """The topics of ``FIRST``, kept by position and by time."""

    seq: int = 0
    _log: ProtectionLog = field(default_factory=ProtectionLog)
    _lives: dict[UUID, list[Protection]] = field(default_factory=lambda: defaultdict(list))
    _by_camera: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    _cleared: dict[UUID, DeletionCleared] = field(default_factory=dict)
    _versions: dict[str, list[PolicyBinding]] = field(default_factory=lambda: defaultdict(list))
    _cameras: dict[tuple[str, str], list[CameraBinding]] = field(default_factory=lambda: defaultdict(list))
    _filed: dict[str, list[tuple[datetime, CameraRegistered | CameraMoved | ShiftFiled]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _answered: dict[SegmentKey, int] = field(default_factory=dict)

    def apply(self, record: Recorded) -> None:
        """Take in a record of one of the topics. Raises OutOfOrder when the protection log has a hole."""
        at = record.envelope.recorded_at
        match record.event:
            case CameraRegistered() | CameraMoved() as event:
                self._filed[event.camera_id].append((at, event))
            case ShiftFiled() as event:
                self._filed[event.device_id].append((at, event))
            case HoldApplied() as event:
                for key in keys(event.destroying):
                    self._answered[key] = min(event.seq, self._answered.get(key, event.seq))
            # A relay that was killed tells its last records twice.
            case _ if record.envelope.stream_id == PROTECTION_LOG and self._log.apply(record):
                self._log.clearances.clear()
                self._protect(record)
            case _:
                pass  # says nothing about what may go

    def clearance(self, batch_id: UUID, seq: int) -> DeletionCleared | None:
        """Return the clearance of a batch if it stood at the position."""
        found = self._cleared.get(batch_id)
        return found if found is not None and found.seq <= seq else None

    def clearances(self, seq: int) -> Iterator[DeletionCleared]:
        """Yield every clearance that stood at the position."""
        return (each for each in self._cleared.values() if each.seq <= seq)

    def answered(self, key: SegmentKey) -> int | None:
        """Return the position of the first protection whose answer called a segment *being destroyed*."""
        return self._answered.get(key)

    def protections(self, camera_id: str, seq: int) -> list[Protection]:
        """Return every protection that may concern a camera, as it stood at the position."""
        ids = self._by_camera.get(EVERYWHERE, set()) | self._by_camera.get(camera_id, set())
        return [state for each in sorted(ids) if (state := _up_to(self._lives[each], seq)) is not None]

    def version(self, camera_id: str, retention_class: str, seq: int, now: datetime) -> PolicyBinding | None:
        """Return the version that bound a camera's footage of a class at ``now``, by the records up to the position."""
        named = ((camera_id, EVERY_CLASS), (EVERYWHERE, retention_class))
        cameras = [binding for each in named for binding in self._cameras.get(each, ()) if binding.seq <= seq]
        policy_id = policy_of(cameras, camera_id, retention_class, now)
        return binding_version([v for v in self._versions.get(policy_id or "", ()) if v.seq <= seq], now)

    def filed(self, camera_id: str, at: datetime) -> Filed:
        """Return what had been filed about a camera by an instant."""
        filed = Filed()
        for recorded_at, event in self._filed.get(camera_id, ()):
            if recorded_at <= at:
                filed.apply(event)
        return filed

    def _protect(self, record: Recorded) -> None:
        self.seq = record.envelope.stream_version
        match record.event:
            case DeletionCleared() as event:
                self._cleared[event.batch_id] = event
            case HoldPlaced() | HoldExtended() | HoldReleaseProposed() | HoldReleased() as event:
                if (state := self._log.protections.get(event.hold_id)) is not None:
                    self._live(state)
            case PolicyInForce() as event:
                self._versions[event.policy_id].append(policy_binding(record, event))
            case CameraBound() as event:
                # As custody reads it: a camera's own binding counts for all of its footage.
                kind = EVERY_CLASS if event.camera_id else event.retention_class
                self._cameras[event.camera_id, kind].append(camera_binding(event))
            case _:
                pass  # reminders and proposals

    def _live(self, state: Protection) -> None:
        self._lives[state.hold_id].append(state)
        for camera_id in (camera_id for scope in state.scopes for camera_id in scope.cameras or (EVERYWHERE,)):
            self._by_camera[camera_id].add(state.hold_id)


def _up_to(states: list[Protection], seq: int) -> Protection | None:
    position = bisect_right(states, seq, key=lambda state: state.seq)
    return states[position - 1] if position else None
