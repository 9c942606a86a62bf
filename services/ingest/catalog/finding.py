"""Footage by camera, start and generation, as the API asks for it: refused in words where there is none."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import store
from services.ingest.catalog.footage import Footage
from services.ingest.storage.adapter import StorageError
from services.kernel.mark import SegmentState
from services.runtime.refusal import Refusal

NEWEST = 0


async def generations(tx: AsyncConnection, camera_id: str, started_at: datetime) -> list[Footage]:
    """Return every generation of one camera and start, oldest first. Raises Refusal if there is none."""
    rows = await store.starting_at(tx, camera_id, started_at)
    if not rows:
        raise _unknown(f"camera {camera_id} has nothing that starts at {started_at.isoformat()}")
    return rows


async def kept(tx: AsyncConnection, camera_id: str, started_at: datetime, generation: int) -> Footage:
    """Return one generation, or the newest, whose bytes may be read. Raises Refusal if it is unknown or going."""
    rows = await generations(tx, camera_id, started_at)
    found = rows[-1] if generation == NEWEST else next((row for row in rows if row.generation == generation), None)
    if found is None:
        raise _unknown(f"camera {camera_id} has no generation {generation} that starts at {started_at.isoformat()}")
    if found.state is not SegmentState.KEPT:
        raise gone(found)
    return found


def gone(footage: Footage) -> Refusal:
    """Return the refusal for footage that is being destroyed, or has been."""
    return Refusal(
        "FootageGone",
        status=410,
        title="This footage is no longer there",
        detail=f"it is {footage.state.value}",
        remedy="Its receipt tells when and by which rule it was destroyed.",
    )


def unreachable(silent: StorageError) -> Refusal:
    """Return the refusal for a store that does not answer: nothing is guessed about what it holds."""
    return Refusal(
        "StoreUnreachable",
        status=503,
        title="The store of this footage doesn't answer",
        detail=str(silent),
        remedy="Repair the store; nothing of it is lost by that.",
    )


def _unknown(detail: str) -> Refusal:
    remedy = "List the camera's segments first."
    return Refusal("UnknownSegment", status=404, title="Unknown segment", detail=detail, remedy=remedy)
