"""What happens to dead letters in the end: a key is retried in its order, or its bad record is discarded by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.applying import Handler
from services.runtime.aside import BAD, source_position
from services.runtime.codec import Codec, Undecodable
from services.runtime.database import json_object
from services.runtime.received import Received, key_text
from services.runtime.refusal import Refusal

LIST_MAX = 500
COLUMNS = 'id, consumer, topic, partition, "offset", key, headers, value, kind, reason, found_at'

# Without the bytes: hundreds of large ones are more than a process has memory for.
OPEN = text(f"""
    SELECT id, consumer, topic, partition, "offset", kind, reason, found_at, octet_length(value) AS size_bytes
    FROM dead_letter WHERE settled_at IS NULL ORDER BY id LIMIT {LIST_MAX}""")  # noqa: S608 - a constant
ONE = text(f"SELECT {COLUMNS} FROM dead_letter WHERE id = :id AND settled_at IS NULL")  # noqa: S608 - constants
LOCK = text("SELECT 1 FROM blocked_key WHERE consumer = :consumer AND topic = :topic AND key = :key FOR UPDATE")
QUEUE = text(f"""
    SELECT {COLUMNS} FROM dead_letter
    WHERE consumer = :consumer AND topic = :topic AND key = :key AND settled_at IS NULL AND id >= :id
    ORDER BY partition, "offset" FOR UPDATE""")  # noqa: S608 - constants
SETTLE = text("""
    UPDATE dead_letter SET settled_at = clock_timestamp(), outcome = :outcome, settled_by = :by WHERE id = ANY(:ids)""")
WORSE = text("UPDATE dead_letter SET kind = 'bad', reason = :reason WHERE id = :id")
UNBLOCK = text("DELETE FROM blocked_key WHERE consumer = :consumer AND topic = :topic AND key = :key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An open dead letter, without its bytes."""

    id: int
    consumer: str
    position: str
    kind: str
    reason: str
    found_at: datetime
    size_bytes: int


async def open_letters(tx: AsyncConnection) -> list[Letter]:
    """Return the dead letters that nobody has settled, oldest first."""
    return [
        Letter(
            id=row.id,
            consumer=row.consumer,
            position=f"{row.topic}/{row.partition}/{row.offset}",
            kind=row.kind,
            reason=row.reason,
            found_at=row.found_at,
            size_bytes=row.size_bytes,
        )
        for row in await tx.execute(OPEN)
    ]


class Settling:
    """Retries and discards the dead letters of one consumer, through the handler that its worker uses."""

    def __init__(self, consumer: str, handler: Handler, codec: Codec) -> None:
        self._consumer = consumer
        self._handler = handler
        self._codec = codec

    async def retry(self, tx: AsyncConnection, letter_id: int, by: str) -> int:
        """Apply a bad record and all that wait behind it, in their order; return how many were applied.

        Raises Refusal when the record still can't be decoded: then only a newer program or ``discard`` helps.
        """
        queue = await self._queue(tx, letter_id)
        if isinstance(self._decoded(queue[0]), Undecodable):
            raise Refusal(
                "StillUndecodable",
                status=409,
                title="The record still can't be read",
                detail=str(self._decoded(queue[0])),
                remedy="Install the version that knows its schema, or discard the record.",
            )
        return await self._go_on(tx, queue, by)

    async def discard(self, tx: AsyncConnection, letter_id: int, by: str) -> int:
        """Give up a bad record for ever and apply what waits behind it; return how many were applied."""
        queue = await self._queue(tx, letter_id)
        await tx.execute(SETTLE, {"ids": [queue[0].id], "outcome": "discarded", "by": by})
        return await self._go_on(tx, queue[1:], by, key_of=queue[0])

    async def _queue(self, tx: AsyncConnection, letter_id: int) -> Sequence[Row[tuple[object, ...]]]:
        letter = (await tx.execute(ONE, {"id": letter_id})).one_or_none()
        if letter is None or letter.kind != BAD or letter.consumer != self._consumer:
            raise Refusal("NoSuchLetter", status=404, title="No open bad record has this number")
        key = {"consumer": letter.consumer, "topic": letter.topic, "key": letter.key}
        blocked = (await tx.execute(LOCK, key)).one_or_none()
        # The worker that put it aside may still be writing: only under the lock is the queue complete.
        if blocked is None:
            return [letter]
        return (await tx.execute(QUEUE, key | {"id": letter.id})).all()

    async def _go_on(
        self,
        tx: AsyncConnection,
        queue: Sequence[Row[tuple[object, ...]]],
        by: str,
        key_of: Row[tuple[object, ...]] | None = None,
    ) -> int:
        good: list[Received] = []
        for row in queue:
            found = self._decoded(row)
            if isinstance(found, Undecodable):
                await tx.execute(WORSE, {"id": row.id, "reason": str(found)})
                break
            good.append(found)
        if good:
            await self._handler.apply(tx, good)
        await tx.execute(SETTLE, {"ids": [row.id for row in queue[: len(good)]], "outcome": "retried", "by": by})
        if len(good) == len(queue):
            first = key_of or queue[0]
            await tx.execute(UNBLOCK, {"consumer": first.consumer, "topic": first.topic, "key": first.key})
        return len(good)

    def _decoded(self, row: Row[tuple[object, ...]]) -> Received | Undecodable:
        try:
            fact = self._codec.decode(bytes(row.value), row.topic)
        except Undecodable as error:
            return error
        return Received(
            topic=row.topic,
            partition=row.partition,
            offset=row.offset,
            key=key_text(bytes(row.key)),
            headers=json_object(row.headers),
            recorded=fact,
            raw=bytes(row.value),
        )


__all__ = ["Letter", "Settling", "open_letters", "source_position"]
