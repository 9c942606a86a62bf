"""Routes of the catalog: what footage exists, and its bytes for access alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import store
from services.ingest.catalog.finding import NEWEST, generations, gone, kept, unreachable
from services.ingest.catalog.footage import Footage
from services.ingest.http import READER_OF_BYTES, Caller, In
from services.ingest.plain import body as body_of
from services.ingest.projector import key_row
from services.ingest.storage.adapter import Location, NotStored, StorageError
from services.kernel.ids import segment_id
from services.runtime.bodies import Instant
from services.runtime.identity import Person, require
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["catalog"])
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
LISTED_MAX = 5_000
NAMING = ("officer", "shift", "location", "source_id")
OPEN_END = datetime(9999, 1, 1, tzinfo=UTC)
_RECEIPT = text("""
select receipt from segment_state
 where camera_id = :camera_id and started_us = :started_us and generation = :generation
""")


@router.get("/segments")
async def segments(
    request: Request,
    caller: Caller,
    *,
    start: Annotated[Instant, Query(alias="from")],
    end: Annotated[Instant | None, Query(alias="to")] = None,
    camera: str | None = None,
    limit: Annotated[int, Query(ge=1, le=LISTED_MAX)] = 1_000,
) -> dict[str, Any]:
    """List segments that overlap [from, to), by camera and start; no ``to`` is an open end."""
    async with request.app.state.engine.begin() as tx:
        rows = await store.between(tx, [camera] if camera else [], start, end or OPEN_END, limit)
    return {"segments": [as_json(row, caller) for row in rows], "complete": len(rows) < limit}


@router.get("/segments/{camera_id}/{started_at}")
async def segment(camera_id: str, started_at: Instant, request: Request, caller: Caller) -> dict[str, Any]:
    """Show every generation of one segment, with receipts."""
    async with request.app.state.engine.begin() as tx:
        rows = await generations(tx, camera_id, started_at)
        return {"generations": [as_json(row, caller) | {"receipt": await _receipt(tx, row)} for row in rows]}


@router.get("/segments/{camera_id}/{started_at}/bytes")
async def read_bytes(
    camera_id: str, started_at: Instant, request: Request, caller: Caller, rooms: In, *, generation: int = NEWEST
) -> StreamingResponse:
    """Serve the bytes of kept footage, or a range of them, to access: the only gateway to people (I4)."""
    require(caller, READER_OF_BYTES)
    async with request.app.state.engine.begin() as tx:
        footage = await kept(tx, camera_id, started_at, generation)
    starts, ends, status = _range(request.headers.get("range", ""), footage.size_bytes)
    try:
        first, place = rooms.stores.first, Location(footage.location)
        chunks: Iterator[bytes] = await asyncio.to_thread(first.open, place, starts, ends - starts)
    except NotStored as missing:
        raise gone(footage) from missing
    except StorageError as silent:
        raise unreachable(silent) from silent
    headers = {"accept-ranges": "bytes", "content-length": str(ends - starts), "cache-control": "no-store"}
    headers["x-camledger-sha256"] = footage.sha256.hex()
    if status == 206:  # noqa: PLR2004 (partial content)
        headers["content-range"] = f"bytes {starts}-{ends - 1}/{footage.size_bytes}"
    return StreamingResponse(chunks, status, headers=headers, media_type=_media_type(footage))


def as_json(footage: Footage, caller: Person) -> dict[str, Any]:
    """Return a segment as the API shows it; who wore the camera, and the place that says so, to insiders alone."""
    own_id = segment_id(footage.camera_id, footage.started_at, footage.generation)
    withheld = {} if caller.is_insider else dict.fromkeys(NAMING, "")
    return {"segment_id": str(own_id), **body_of(footage), **withheld}


async def _receipt(tx: AsyncConnection, footage: Footage) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (await tx.execute(_RECEIPT, key_row(footage.key))).scalar()
    return found


def _range(header: str, size: int) -> tuple[int, int, int]:
    """Return start, end (exclusive) and status of a request (RFC 9110 section 14); one range only."""
    asked = RANGE.fullmatch(header.strip())
    if asked is None or not any(asked.groups()):
        return 0, size, 200
    first, last = asked.groups()
    starts = int(first) if first else max(0, size - int(last))
    ends = min(size, int(last) + 1) if first and last else size
    if starts >= ends:
        raise Refusal("RangeNotSatisfiable", status=416, title="The range lies outside the file", detail=header)
    return starts, ends, 206


def _media_type(footage: Footage) -> str:
    return "video/mp4" if "mp4" in footage.container else "application/octet-stream"
