"""Our own log, read again at every start: whatever backup the database comes from, even none, the tree goes on where
the log ends, and no index is given to a second entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.analytics.audit.sequencer import locked, row
from services.analytics.tables import audit_entry, audit_log
from services.kernel.events import AuditEntry
from services.kernel.merkle import leaf_hash
from services.runtime import database
from services.runtime.codec import Codec
from services.runtime.kafka_read import Read, TopicMissing, read_to_end
from services.runtime.received import Received
from services.runtime.settings import Settings
from services.runtime.topic_ids import meet_before_reading

CONSUMER = "analytics.own"
TOPIC = "audit.log"
CHUNK = 1_000

OFFSETS = text("SELECT partition, next_offset FROM consumer_offset WHERE consumer = :consumer AND topic = :topic")
MOVE = text("""
INSERT INTO consumer_offset AS c (consumer, topic, partition, next_offset) VALUES (:consumer, :topic, :partition, :next)
    ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_offset = greatest(c.next_offset, excluded.next_offset)
""")


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
        rows = await tx.execute(OFFSETS, {"consumer": CONSUMER, "topic": TOPIC})
        start = {each.partition: each.next_offset for each in rows}
    number = 0
    try:
        records = (each for each in read(settings, TOPIC, codec, start=start) if isinstance(each, Received))
        while chunk := list(islice(records, CHUNK)):
            async with engine.begin() as tx:
                number += await take(tx, settings.audit_origin, [each.recorded.event for each in chunk])
                await _move(tx, {each.partition: each.offset + 1 for each in chunk})
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
        # A relay that was killed tells its last records twice.
        if one.index > tree.size:
            raise LogDiffers(f"{origin}: entry {one.index} of {TOPIC} comes after {tree.size}: the log has a hole")
        if one.index == tree.size:
            tree = tree.append(leaf_hash(one.entry))
            fresh.append(one)
    if fresh:
        await tx.execute(insert(audit_entry), [row(one) for one in fresh])
        grown = {"size": tree.size, "peaks": list(tree.peaks), "root": tree.root()}
        await tx.execute(update(audit_log).where(audit_log.c.origin == origin).values(grown))
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


async def _move(tx: AsyncConnection, ends: Mapping[int, int]) -> None:
    for partition, end in ends.items():
        await tx.execute(MOVE, {"consumer": CONSUMER, "topic": TOPIC, "partition": partition, "next": end})
