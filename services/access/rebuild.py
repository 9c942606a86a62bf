"""Builds access' projections anew from the topics, in a schema of their own, and digests them (I5). Emits nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.protections import answers
from services.access.recovery import OWN_TOPICS, take
from services.access.tables import METADATA, PROJECTIONS, TABLES
from services.runtime.codec import Codec
from services.runtime.kafka_read import chunks
from services.runtime.received import Received, Spoiled

__all__ = ["TABLES", "TOPICS", "digests", "rebuild"]

Read = Callable[[str], Iterable[Received | Spoiled]]
OTHERS_TOPICS = ("camera.events", "custody.events")
TOPICS = (*OWN_TOPICS, *OTHERS_TOPICS)
CHUNK = 500


async def rebuild(engine: AsyncEngine, into_schema: str, read: Read, codec: Codec) -> dict[str, str]:
    """Fill ``into_schema``, which must not exist, from the log and return its digests.

    ``read`` yields a topic's records from its beginning, in order within each partition. Raises LogDiffers for a hole
    or an unreadable record in a topic of our own; what others wrote and nobody can read is passed over, as the worker
    does.
    """
    async with engine.begin() as tx:
        await tx.execute(text(f'CREATE SCHEMA "{into_schema}"'))
        await _enter(tx, into_schema)
        await tx.run_sync(lambda connection: METADATA.create_all(connection, checkfirst=False))
    for topic in TOPICS:
        for chunk in chunks(read(topic), CHUNK):
            await _apply(engine, into_schema, topic, chunk, codec)
    return await digests(engine, into_schema)


async def digests(engine: AsyncEngine, schema: str = "public") -> dict[str, str]:
    """Return a sha256 in hex over the ordered lines of each projection of a schema."""
    found = {}
    for table in PROJECTIONS:
        async with engine.begin() as tx:
            await _enter(tx, schema)
            found[table.name] = await _digest(tx, table.name)
    return found


async def _apply(engine: AsyncEngine, schema: str, topic: str, chunk: list[Received | Spoiled], codec: Codec) -> None:
    async with engine.begin() as tx:
        await _enter(tx, schema)
        if topic in OWN_TOPICS:
            await take(tx, codec, chunk)
            return
        for received in chunk:
            if isinstance(received, Received):
                await answers.apply(tx, received.recorded)


async def _enter(tx: AsyncConnection, schema: str) -> None:
    await tx.execute(text("SELECT set_config('search_path', :schema, true)"), {"schema": schema})


async def _digest(tx: AsyncConnection, name: str) -> str:
    digest = hashlib.sha256()
    # Text in C order: the same on every server, whatever its locale.
    ordered = text(f'SELECT t::text AS line FROM {name} t ORDER BY t::text COLLATE "C"')  # noqa: S608 - our own names
    async for row in await tx.stream(ordered):
        digest.update(row.line.encode() + b"\n")
    return digest.hexdigest()
