"""What access ever wrote, as its table ``fact`` keeps it: a topic that the broker lost is written again from it.

A fact has the bytes that were published. Its key follows from them; what caused it, and its place among the records of
other streams, is known no longer: streams come in the order of their clocks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.emergency.office import STREAM as BREAK_GLASS
from services.kernel.envelope import Recorded
from services.kernel.events import ActRefused, RecordDiscarded
from services.kernel.ids import PROTECTION_LOG
from services.runtime.received import Received

CHUNK = 500
PROTECTION_KEYS = ("batch_id", "hold_id", "camera_id", "policy_id")

# A clock that was set back must not put a stream's later record first: each has the latest instant up to it.
_IN_ORDER = text("""
    SELECT value FROM (
        SELECT value, stream_id, stream_version,
               max(recorded_at) OVER (PARTITION BY stream_id ORDER BY stream_version) AS until_then
        FROM fact WHERE topic = :topic) AS mine
    ORDER BY until_then, stream_id, stream_version""")
_COUNTS = text("SELECT topic, count(*) AS kept FROM fact GROUP BY topic")
_WITH_HOLES = text("""
    SELECT stream_id FROM stream LEFT JOIN (SELECT stream_id, count(*) AS kept FROM fact GROUP BY stream_id) AS mine
    USING (stream_id) WHERE version <> coalesce(kept, 0) ORDER BY stream_id LIMIT 3""")
_KEPT = text("""
    SELECT stream_id, stream_version, value FROM fact JOIN unnest(CAST(:ids AS text[]), CAST(:versions AS bigint[]))
    AS asked(stream_id, stream_version) USING (stream_id, stream_version) WHERE topic = :topic""")


def key_of(record: Recorded) -> str:
    """Return the key that this record was published under."""
    event, (kind, _, identity) = record.event, record.envelope.stream_id.partition("/")
    if record.envelope.stream_id == PROTECTION_LOG:
        named = (getattr(event, name, "") for name in PROTECTION_KEYS)
        return next(str(each) for each in named if each)
    if kind == BREAK_GLASS:
        return str(getattr(event, "session_id", ""))
    if isinstance(event, RecordDiscarded):
        return event.position
    # An act that was refused before there was a request has a stream of its own, and its subject for a key.
    return event.subject if isinstance(event, ActRefused) and kind == "refusal" else identity


async def in_order(tx: AsyncConnection, topic: str) -> AsyncIterator[list[bytes]]:
    """Yield the bytes of every fact of a topic, each stream in its order."""
    found = await tx.stream_scalars(_IN_ORDER, {"topic": topic}, execution_options={"yield_per": CHUNK})
    async for values in found.partitions():
        yield [bytes(value) for value in values]


async def counts(tx: AsyncConnection) -> dict[str, int]:
    """Return how many facts there are, by topic."""
    return {row.topic: row.kept for row in await tx.execute(_COUNTS)}


async def with_holes(tx: AsyncConnection) -> list[str]:
    """Return streams of which some version isn't kept, three at most."""
    return [str(name) for name in await tx.scalars(_WITH_HOLES)]


async def strangers(tx: AsyncConnection, topic: str, records: Sequence[Received]) -> list[Received]:
    """Return those records that no fact of this topic is equal to, byte by byte."""
    told = [record.recorded.envelope for record in records]
    asked = {"topic": topic, "ids": [at.stream_id for at in told], "versions": [at.stream_version for at in told]}
    kept = {(row.stream_id, row.stream_version): bytes(row.value) for row in await tx.execute(_KEPT, asked)}
    return [
        record
        for record, at in zip(records, told, strict=True)
        if kept.get((at.stream_id, at.stream_version)) != record.raw
    ]
