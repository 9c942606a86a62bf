"""Records as they come from a topic: understood, or spoiled with the reason why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from confluent_kafka import Message

from services.kernel.envelope import Recorded
from services.runtime.codec import Codec, Undecodable
from services.runtime.settings import Settings

REASON_LENGTH_MAX = 500


class Position(NamedTuple):
    """A partition of a topic; ``topic`` without prefix and suffix, such as ``segment.events``."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A record that was decoded."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: dict[str, str]
    recorded: Recorded
    raw: bytes

    @property
    def position(self) -> Position:
        return Position(self.topic, self.partition)

    @property
    def traceparent(self) -> str:
        return self.headers.get("traceparent", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiled:
    """A record that can't be decoded, or that its handler rejects. ``raw`` holds its bytes as they were."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: dict[str, str]
    raw: bytes
    reason: str

    @property
    def position(self) -> Position:
        return Position(self.topic, self.partition)

    @property
    def traceparent(self) -> str:
        return self.headers.get("traceparent", "")


class Rejected(ValueError):
    """Raised by a handler for a record that it can never take: the record is put aside and its key waits."""


def understood(message: Message, codec: Codec, settings: Settings) -> Received | Spoiled:
    """Return what ``message`` says, or why it says nothing."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None, "a record without a topic"
    assert partition is not None, "a record without a partition"
    assert offset is not None, "a record without an offset"
    value = message.value()
    raw = value.encode() if isinstance(value, str) else value or b""
    key, headers, name = key_text(message.key()), _headers(message), settings.short_topic(topic)
    try:
        fact = codec.decode(raw, name)
    except Undecodable as error:
        return Spoiled(
            topic=name, partition=partition, offset=offset, key=key, headers=headers, raw=raw, reason=reason(error)
        )
    return Received(topic=name, partition=partition, offset=offset, key=key, headers=headers, recorded=fact, raw=raw)


def spoiled(record: Received, error: BaseException) -> Spoiled:
    """Return ``record`` as one that its handler rejects."""
    return Spoiled(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        headers=record.headers,
        raw=record.raw,
        reason=reason(error),
    )


def reason(error: BaseException) -> str:
    """Return a bounded reason that Postgres can hold."""
    return printable(str(error) or type(error).__name__)[:REASON_LENGTH_MAX]


def key_text(key: str | bytes | None) -> str:
    """Return a record's key as text; ``key_bytes`` gives back exactly the same bytes."""
    return key if isinstance(key, str) else (key or b"").decode("utf-8", "surrogateescape")


def key_bytes(key: str) -> bytes:
    """Return the bytes of a key that ``key_text`` made."""
    return key.encode("utf-8", "surrogateescape")


def printable(text: str) -> str:
    """Return ``text`` without what Postgres refuses in a string: NUL and lone surrogates."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()


def _headers(message: Message) -> dict[str, str]:
    pairs = message.headers() or []
    items = pairs.items() if isinstance(pairs, dict) else pairs
    return {printable(name): printable(_text(value)) for name, value in items}


def _text(value: str | bytes | None) -> str:
    return value if isinstance(value, str) else (value or b"").decode("utf-8", "backslashreplace")
