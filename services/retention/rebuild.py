"""Builds retention's tables anew from the log, into a schema of their own (I5).

A rebuild emits nothing. Packing may differ, lines may not: segments are compared through the view that unpacks them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from services.retention import own_log
from services.retention.fold import Folding
from services.retention.tables import METADATA
from services.retention.worker import apply
from services.runtime import database, shadow
from services.runtime.kafka_read import chunks
from services.runtime.received import Received
from services.runtime.shadow import Read, understood
from services.runtime.tables import RUNTIME_TABLES

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
# What is compared: both packings of segments are one view.
COMPARED = (
    "camera",
    "camera_place",
    "outstanding",
    "protection_record",
    "receipt",
    "segment",
    "shift_worn",
    "trail",
)
# Segments first and whole: every later record speaks of buckets that are there.
ORDER = ("segment.events", "camera.events", "shift.events", "deletion.commands", "retention.events", "hold.events")
LAST = "custody.events"
FOLD_MAX = 20_000
END_OF_TIME = datetime(9000, 1, 1, tzinfo=UTC)


async def rebuild(engine: AsyncEngine, into_schema: str, read: Read) -> None:
    """Fill ``into_schema``, which must not exist, from the log. Records that can't be decoded are passed over."""
    async with engine.begin() as tx:
        await shadow.create(tx, into_schema, METADATA)
    for topic in ORDER:
        await _replay(engine, into_schema, understood(read(topic)))
        if topic == "segment.events":
            await _fold_all(engine, into_schema)
    # Answers stand on several partitions: one writer, so its clock gives their order.
    answers = sorted(understood(read(LAST)), key=lambda r: (r.recorded.envelope.recorded_at, r.partition, r.offset))
    await _replay(engine, into_schema, answers)


async def _replay(engine: AsyncEngine, schema: str, records: Iterable[Received]) -> None:
    for chunk in chunks(records):
        async with engine.begin() as tx:
            await shadow.enter(tx, schema)
            connection = await database.raw(tx)
            await apply(connection, chunk)
            await own_log.keep_versions(connection, chunk)


async def _fold_all(engine: AsyncEngine, schema: str) -> None:
    folding, more = Folding(FOLD_MAX), True
    while more:
        async with engine.begin() as tx:
            await shadow.enter(tx, schema)
            more = bool(await folding.piece(await database.raw(tx), END_OF_TIME))


assert set(TABLES) == set(METADATA.tables), "every table has a class (decision 18)"
assert set(RUNTIME_TABLES) <= set(TABLES)
