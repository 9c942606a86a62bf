"""What happens to dead letters in the end: a key is retried in its order, or two persons discard its bad record."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.envelope import Actor
from services.kernel.events import RecordDiscarded, Sha256
from services.runtime.applying import Handler, rejection
from services.runtime.aside import BAD
from services.runtime.codec import Codec, Undecodable
from services.runtime.database import json_object
from services.runtime.discarded import Tell
from services.runtime.received import Received, key_text, reason
from services.runtime.refusal import Refusal

LIST_MAX = 500
COLUMNS = 'id, consumer, topic, partition, "offset", key, headers, value, kind, reason, found_at, proposed_by'

# Without the bytes: hundreds of large ones are more than a process has memory for.
OPEN = text(f"""
    SELECT id, consumer, topic, partition, "offset", kind, reason, found_at, proposed_by,
        octet_length(value) AS size_bytes
    FROM dead_letter WHERE settled_at IS NULL ORDER BY id LIMIT {LIST_MAX}""")  # noqa: S608 - a constant
ONE = text(f"SELECT {COLUMNS} FROM dead_letter WHERE id = :id AND settled_at IS NULL")  # noqa: S608 - constants
# Two persons may settle one letter at the same moment: the second finds it settled.
STILL_OPEN = text(f"{ONE} FOR UPDATE")
LOCK = text("SELECT 1 FROM blocked_key WHERE consumer = :consumer AND topic = :topic AND key = :key FOR UPDATE")
QUEUE = text(f"""
    SELECT {COLUMNS} FROM dead_letter
    WHERE consumer = :consumer AND topic = :topic AND key = :key AND settled_at IS NULL AND id >= :id
    ORDER BY partition, "offset" FOR UPDATE""")  # noqa: S608 - constants
SETTLE = text("""
    UPDATE dead_letter SET settled_at = clock_timestamp(), outcome = :outcome, settled_by = :by WHERE id = ANY(:ids)""")
PROPOSE = text("UPDATE dead_letter SET proposed_by = :by WHERE id = :id")
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
    proposed_by: str
    size_bytes: int


async def open_letters(tx: AsyncConnection) -> list[Letter]:
    """Return the dead letters that nobody has settled, oldest first."""
    return [
        Letter(
            id=row.id,
            consumer=row.consumer,
            position=_position(row),
            kind=row.kind,
            reason=row.reason,
            found_at=row.found_at,
            proposed_by=row.proposed_by,
            size_bytes=row.size_bytes,
        )
        for row in await tx.execute(OPEN)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarding:
    """Where a discard stands: proposed by the first person, or done by the second; ``applied`` waited behind it."""

    state: str
    proposed_by: str
    applied: int = 0


class Settling:
    """Retries and discards the dead letters of one consumer, through the handler that its worker uses."""

    def __init__(self, consumer: str, handler: Handler, codec: Codec, tell: Tell) -> None:
        self._consumer = consumer
        self._handler = handler
        self._codec = codec
        self._tell = tell

    async def retry(self, tx: AsyncConnection, letter_id: int, by: str) -> int:
        """Apply a bad record and all that wait behind it, in their order; return how many were applied.

        Raises Refusal when the record still can't be decoded, or is rejected still: then only a newer program or
        ``discard`` helps, and the letter stays as it was.
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
        applied, why = await self._go_on(tx, queue, by)
        if not applied:
            raise _still_rejected(queue[0], why)
        return applied

    async def discard(self, tx: AsyncConnection, letter_id: int, by: Actor) -> Discarding:
        """Propose to give a bad record up for ever; a second person does it, and what waits behind it is applied.

        The first of those that can't be applied is the key's next bad record, to be settled like this one.
        Raises Refusal when the person who proposed it would do it, too.
        """
        queue = await self._queue(tx, letter_id)
        letter, first = queue[0], str(queue[0].proposed_by)
        if not first:
            await tx.execute(PROPOSE, {"id": letter.id, "by": by.id})
            return Discarding(state="proposed", proposed_by=by.id)
        if first == by.id:
            raise _four_eyes(first)
        await tx.execute(SETTLE, {"ids": [letter.id], "outcome": "discarded", "by": by.id})
        applied, _ = await self._go_on(tx, queue[1:], by.id, key_of=letter)
        await self._tell(tx, self._discarded(letter, applied, (first, by.id)), by)
        return Discarding(state="discarded", proposed_by=first, applied=applied)

    def _discarded(self, letter: Row[tuple[object, ...]], applied: int, persons: tuple[str, ...]) -> RecordDiscarded:
        return RecordDiscarded(
            consumer=self._consumer,
            position=_position(letter),
            sha256=Sha256(hashlib.sha256(bytes(letter.value)).digest()),
            applied=applied,
            persons=persons,
        )

    async def _queue(self, tx: AsyncConnection, letter_id: int) -> Sequence[Row[tuple[object, ...]]]:
        letter = (await tx.execute(ONE, {"id": letter_id})).one_or_none()
        if letter is None or letter.kind != BAD or letter.consumer != self._consumer:
            raise _no_such_letter()
        key = {"consumer": letter.consumer, "topic": letter.topic, "key": letter.key}
        blocked = (await tx.execute(LOCK, key)).one_or_none()
        # The worker that put it aside may still be writing: only under the lock is the queue complete.
        query = STILL_OPEN if blocked is None else QUEUE
        queue = (await tx.execute(query, key | {"id": letter.id})).all()
        if letter.id not in {row.id for row in queue}:
            raise _no_such_letter()
        return sorted(queue, key=lambda row: row.id != letter.id)

    async def _go_on(
        self,
        tx: AsyncConnection,
        queue: Sequence[Row[tuple[object, ...]]],
        by: str,
        key_of: Row[tuple[object, ...]] | None = None,
    ) -> tuple[int, str]:
        """Return how many were applied, and why the next one wasn't: it is bad from now on."""
        good: list[Received] = []
        why = ""
        for row in queue:
            found = self._decoded(row)
            if isinstance(found, Undecodable):
                why = str(found)
                break
            good.append(found)
        applied, rejected = await self._taken(tx, good)
        await tx.execute(SETTLE, {"ids": [row.id for row in queue[:applied]], "outcome": "retried", "by": by})
        if applied == len(queue):
            first = key_of or queue[0]
            await tx.execute(UNBLOCK, {"consumer": first.consumer, "topic": first.topic, "key": first.key})
        else:
            await tx.execute(WORSE, {"id": queue[applied].id, "reason": rejected or why})
        return applied, rejected or why

    async def _taken(self, tx: AsyncConnection, good: Sequence[Received]) -> tuple[int, str]:
        """Apply them together, or one by one up to the first that the handler rejects; return how many, and why."""
        rejected = await self._rejected(tx, good) if good else ""
        if not rejected:
            return len(good), ""
        for number, record in enumerate(good):
            if rejected := await self._rejected(tx, [record]):
                return number, rejected
        return len(good), ""

    async def _rejected(self, tx: AsyncConnection, records: Sequence[Received]) -> str:
        error = await rejection(self._handler, tx, records)
        return reason(error) if error is not None else ""

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


def _position(letter: Row[tuple[object, ...]]) -> str:
    return f"{letter.topic}/{letter.partition}/{letter.offset}"


def _no_such_letter() -> Refusal:
    return Refusal("NoSuchLetter", status=404, title="No open bad record has this number")


def _still_rejected(letter: Row[tuple[object, ...]], why: str) -> Refusal:
    return Refusal(
        "StillRejected",
        status=409,
        title="The record is rejected still",
        detail=f"{letter.consumer} can't take {_position(letter)}: {why.splitlines()[0]}",
        remedy="Install the version that takes it, or let two persons discard the record.",
    )


def _four_eyes(first: str) -> Refusal:
    return Refusal(
        "FourEyesNeeded",
        status=409,
        title="A second person must discard it",
        detail=f"{first} proposed this already; the same person can't do it, from whatever account.",
        remedy="Let another person discard it.",
    )
