"""A0: before anything is accepted or cleared, our own topics are read to their end.

A database that was restored then knows again what the broker had acknowledged: holds stay accepted, clearances stay
named, and no stream version is given twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access import projection
from services.access.ledger import SERVICE, gate, keep
from services.access.requests import listing
from services.access.tables import fact, protection_gate
from services.kernel.ids import PROTECTION_LOG
from services.kernel.topics import TOPICS
from services.runtime import offsets
from services.runtime.codec import Codec
from services.runtime.kafka_read import Read, chunks, read_to_end
from services.runtime.received import Received, Spoiled
from services.runtime.settings import Settings

CONSUMER = "access.own"
OWN_TOPICS = tuple(t.name for t in TOPICS if t.writer == SERVICE and not t.name.startswith("dead-letter"))
CHUNK = 500
ADVISORY_LOCK = 4_201_001


class LogDiffers(RuntimeError):
    """Our own log and our database disagree on the same record: a person must look before anything goes on."""


async def catch_up(engine: AsyncEngine, settings: Settings, codec: Codec, read: Read = read_to_end) -> int:
    """Read what our database doesn't know from our own topics; return how many records that were."""
    async with engine.connect() as guard:
        # Two processes of this service may start at once; the second waits and then finds nothing to do.
        await guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        # The lock is the session's: a transaction left open while we read would be ended as an idle one.
        await guard.commit()
        try:
            return sum([await _topic(engine, settings, codec, topic, read) for topic in OWN_TOPICS])
        finally:
            await guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})


async def _topic(engine: AsyncEngine, settings: Settings, codec: Codec, topic: str, read: Read) -> int:
    async with engine.connect() as tx:
        start = await offsets.of_topic(tx, CONSUMER, topic)
    found = 0
    for chunk in chunks(read(settings, topic, codec, start=start), CHUNK):
        async with engine.begin() as tx:
            found += await take(tx, codec, chunk)
            await offsets.move_on(tx, CONSUMER, chunk)
    return found


async def take(tx: AsyncConnection, codec: Codec, chunk: Iterable[Received | Spoiled]) -> int:
    """Take records of our own topics that we don't have; return how many. Raises LogDiffers."""
    touched: set[UUID] = set()
    found = 0
    seq = await gate(tx)
    for received in chunk:
        if isinstance(received, Spoiled):
            raise LogDiffers(f"{received.topic}/{received.partition}/{received.offset}: {received.reason}")
        if not await _is_new(tx, received):
            continue
        seq = await _next(tx, received, seq)
        await keep(tx, received.recorded, received.raw)
        await projection.apply(tx, received.recorded)
        touched |= _request(received)
        found += 1
    for request_id in sorted(touched):
        await listing.refresh(tx, codec, request_id)
    return found


async def _is_new(tx: AsyncConnection, received: Received) -> bool:
    at = received.recorded.envelope
    mine = (fact.c.stream_id == at.stream_id) & (fact.c.stream_version == at.stream_version)
    known = await tx.scalar(select(fact.c.value).where(mine))
    if known is not None and known != received.raw:
        raise LogDiffers(
            f"{received.topic}/{received.partition}/{received.offset}: {at.stream_id} version {at.stream_version} "
            "stands otherwise in our database; compare both before this service starts again"
        )
    return known is None


async def _next(tx: AsyncConnection, received: Received, seq: int) -> int:
    at = received.recorded.envelope
    if at.stream_id != PROTECTION_LOG:
        return seq
    if at.stream_version != seq + 1:
        raise LogDiffers(f"protection log: seq {at.stream_version} after {seq}; the log or our database has a hole")
    await tx.execute(update(protection_gate).values(seq=at.stream_version))
    return at.stream_version


def _request(received: Received) -> set[UUID]:
    kind, _, identity = received.recorded.envelope.stream_id.partition("/")
    if kind not in ("request", "approval", "access"):
        return set()
    try:
        return {UUID(identity)}
    except ValueError:
        return set()
