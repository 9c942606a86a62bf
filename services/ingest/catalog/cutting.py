"""Footage cut to an interval for access, without re-encoding: a grant opens what it names and no picture more (I4)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from services.ingest.catalog.finding import NEWEST, gone, kept, unreachable
from services.ingest.catalog.footage import Footage
from services.ingest.http import READER_OF_BYTES, Caller, In, Rooms
from services.ingest.media.found import Refusal as Unfit
from services.ingest.media.remux import remux
from services.ingest.storage.adapter import Location, NotStored, StorageError
from services.ingest.work_folders import work_folder
from services.runtime.identity import require
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["catalog"])
MILLISECOND = timedelta(milliseconds=1)


@router.get("/segments/{camera_id}/{started_at}/cut")
async def read_cut(
    camera_id: str,
    started_at: datetime,
    request: Request,
    caller: Caller,
    rooms: In,
    *,
    start: Annotated[datetime, Query(alias="from")],
    end: Annotated[datetime, Query(alias="to")],
    generation: int = NEWEST,
) -> FileResponse:
    """Serve the whole groups of pictures of one segment that lie inside [from, to), to access alone."""
    require(caller, READER_OF_BYTES)
    async with request.app.state.engine.begin() as tx:
        footage = await kept(tx, camera_id, started_at, generation)
    rooms.uploads.mkdir(parents=True, exist_ok=True)
    folder = work_folder(rooms.uploads, "cut-")
    # What was cut is nobody's copy: it goes with the answer, so that it can't outlive its footage.
    leave = BackgroundTask(folder.leave)
    try:
        made = await asyncio.to_thread(_cut, rooms, footage, folder.path, start, end)
    except BaseException:
        folder.leave()
        raise
    return FileResponse(made, media_type="video/mp4", headers={"cache-control": "no-store"}, background=leave)


def _cut(rooms: Rooms, footage: Footage, folder: Path, start: datetime, end: datetime) -> Path:
    source, target = folder / "source", folder / "cut.mp4"
    try:
        with source.open("wb") as file:
            for chunk in rooms.stores.first.open(Location(footage.location), 0, footage.size_bytes):
                file.write(chunk)
    except NotStored as missing:
        raise gone(footage) from missing
    except StorageError as silent:
        raise unreachable(silent) from silent
    made = remux(
        rooms.intake.media,
        source,
        target,
        from_ms=max(0, (start - footage.started_at) // MILLISECOND),
        to_ms=max(0, (end - footage.started_at) // MILLISECOND),
    )
    source.unlink()
    if isinstance(made, Unfit):
        raise Refusal(
            "NothingInside",
            status=422,
            title="No picture lies inside this interval",
            detail=made.message,
            remedy="ask for an interval that holds a keyframe and the pictures up to the next",
        )
    return target
