"""Build ingest's projections again from the topics, in a schema beside the live one. Emits nothing (I5)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest import tables
from services.ingest.catalog import store as catalog
from services.ingest.custody import store as custody
from services.ingest.projector import ended, is_known, project
from services.ingest.tables import TABLES
from services.kernel.events import DeletionCleared, ProgrammeEnded
from services.runtime import shadow
from services.runtime.database import db_now
from services.runtime.kafka_read import chunks
from services.runtime.received import Received
from services.runtime.shadow import Read, understood

__all__ = ["TABLES", "TOPICS", "rebuild"]

# The order between topics doesn't matter to the rows: a test rebuilds in another one.
TOPICS = ("camera.events", "shift.events", "segment.events", "custody.events", "policy.events", "hold.events")
A_TRANSACTION = 500


async def rebuild(engine: AsyncEngine, into_schema: str, read: Read) -> int:
    """Fill ``into_schema``, which must not exist, from the log and return of how many records."""
    async with engine.begin() as tx:
        await shadow.create(tx, into_schema, tables.METADATA)
        for view in tables.VIEWS:
            await tx.exec_driver_sql(view)
    count = 0
    for topic in TOPICS:
        for chunk in chunks(understood(read(topic)), A_TRANSACTION):
            await _apply(engine, into_schema, chunk)
            count += len(chunk)
    async with engine.begin() as tx:
        await shadow.enter(tx, into_schema)
        await catalog.fold(tx, await db_now(tx) - catalog.OPEN_FOR)
    return count


async def _apply(engine: AsyncEngine, schema: str, chunk: list[Received]) -> None:
    async with engine.begin() as tx:
        await shadow.enter(tx, schema)
        for received in chunk:
            await _one(tx, received)


async def _one(tx: AsyncConnection, received: Received) -> None:
    record = received.recorded
    if received.topic == "hold.events":
        # Clearances are operational: only those behind the running start gate mean anything.
        if not isinstance(record.event, DeletionCleared):
            await custody.keep(tx, record.envelope.stream_version, received.offset, received.raw)
    elif received.topic == "policy.events":
        if isinstance(record.event, ProgrammeEnded):
            await ended(tx, record.event)
    elif not await is_known(tx, record):
        await project(tx, record)
