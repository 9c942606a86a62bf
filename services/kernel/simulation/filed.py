"""What was filed about footage by the end of the log, as custody reads it: place, wearers, incidents (F11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.kernel.events import CameraKind, CameraMoved, CameraRegistered, ShiftFiled
from services.kernel.ids import micros
from services.kernel.scope import FootageFacts, area_during
from services.kernel.simulation.footage import BucketKey, Shot

# The place at registration counts from before all footage.
FROM_THE_BEGINNING = -(2**62)


@dataclass(slots=True)
class Filed:
    """Facts by camera; a dimension that isn't filed for a segment's whole length is None, and None is covered."""

    kinds: dict[str, str] = field(default_factory=dict)
    places: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    shifts: dict[str, dict[str, ShiftFiled]] = field(default_factory=lambda: defaultdict(dict))

    def apply(self, event: CameraRegistered | CameraMoved | ShiftFiled) -> None:
        """Take in one fact; a later one about the same replaces it."""
        match event:
            case CameraRegistered():
                self.kinds[event.camera_id] = event.kind
                self.places[event.camera_id][FROM_THE_BEGINNING] = event.area
            case CameraMoved():
                self.places[event.camera_id][micros(event.moved_at)] = event.area
            case ShiftFiled():
                self.shifts[event.device_id][event.shift] = event

    def of(self, key: BucketKey, shot: Shot) -> FootageFacts:
        """Return the facts of one segment."""
        worn = [s for s in self.shifts.get(key.camera_id, {}).values() if _overlaps(s, shot)]
        whole = _covers(worn, shot)
        officers = frozenset(s.officer for s in worn if s.officer) | ({key.officer} - {""})
        known = whole or bool(key.officer) or self.kinds.get(key.camera_id) == CameraKind.FIXED
        return FootageFacts(
            camera_id=key.camera_id,
            started_at=shot.started_at,
            ended_at=shot.ended_at,
            area=area_during(sorted(self.places.get(key.camera_id, {}).items()), shot.started_us, shot.ended_us),
            officers=officers if known else None,
            incidents=frozenset(each for s in worn for each in s.incidents) if whole else None,
        )


def _overlaps(shift: ShiftFiled, shot: Shot) -> bool:
    return micros(shift.shift_from) < shot.ended_us and micros(shift.shift_to) > shot.started_us


def _covers(worn: Iterable[ShiftFiled], shot: Shot) -> bool:
    reached = shot.started_us
    for each in sorted(worn, key=lambda s: s.shift_from):
        if micros(each.shift_from) > reached:
            return False
        reached = max(reached, micros(each.shift_to))
    return reached >= shot.ended_us
