"""Retention's own topics, read again at every start from where the last start ended.

Whatever backup the database comes from, even none: streams go on where the log ends, and no version is given twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from services.retention import store
from services.retention.buckets import Connection
from services.retention.projector import project
from services.runtime import database, offsets
from services.runtime.codec import Codec
from services.runtime.kafka_read import TopicMissing, chunks, read_to_end
from services.runtime.received import Received, Spoiled
from services.runtime.settings import Settings
from services.runtime.topic_ids import meet_before_reading

CONSUMER = "retention.own"
TOPICS = ("retention.events", "deletion.commands")

VERSIONS = """
INSERT INTO stream_version AS s (stream_id, version)
SELECT stream_id, max(version) FROM unnest($1::text[], $2::int8[]) AS n(stream_id, version) GROUP BY stream_id
    ON CONFLICT (stream_id) DO UPDATE SET version = greatest(s.version, excluded.version)
"""


async def recall(settings: Settings, codec: Codec) -> int:
    """Read what we said since the last start; return how many records that were. A missing topic says nothing."""
    engine = database.engine(settings, "retention", pool=1)
    try:
        await meet_before_reading(engine, settings, CONSUMER, TOPICS)
        return sum([await _recall(engine, settings, codec, topic) for topic in TOPICS])
    finally:
        await engine.dispose()


async def keep_versions(connection: Connection, records: Sequence[Received]) -> None:
    """Remember the versions of our own streams; those of other writers are none of our business."""
    found = [r.recorded.envelope for r in records if r.topic == "retention.events"]
    await connection.execute(VERSIONS, [e.stream_id for e in found], [e.stream_version for e in found])


async def _recall(engine: AsyncEngine, settings: Settings, codec: Codec, topic: str) -> int:
    async with engine.connect() as tx:
        start = await offsets.of_topic(tx, CONSUMER, topic)
    number = 0
    try:
        for chunk in chunks(read_to_end(settings, topic, codec, start)):
            number += await _keep(engine, chunk)
    except TopicMissing:
        return 0
    return number


async def _keep(engine: AsyncEngine, chunk: Sequence[Received | Spoiled]) -> int:
    read = [each for each in chunk if isinstance(each, Received)]
    async with engine.begin() as tx:
        connection = await database.raw(tx)
        await keep_versions(connection, read)
        # Not what was outstanding: an answer to it may have been read long ago. It is proposed anew if need be (R2).
        await store.write_trail(connection, project(each.recorded for each in read))
        await offsets.move_on(tx, CONSUMER, chunk)
    return len(read)
