"""Builds retention's tables anew from the log, into a schema of their own, and digests them for comparison (I5).

A rebuild emits nothing. Packing may differ, lines may not: segments are compared through the view that unpacks them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.retention import own_log
from services.retention.buckets import Connection
from services.retention.fold import Folding
from services.retention.tables import METADATA
from services.retention.worker import apply
from services.runtime import database
from services.runtime.kafka_read import chunks
from services.runtime.received import Received, Spoiled
from services.runtime.tables import RUNTIME_TABLES

Read = Callable[[str], Iterable[Received | Spoiled]]

PROJECTION, OPERATIONAL = "projection", "operational"
TABLES = {
    "segment_hot": PROJECTION,
    "segment_hour": PROJECTION,
    "receipt": PROJECTION,
    "trail": PROJECTION,
    "outstanding": PROJECTION,
    "protection_record": PROJECTION,
    "camera": PROJECTION,
    "camera_place": PROJECTION,
    "shift_worn": PROJECTION,
    "wheel": OPERATIONAL,  # every bucket is looked at again after a rebuild, and finds its place
    "wheel_cursor": OPERATIONAL,
    "held_due": OPERATIONAL,
    "waiting": OPERATIONAL,
    "rebucket": OPERATIONAL,
    "camera_fill": OPERATIONAL,
    "breaker": OPERATIONAL,
    "stream_version": OPERATIONAL,
    "consumer_offset": OPERATIONAL,
    "consumer_topic": OPERATIONAL,
    "outbox": OPERATIONAL,
    "dead_letter": OPERATIONAL,
    "blocked_key": OPERATIONAL,
}
# What each digest is taken over, and in which order; both packings of segments are one view.
DIGESTED = {
    "segment": "camera_id, started_at, generation",
    "receipt": "camera_id, started_at, generation",
    "trail": "camera_id, hour, generation, event_id, part",
    "outstanding": "batch_id, hour, generation",
    "protection_record": "seq",
    "camera": "camera_id",
    "camera_place": "camera_id, since",
    "shift_worn": "device_id, shift",
}
# Segments first and whole: every later record speaks of buckets that are there.
ORDER = ("segment.events", "camera.events", "shift.events", "deletion.commands", "retention.events", "hold.events")
LAST = "custody.events"
FOLD_MAX = 20_000
END_OF_TIME = datetime(9000, 1, 1, tzinfo=UTC)


async def rebuild(engine: AsyncEngine, into_schema: str, read: Read) -> dict[str, str]:
    """Fill ``into_schema``, which must not exist, from the log and return its digests.

    ``read`` yields a topic's records from its beginning, in order within each partition. Records that can't be decoded
    are passed over, as the worker does.
    """
    async with engine.begin() as tx:
        await tx.execute(text(f'CREATE SCHEMA "{into_schema}"'))
        await tx.execute(text(f'SET LOCAL search_path TO "{into_schema}"'))
        await tx.run_sync(lambda connection: METADATA.create_all(connection, checkfirst=False))
    for topic in ORDER:
        await _replay(engine, into_schema, _understood(read(topic)))
        if topic == "segment.events":
            await _fold_all(engine, into_schema)
    # Answers stand on several partitions: one writer, so its clock gives their order.
    answers = sorted(_understood(read(LAST)), key=lambda r: (r.recorded.envelope.recorded_at, r.partition, r.offset))
    await _replay(engine, into_schema, answers)
    return await digests(engine, into_schema)


async def digests(engine: AsyncEngine, schema: str = "public") -> dict[str, str]:
    """Return a sha256 in hex over the ordered lines of each projection of a schema."""
    found = {}
    for name, order in DIGESTED.items():
        async with engine.begin() as tx:
            await _use(tx, schema)
            found[name] = await _digest(await database.raw(tx), name, order)
    return found


async def _digest(connection: Connection, name: str, order: str) -> str:
    digest = hashlib.sha256()
    query = f"SELECT t::text AS line FROM (SELECT * FROM {name} ORDER BY {order}) t"  # noqa: S608 - from DIGESTED
    async for row in connection.cursor(query, prefetch=1_000):
        digest.update(row["line"].encode() + b"\n")
    return digest.hexdigest()


async def _replay(engine: AsyncEngine, schema: str, records: Iterable[Received]) -> None:
    for chunk in chunks(records):
        async with engine.begin() as tx:
            await _use(tx, schema)
            connection = await database.raw(tx)
            await apply(connection, chunk)
            await own_log.keep_versions(connection, chunk)


async def _fold_all(engine: AsyncEngine, schema: str) -> None:
    folding, more = Folding(FOLD_MAX), True
    while more:
        async with engine.begin() as tx:
            await _use(tx, schema)
            more = bool(await folding.piece(await database.raw(tx), END_OF_TIME))


def _understood(records: Iterable[Received | Spoiled]) -> Iterator[Received]:
    return (record for record in records if isinstance(record, Received))


async def _use(tx: AsyncConnection, schema: str) -> None:
    await tx.execute(text(f'SET LOCAL search_path TO "{schema}"'))
    await tx.execute(text("SET LOCAL timezone TO 'UTC'"))


assert set(TABLES) == set(METADATA.tables), "every table has a class (decision 18)"
assert set(RUNTIME_TABLES) <= set(TABLES)
