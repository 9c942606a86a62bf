"""Builds access' projections anew from the topics, in a schema of their own (I5). Emits nothing."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.protections import answers
from services.access.recovery import OWN_TOPICS, take
from services.access.tables import METADATA, TABLES
from services.runtime import shadow
from services.runtime.codec import Codec
from services.runtime.kafka_read import chunks
from services.runtime.received import Received, Spoiled
from services.runtime.shadow import Read, understood

__all__ = ["TABLES", "TOPICS", "rebuild"]

OTHERS_TOPICS = ("camera.events", "custody.events")
TOPICS = (*OWN_TOPICS, *OTHERS_TOPICS)
CHUNK = 500


async def rebuild(engine: AsyncEngine, into_schema: str, read: Read, codec: Codec) -> None:
    """Fill ``into_schema``, which must not exist, from the log.

    Raises LogDiffers for a hole or an unreadable record in a topic of our own; what others wrote and nobody can read is
    passed over, as the worker does.
    """
    async with engine.begin() as tx:
        await shadow.create(tx, into_schema, METADATA)
    for topic in TOPICS:
        for chunk in chunks(read(topic), CHUNK):
            await _apply(engine, into_schema, topic, chunk, codec)


async def _apply(engine: AsyncEngine, schema: str, topic: str, chunk: list[Received | Spoiled], codec: Codec) -> None:
    async with engine.begin() as tx:
        await shadow.enter(tx, schema)
        if topic in OWN_TOPICS:
            await take(tx, codec, chunk)
            return
        for received in understood(chunk):
            await answers.apply(tx, received.recorded)
