"""Lends footage to access for a viewing: as it lies, or as a viewing copy where a browser couldn't play it.

Access serves people (I4). It is lent a path on the common volume, for seconds and read only: custody alone deletes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from services.ingest.catalog.finding import NEWEST, gone, kept, unreachable
from services.ingest.catalog.footage import Footage
from services.ingest.http import READER_OF_BYTES, Caller, In, Rooms
from services.ingest.media.boxes import init_length
from services.ingest.storage.adapter import Location, NotStored, StorageError
from services.ingest.storage.filesystem import FilesystemStore
from services.ingest.viewing.folder import Made
from services.ingest.viewing.making import NotMakeable, QueueFull, Standing, ViewingCopies, Wanted
from services.runtime.bodies import Instant
from services.runtime.identity import require
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["viewing copies"])
MILLISECOND: Final = timedelta(milliseconds=1)
# Access asks again while somebody watches; a copy that nobody asks for goes.
LEASE: Final = timedelta(minutes=2)
PLAYED: Final = frozenset({"h264", "av1", "vp9"})  # codecs that browsers play in an MP4
WAITING: Final = 202


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """What access may serve: where it lies ("" where only ``/bytes`` reaches it) and which part it shows."""

    path: str
    size_bytes: int
    how: str
    init_bytes: int
    from_ms: int
    to_ms: int


@router.get("/segments/{camera_id}/{started_at}/lent")
async def lend(
    camera_id: str,
    started_at: Instant,
    request: Request,
    caller: Caller,
    rooms: In,
    *,
    until: Instant,
    form: Literal["whole", "fragments"] = "whole",
    start: Annotated[Instant | None, Query(alias="from")] = None,
    end: Annotated[Instant | None, Query(alias="to")] = None,
    generation: int = NEWEST,
) -> JSONResponse:
    """Lend one segment, cut inwards to [from, to), until the grant ends at most; 202 while its copy is being made."""
    require(caller, READER_OF_BYTES)
    async with request.app.state.engine.begin() as tx:
        footage = await kept(tx, camera_id, started_at, generation)
    copies: ViewingCopies = request.app.state.viewing_copies
    lease = min(until, datetime.now(UTC) + LEASE)
    try:
        found = await asyncio.to_thread(_lent, rooms, copies, footage, (start, end), form, lease)
    except NotStored as missing:
        raise gone(footage) from missing
    except StorageError as silent:
        raise unreachable(silent) from silent
    except QueueFull as full:
        raise _refused("QueueFull", 503, "No further viewing copy can be made now", str(full)) from full
    except NotMakeable as impossible:
        raise _refused("NotPlayable", 422, "No viewing copy can be made of this footage", str(impossible)) from None
    if isinstance(found, Standing):
        return JSONResponse({"state": found.state, "place": found.place}, WAITING)
    return JSONResponse(_told(found))


def _lent(  # noqa: PLR0917 - the wiring comes first, then the case
    rooms: Rooms,
    copies: ViewingCopies,
    footage: Footage,
    cut: tuple[datetime | None, datetime | None],
    form: str,
    lease: datetime,
) -> Lent | Standing:
    playable = footage.codec in PLAYED
    whole = all(each is None for each in cut)
    if whole and playable and "mp4" in footage.container:
        native = _native(rooms, footage)
        if form == "whole" or native.init_bytes:
            return native
    ends = footage.ended_at
    wanted = Wanted(
        location=footage.location,
        size_bytes=footage.size_bytes,
        copyable=playable,
        from_ms=None if cut[0] is None else max(0, (cut[0] - footage.started_at) // MILLISECOND),
        to_ms=None if cut[1] is None or cut[1] >= ends else max(0, (cut[1] - footage.started_at) // MILLISECOND),
    )
    made = copies.ask(wanted, lease)
    return made if isinstance(made, Standing) else _of_copy(made)


def _native(rooms: Rooms, footage: Footage) -> Lent:
    first, at = rooms.stores.first, Location(footage.location)
    path = first.path_of(at) if isinstance(first, FilesystemStore) else None
    if path is not None:
        first.size(at)  # raises NotStored
    return Lent(
        path="" if path is None else str(path),
        size_bytes=footage.size_bytes,
        how="native",
        init_bytes=0 if path is None else init_length(path),
        from_ms=0,
        to_ms=(footage.ended_at - footage.started_at) // MILLISECOND,
    )


def _of_copy(made: Made) -> Lent:
    try:
        size = made.size_bytes
    except FileNotFoundError as swept:
        raise QueueFull("the copy was erased at the end of its lease: ask again") from swept
    return Lent(
        path=str(Path(made.path).absolute()),
        size_bytes=size,
        how=made.how,
        init_bytes=made.init_bytes,
        from_ms=made.from_ms,
        to_ms=made.to_ms,
    )


def _told(lent: Lent) -> dict[str, Any]:
    return {
        "state": "made",
        "path": lent.path,
        "size_bytes": lent.size_bytes,
        "how": lent.how,
        "init_bytes": lent.init_bytes,
        "from_ms": lent.from_ms,
        "to_ms": lent.to_ms,
    }


def _refused(word: str, status: int, title: str, detail: str) -> Refusal:
    return Refusal(word, status=status, title=title, detail=detail, remedy="Ask again in a minute.")
