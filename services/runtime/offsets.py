"""Where each consumer goes on: one row a partition in the consumer's own database, moved with the rows it wrote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.received import Position, Received, Spoiled

# DO UPDATE, because it waits for the batch that the partition's old owner still has open.
START = text("""
    INSERT INTO consumer_offset (consumer, topic, partition, next_offset)
    VALUES (:consumer, :topic, :partition, 0)
    ON CONFLICT (consumer, topic, partition) DO UPDATE SET consumer = excluded.consumer
    RETURNING next_offset""")

# By equality: a worker that lost the partition finds the offset moved, a worker that skipped a record finds it behind.
CLAIM = text("""
    UPDATE consumer_offset AS o SET next_offset = s.stop
    FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:starts AS bigint[]),
                CAST(:stops AS bigint[])) AS s(topic, partition, start, stop)
    WHERE o.consumer = :consumer AND o.topic = s.topic AND o.partition = s.partition AND o.next_offset = s.start""")

STORED = text("SELECT topic, partition, next_offset FROM consumer_offset WHERE consumer = :consumer")

# Who reads its own log at a start has no partition to defend: two that do it at once read the same, and both go on.
OF_TOPIC = text("SELECT partition, next_offset FROM consumer_offset WHERE consumer = :consumer AND topic = :topic")
MOVE_ON = text("""
    INSERT INTO consumer_offset AS c (consumer, topic, partition, next_offset)
    VALUES (:consumer, :topic, :partition, :next_offset)
    ON CONFLICT (consumer, topic, partition)
    DO UPDATE SET next_offset = greatest(c.next_offset, excluded.next_offset)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The records of one partition from ``start`` up to, and without, ``stop``."""

    position: Position
    start: int
    stop: int


async def start_at(tx: AsyncConnection, consumer: str, positions: Iterable[Position]) -> dict[Position, int]:
    """Return the offset at which each partition goes on; one never read before starts at its very first record."""
    found: dict[Position, int] = {}
    for position in sorted(positions):
        row = {"consumer": consumer, "topic": position.topic, "partition": position.partition}
        found[position] = (await tx.execute(START, row)).scalar_one()
    return found


async def claim(tx: AsyncConnection, consumer: str, spans: list[Span]) -> int:
    """Move offsets from their start to their stop; return how many stood there (fewer than all: roll back)."""
    columns = {
        "consumer": consumer,
        "topics": [span.position.topic for span in spans],
        "partitions": [span.position.partition for span in spans],
        "starts": [span.start for span in spans],
        "stops": [span.stop for span in spans],
    }
    return (await tx.execute(CLAIM, columns)).rowcount


async def stored(tx: AsyncConnection, consumer: str) -> dict[Position, int]:
    """Return the offsets of a consumer as they are committed."""
    rows = await tx.execute(STORED, {"consumer": consumer})
    return {Position(topic, partition): next_offset for topic, partition, next_offset in rows}


async def of_topic(tx: AsyncConnection, consumer: str, topic: str) -> dict[int, int]:
    """Return the offsets of one topic, by partition; one never read isn't among them."""
    rows = await tx.execute(OF_TOPIC, {"consumer": consumer, "topic": topic})
    return {row.partition: row.next_offset for row in rows}


async def move_on(tx: AsyncConnection, consumer: str, read: Iterable[Received | Spoiled]) -> None:
    """Remember that these records were read; an offset never goes back."""
    ends = {(each.topic, each.partition): each.offset + 1 for each in read}
    keys = ("consumer", "topic", "partition", "next_offset")
    if ends:
        rows = [dict(zip(keys, (consumer, *place, end), strict=True)) for place, end in ends.items()]
        await tx.execute(MOVE_ON, rows)
