"""Build ingest's projections again from the topics, in a schema beside the live one. Emits nothing (I5)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest import tables
from services.ingest.catalog import store as catalog
from services.ingest.custody import store as custody
from services.ingest.projector import ended, is_known, project
from services.ingest.tables import TABLES
from services.kernel.events import DeletionCleared, ProgrammeEnded
from services.runtime.database import db_now
from services.runtime.received import Received, Spoiled

__all__ = ["TABLES", "TOPICS", "digests", "rebuild"]

# The order between topics doesn't matter to the rows: a test rebuilds in another one.
TOPICS = ("camera.events", "shift.events", "segment.events", "custody.events", "policy.events", "hold.events")
A_TRANSACTION = 500

Read = Callable[[str], Iterable[Received | Spoiled]]


async def rebuild(engine: AsyncEngine, into_schema: str, read: Read) -> int:
    """Create ``into_schema``, project every record that ``read`` yields for each topic, return how many there were."""
    async with engine.begin() as tx:
        await _create(tx, into_schema)
    count = 0
    for topic in TOPICS:
        batch: list[Received] = []
        for record in read(topic):
            if isinstance(record, Received):
                batch.append(record)
            if len(batch) == A_TRANSACTION:
                count += await _apply(engine, into_schema, batch)
                batch = []
        count += await _apply(engine, into_schema, batch)
    async with engine.begin() as tx:
        await _enter(tx, into_schema)
        await catalog.fold(tx, await db_now(tx) - catalog.OPEN_FOR)
    return count


async def digests(engine: AsyncEngine, schema: str = "public") -> dict[str, tuple[int, str]]:
    """Return rows and sha256 over the ordered rows as text, for each projection."""
    found = {}
    for name, kind in TABLES.items():
        if kind == "projection":
            async with engine.begin() as tx:
                await _enter(tx, schema)
                found[name] = await _digest(tx, name)
    return found


async def _apply(engine: AsyncEngine, schema: str, batch: list[Received]) -> int:
    async with engine.begin() as tx:
        await _enter(tx, schema)
        for received in batch:
            await _one(tx, received)
    return len(batch)


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


async def _create(tx: AsyncConnection, schema: str) -> None:
    quoted = tx.dialect.identifier_preparer.quote(schema)
    await tx.execute(text(f"drop schema if exists {quoted} cascade"))
    await tx.execute(text(f"create schema {quoted}"))
    await _enter(tx, schema)
    await tx.run_sync(tables.METADATA.create_all, checkfirst=False)
    for view in tables.VIEWS:
        await tx.exec_driver_sql(view)


async def _enter(tx: AsyncConnection, schema: str) -> None:
    await tx.execute(text("select set_config('search_path', :schema, true)"), {"schema": schema})


async def _digest(tx: AsyncConnection, name: str) -> tuple[int, str]:
    digest, rows = hashlib.sha256(), 0
    # Text in C order: the same on every server, whatever its locale.
    ordered = text(f'select t::text as line from {name} t order by t::text collate "C"')  # noqa: S608 (our own names)
    async for row in await tx.stream(ordered):
        digest.update(row.line.encode() + b"\n")
        rows += 1
    return rows, digest.hexdigest()
