"""Where viewings and copies belong, who is there, what was served, and whether the broker has an event (I4)."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.refusals import NotRecordable, Unknown
from services.access.tables import METADATA, camera, footage_copy, viewing, viewing_session
from services.access.viewing.decider import CameraFacts
from services.kernel.ids import event_id

DURABLE_WITHIN_S: Final = 5.0
POLL_S: Final = 0.02
# A count that a power cut takes back is no loss; waiting for the disk at each range would be one.
_COUNT: Final = text("""
with quick as (select set_config('synchronous_commit', 'off', true))
update viewing_session set ranges = ranges + 1, bytes_served = bytes_served + :served from quick
 where viewing_id = :viewing
""")
outbox = METADATA.tables["outbox"]


@lru_cache(maxsize=8)
def by_statement(engine: AsyncEngine) -> AsyncEngine:
    """Return the same pool without transactions: a single statement is one, and beginning another costs as much."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


async def must_be_durable(engine: AsyncEngine, stream_id: str, version: int) -> None:
    """Wait until the broker has acknowledged an event; raises NotRecordable when the time is over."""
    waiting = select(func.count()).select_from(outbox)
    waiting = waiting.where(outbox.c.headers["ce_id"].astext == str(event_id(stream_id, version)))
    until = monotonic() + DURABLE_WITHIN_S
    while True:
        async with engine.connect() as tx:
            if not await tx.scalar(waiting):
                return
        if monotonic() > until:
            raise NotRecordable(
                f"the log did not take the access event within {DURABLE_WITHIN_S:g} s; no byte was served",
                rule="I4",
                remedy="try again when the log can be written; the status page shows it",
                word="LogNotWritable",
            )
        await asyncio.sleep(POLL_S)


async def request_of_viewing(tx: AsyncConnection, viewing_id: UUID) -> UUID:
    """Return the request that a viewing belongs to."""
    found = await tx.scalar(select(viewing.c.request_id).where(viewing.c.viewing_id == viewing_id))
    if found is None:
        raise Unknown(f"no viewing {viewing_id}", remedy="schedule one: POST /api/v1/requests/ID/viewings")
    return UUID(str(found))


async def request_of_copy(tx: AsyncConnection, copy_id: UUID) -> UUID:
    """Return the request that a copy belongs to."""
    found = await tx.scalar(select(footage_copy.c.request_id).where(footage_copy.c.copy_id == copy_id))
    if found is None:
        raise Unknown(f"no copy {copy_id}", remedy="have one made: POST /api/v1/requests/ID/copies")
    return UUID(str(found))


async def camera_facts(tx: AsyncConnection, camera_id: str) -> CameraFacts:
    """Return what ingest told about a camera; bare facts if it told nothing."""
    wanted = select(camera.c.mask_areas, camera.c.masks).where(camera.c.camera_id == camera_id)
    row = (await tx.execute(wanted)).first()
    if row is None:
        return CameraFacts(camera_id=camera_id)
    return CameraFacts(camera_id=camera_id, mask_areas=tuple(row.mask_areas), masks=tuple(row.masks))


async def begin_session(tx: AsyncConnection, viewing_id: UUID, *, accompanied: bool) -> None:
    """Open the counter of a viewing; who comes along is noted when he says so himself."""
    row = {"viewing_id": viewing_id, "accompanied": accompanied, "ranges": 0, "bytes_served": 0}
    written = insert(viewing_session).values(row)
    await tx.execute(
        written.on_conflict_do_update(index_elements=["viewing_id"], set_={"accompanied": True})
        if accompanied
        else written.on_conflict_do_nothing()
    )


async def is_accompanied(tx: AsyncConnection, viewing_id: UUID) -> bool:
    """Tell whether the person who comes along has confirmed that he is there."""
    found = select(viewing_session.c.accompanied).where(viewing_session.c.viewing_id == viewing_id)
    return bool(await tx.scalar(found))


async def left(tx: AsyncConnection, viewing_id: UUID) -> None:
    """Note that the person who came along is no longer there."""
    gone = update(viewing_session).where(viewing_session.c.viewing_id == viewing_id).values(accompanied=False)
    await tx.execute(gone)


async def counted(tx: AsyncConnection, viewing_id: UUID) -> tuple[int, int]:
    """Return how many ranges and bytes a viewing was served."""
    wanted = select(viewing_session.c.ranges, viewing_session.c.bytes_served)
    row = (await tx.execute(wanted.where(viewing_session.c.viewing_id == viewing_id))).first()
    return (row.ranges, row.bytes_served) if row is not None else (0, 0)


async def count(engine: AsyncEngine, viewing_id: UUID, served: int) -> None:
    """Add one range and its bytes."""
    async with by_statement(engine).connect() as tx:
        await tx.execute(_COUNT, {"viewing": viewing_id, "served": served})
