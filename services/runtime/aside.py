"""Putting records aside: a bad one goes to the dead letters with its bytes, later ones of its key wait behind it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime import telemetry
from services.runtime.logs import logger
from services.runtime.received import Received, Spoiled, key_bytes
from services.runtime.settings import Settings

BAD = "bad"
PARKED = "parked"
DeadKey = tuple[str, bytes]  # topic and key
PUBLISHED_BYTES_MAX = 900_000  # value and headers; a record as large as the broker takes has no room for ours

LETTER = text("""
    INSERT INTO dead_letter (consumer, topic, partition, "offset", key, headers, value, kind, reason)
    VALUES (:consumer, :topic, :partition, :offset, :key, :headers, :value, :kind, :reason)
    ON CONFLICT (consumer, topic, partition, "offset") DO NOTHING""").bindparams(bindparam("headers", type_=JSONB))

PUBLISH = text("INSERT INTO outbox (topic, key, headers, value) VALUES (:topic, :key, :headers, :value)").bindparams(
    bindparam("headers", type_=JSONB)
)

BLOCK = text("""
    INSERT INTO blocked_key (consumer, topic, key) VALUES (:consumer, :topic, :key) ON CONFLICT DO NOTHING""")

# Shared with other workers, exclusive with a retry: while one runs, the worker waits and then goes on in order.
BLOCKED = text("SELECT topic, key FROM blocked_key WHERE consumer = :consumer ORDER BY topic, key FOR SHARE")


class Aside:
    """The dead letters of one consumer, as its worker writes them."""

    def __init__(self, consumer: str, service: str, settings: Settings) -> None:
        self._consumer = consumer
        self._service = service
        self._settings = settings
        for kind in (BAD, PARKED):
            # A counter that is born with its first letter has grown by none, to whoever watches its growth.
            telemetry.count("camledger_dead_letters_total", 0, consumer=consumer, kind=kind)

    async def blocked(self, tx: AsyncConnection) -> set[DeadKey]:
        """Return the keys whose records must wait, locked until the transaction ends."""
        return {(topic, bytes(key)) for topic, key in await tx.execute(BLOCKED, {"consumer": self._consumer})}

    async def put_bad(self, tx: AsyncConnection, record: Spoiled, *, block: bool) -> None:
        """Keep a bad record and publish it on the service's dead-letter topic; ``block`` makes its key wait."""
        logger().error("record.bad", consumer=self._consumer, at=source_position(record), reason=record.reason)
        await tx.execute(LETTER, self._letter(record, BAD, record.reason))
        await tx.execute(PUBLISH, self._publication(record))
        if block:
            await tx.execute(BLOCK, {"consumer": self._consumer, "topic": record.topic, "key": key_bytes(record.key)})
        telemetry.count("camledger_dead_letters_total", consumer=self._consumer, kind=BAD)

    async def park(self, tx: AsyncConnection, records: Iterable[Received | Spoiled]) -> None:
        """Keep records that wait behind a bad one of their key."""
        letters = [self._letter(record, PARKED, "waits behind a bad record of its key") for record in records]
        if letters:
            await tx.execute(LETTER, letters)
            telemetry.count("camledger_dead_letters_total", len(letters), consumer=self._consumer, kind=PARKED)

    def _letter(self, record: Received | Spoiled, kind: str, reason: str) -> dict[str, object]:
        return {
            "consumer": self._consumer,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": key_bytes(record.key),
            "headers": record.headers,
            "value": record.raw,
            "kind": kind,
            "reason": reason,
        }

    def _publication(self, record: Spoiled) -> dict[str, object]:
        about = {"dead_letter_consumer": self._consumer, "dead_letter_reason": record.reason}
        about |= {"dead_letter_position": source_position(record)}
        fits = len(record.raw) + _header_bytes(record.headers) <= PUBLISHED_BYTES_MAX
        return {
            "topic": self._settings.topic(f"dead-letter.{self._service}"),
            "key": source_position(record).encode(),
            # The relay ends at what the broker refuses, and again after every start: then nothing of ours is heard.
            "headers": record.headers | about if fits else about | {"dead_letter_bytes": str(len(record.raw))},
            "value": record.raw if fits else b"",
        }


def _header_bytes(headers: dict[str, str]) -> int:
    return sum(len(name.encode()) + len(value.encode()) for name, value in headers.items())


def source_position(record: Received | Spoiled) -> str:
    """Return where a record stands, as ``segment.events/0/4711``."""
    return f"{record.topic}/{record.partition}/{record.offset}"
