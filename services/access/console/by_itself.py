"""What the system did by itself, told once for each camera, hold or request that it was about. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from services.access.console.behind import Kind, behind
from services.access.console.numbers import short
from services.kernel.envelope import Recorded
from services.kernel.events import DeletionCleared, HoldProposed, HoldReviewDue

# What nobody asked for: clocks and rules did it (I6).
NAMES: Final = (
    "RequestClosed",
    "HoldReviewDue",
    "HoldProposed",
    "DeletionCleared",
    "PersonalDataShredded",
    "CopyErased",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an event is about: its word, what it is called, its page, and the events that name it."""

    word: str
    called: str
    to: str
    kind: Kind
    identity: str

    @property
    def events(self) -> str:
        return behind(self.kind, self.identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One kind of event about one thing: when it was done last, and how often of late."""

    at: datetime
    name: str
    subject: Subject
    times: int


def told(newest_first: Iterable[Recorded], most: int) -> list[Done]:
    """Return what was done, the newest first; what was done again to the same thing is counted, not repeated."""
    found: dict[tuple[str, Subject], Done] = {}
    for each in newest_first:
        key = (type(each.event).__name__, subject_of(each))
        before = found.get(key)
        at, times = (before.at, before.times + 1) if before else (each.envelope.recorded_at, 1)
        found[key] = Done(at=at, name=key[0], subject=key[1], times=times)
    return list(found.values())[:most]


def subject_of(record: Recorded) -> Subject:
    """Return what an event is about; what names neither camera nor hold is about the request of its stream."""
    match record.event:
        case DeletionCleared(camera_id=camera):
            page = f"/console/cameras/{quote(camera, safe='')}"
            return Subject(word="camera", called=camera, to=page, kind="camera", identity=camera)
        case HoldReviewDue(hold_id=hold):
            page = f"/console/holds#h-{hold}"
            return Subject(word="hold", called=short(hold), to=page, kind="hold", identity=str(hold))
        case HoldProposed(hold_id=hold, request_id=request):
            return _request(request, kind="hold", identity=str(hold))
    request = record.envelope.stream_id.partition("/")[2]
    return _request(request, kind="request", identity=request)


def _request(request_id: str, *, kind: Kind, identity: str) -> Subject:
    page = f"/console/requests/{quote(request_id, safe='')}"
    return Subject(word="request", called=short(request_id), to=page, kind=kind, identity=identity)
