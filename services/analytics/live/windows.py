"""Which window an event falls into. Pure: the same event falls into the same window however often it is delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.kernel.envelope import Recorded
from services.kernel.events import SegmentDestroyed, SegmentRecorded
from services.kernel.ids import EPOCH

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SEGMENT, DELETION = "segment", "deletion"
WIDTH = {SEGMENT: MINUTE, DELETION: HOUR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One event in its window: a segment by the minute of its arrival, a deletion by the hour of its receipt."""

    event_id: UUID
    what: str
    camera_id: str
    begins_at: datetime


def seen(fact: Recorded) -> Seen | None:
    """Return where an event counts, None if it counts nowhere."""
    match fact.event:
        case SegmentRecorded(camera_id=camera):
            return _seen(fact, SEGMENT, camera, fact.envelope.recorded_at)
        case SegmentDestroyed(camera_id=camera, destroyed_at=at):
            return _seen(fact, DELETION, camera, at)
        case _:
            return None


def start_of(what: str, at: datetime) -> datetime:
    """Return the beginning of the window that an instant falls into."""
    return at - (at - EPOCH) % WIDTH[what]


def _seen(fact: Recorded, what: str, camera_id: str, at: datetime) -> Seen:
    return Seen(event_id=fact.envelope.event_id, what=what, camera_id=camera_id, begins_at=start_of(what, at))
