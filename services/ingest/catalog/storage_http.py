"""Routes of storage: where a segment lies, where catalog and stores differ, and a comparison that a person asks for."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

from services.ingest.catalog import differences, manifest
from services.ingest.catalog.comparing import Comparing, Progress
from services.ingest.catalog.finding import generations, unreachable
from services.ingest.http import KEEPERS, Caller, In, acting
from services.ingest.plain import plain
from services.ingest.storage.adapter import StorageError
from services.ingest.viewing.making import ViewingCopies
from services.runtime.bodies import Body, Instant
from services.runtime.identity import INSIDERS, require

router = APIRouter(prefix="/api/v1", tags=["storage"])
LISTED_MAX = 5_000


class CompareBody(Body):
    """Where to go on, as the last answer told it; nothing at all begins a pass."""

    hour: tuple[str, int] | None = None
    listed: list[tuple[str, str]] | None = Field(None, max_length=10)
    bytes_too: bool = False  # read every byte of the footage instead of a sample


@router.get("/differences")
async def standing(
    request: Request,
    caller: Caller,
    *,
    limit: Annotated[int, Query(ge=1, le=LISTED_MAX)] = 1_000,
    place: str = "",
    difference: str = "",
) -> dict[str, Any]:
    """List where catalog and stores differ now, by place; more than ``limit``: go on behind the last of them."""
    require(caller, *sorted(INSIDERS))  # a place may name an officer
    async with request.app.state.engine.begin() as tx:
        found = await differences.listed(tx, (place, difference), limit)
    return {"differences": plain(found), "complete": len(found) < limit}


@router.post("/comparisons")
async def compare(body: CompareBody, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Compare the next part of catalog and stores now; the answer says where to go on, until it is complete."""
    acting(caller, *KEEPERS)
    comparing = Comparing(rooms.filing.ledger, rooms.stores)
    at = comparing.beginning() if body.listed is None else Progress(hour=body.hour, listed=tuple(body.listed))
    try:
        at = await comparing.step(request.app.state.engine, at, to_the_byte=body.bytes_too)
    except StorageError as failed:
        raise unreachable(failed) from failed
    return {"complete": at.complete, "hour": at.hour, "listed": at.listed}


@router.get("/segments/{camera_id}/{started_at}/manifest")
async def manifests(camera_id: str, started_at: Instant, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Show every place where a segment lies, lay, or may lie out of our reach, each generation of it."""
    require(caller, *sorted(INSIDERS))
    async with request.app.state.engine.begin() as tx:
        rows = await generations(tx, camera_id, started_at)
        written = [(row, await manifest.written(tx, row, rooms.stores, rooms.own.backups)) for row in rows]
    viewing: ViewingCopies = request.app.state.viewing_copies
    kept = [(row, [*copies, *_derived(viewing, row.location)]) for row, copies in written]
    shown = [
        {"generation": row.generation, "copies": await asyncio.to_thread(manifest.asked, copies, rooms.stores)}
        for row, copies in kept
    ]
    return {"camera_id": camera_id, "started_at": plain(started_at), "generations": plain(shown)}


def _derived(viewing: ViewingCopies, location: str) -> list[manifest.Copy]:
    return [
        manifest.Copy(
            what="viewing_copy", where=f"viewing:{made.path.name}", state=made.how, expires_at=made.leased_until
        )
        for made in viewing.folder.copies(location)
    ]
