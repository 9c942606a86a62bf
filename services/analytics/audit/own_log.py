"""Our own log, read again at every start: whatever backup the database comes from, even none, the tree goes on where
the log ends, and no index is given to a second entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.analytics.audit.sequencer import locked, store
from services.analytics.tables import audit_entry
from services.kernel.events import AuditEntry
from services.kernel.merkle import leaf_hash
from services.runtime import database, offsets
from services.runtime.codec import Codec
from services.runtime.kafka_read import Read, TopicMissing, chunks, read_to_end
from services.runtime.received import Received
from services.runtime.settings import Settings
from services.runtime.topic_ids import meet_before_reading

CONSUMER = "analytics.own"
TOPIC = "audit.log"
CHUNK = 1_000


class LogDiffers(RuntimeError):
    """Our own log and our database have another entry at the same index: a person must look before anything goes on."""


async def recall(settings: Settings, codec: Codec, read: Read = read_to_end) -> int:
    """Append to the tree what our own topic has and our database doesn't; return how many entries that were.

    Raises LogDiffers, or what ``read`` raises but for a topic that doesn't exist yet, which says nothing.
    """
    engine = database.engine(settings, settings.service, pool=1)
    try:
        await meet_before_reading(engine, settings, CONSUMER, [TOPIC])
        return await _recall(engine, settings, codec, read)
    finally:
        await engine.dispose()


async def _recall(engine: AsyncEngine, settings: Settings, codec: Codec, read: Read) -> int:
    async with engine.connect() as tx:
        start = await offsets.of_topic(tx, CONSUMER, TOPIC)
    number = 0
    try:
        for chunk in chunks(read(settings, TOPIC, codec, start=start)):
            told = [each.recorded.event for each in chunk if isinstance(each, Received)]
            async with engine.begin() as tx:
                number += await take(tx, settings.audit_origin, told)
                await offsets.move_on(tx, CONSUMER, chunk)
    except TopicMissing:
        return 0
    return number


async def take(tx: AsyncConnection, origin: str, events: Iterable[object]) -> int:
    """Append the entries of ``origin`` that the tree doesn't have; return how many. Raises LogDiffers."""
    told = [each for each in events if isinstance(each, AuditEntry) and each.origin == origin]
    tree = await locked(tx, origin)
    await _same(tx, origin, [each for each in told if each.index < tree.size])
    fresh: list[AuditEntry] = []
    for one in told:
        ends = tree.size + len(fresh)
        # A relay that was killed tells its last records twice.
        if one.index > ends:
            raise LogDiffers(f"{origin}: entry {one.index} of {TOPIC} comes after {ends}: the log has a hole")
        if one.index == ends:
            fresh.append(one)
    await store(tx, tree, fresh)
    return len(fresh)


async def _same(tx: AsyncConnection, origin: str, told: Sequence[AuditEntry]) -> None:
    asked = select(audit_entry.c.index, audit_entry.c.leaf).where(
        audit_entry.c.origin == origin, audit_entry.c.index.in_([each.index for each in told])
    )
    known: dict[int, bytes] = {int(place): leaf for place, leaf in await tx.execute(asked)}
    for one in told:
        if known.get(one.index) != leaf_hash(one.entry):
            raise LogDiffers(
                f"{origin}: entry {one.index} stands otherwise in our database than in {TOPIC}, which others have read;"
                " compare both before this service starts again (docs/runbooks/replay.md)"
            )
