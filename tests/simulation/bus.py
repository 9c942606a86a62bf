"""The broker in memory: partitions that keep their order, and a producer that may die between any two deliveries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from zlib import crc32

from services.kernel.topics import BY_NAME
from services.runtime.codec import Codec, Undecodable
from services.runtime.received import Position, Received, Spoiled, key_text
from tests.simulation.scheduler import Killed

Headers = Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Stored:
    """One record on a partition."""

    key: bytes
    headers: Mapping[str, str]
    value: bytes


class Bus:
    """Topics of one installation. What is on a partition stays there, in its order."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self.log: dict[Position, list[Stored]] = defaultdict(list)
        self.on_append: list[Callable[[Position, Stored], None]] = []
        self.on_way: Callable[[str, Stored], Stored] = lambda _topic, stored: stored

    def positions(self, topic: str) -> list[Position]:
        """Return a topic's partitions."""
        known = BY_NAME.get(topic)
        count = 1 if known is None or known.partitions == 1 else self._partitions
        return [Position(topic, partition) for partition in range(count)]

    def position_of(self, topic: str, key: bytes) -> Position:
        """Return the partition that a key belongs to."""
        positions = self.positions(topic)
        return positions[crc32(key) % len(positions)]

    def append(self, topic: str, stored: Stored) -> None:
        """Put a record behind the others of its partition."""
        position, stored = self.position_of(topic, stored.key), self.on_way(topic, stored)
        self.log[position].append(stored)
        for listener in self.on_append:
            listener(position, stored)

    def ends(self, topic: str) -> dict[int, int]:
        """Return the next offset of every partition."""
        return {position.partition: len(self.log[position]) for position in self.positions(topic)}

    def take(self, position: Position, start: int, most: int, codec: Codec) -> list[Received | Spoiled]:
        """Return records of a partition as a consumer sees them."""
        found = self.log[position][start : start + most]
        return [seen(position, start + at, stored, codec) for at, stored in enumerate(found)]

    def read(self, topic: str, codec: Codec, start: Mapping[int, int]) -> Iterator[Received | Spoiled]:
        """Read a topic from some offsets to its end, as ``kafka_read`` does."""
        for position in self.positions(topic):
            begins = start.get(position.partition, 0)
            yield from self.take(position, begins, len(self.log[position]), codec)


def seen(position: Position, offset: int, stored: Stored, codec: Codec) -> Received | Spoiled:
    """Return a record decoded, or the reason why it can't be."""
    about: dict[str, Any] = {
        "topic": position.topic,
        "partition": position.partition,
        "offset": offset,
        "key": key_text(stored.key),
        "headers": dict(stored.headers),
        "raw": stored.value,
    }
    try:
        return Received(recorded=codec.decode(stored.value, position.topic), **about)
    except Undecodable as error:
        return Spoiled(reason=str(error), **about)


class Producer:
    """An idempotent producer: order holds inside a partition, partitions overtake each other, and it may die midway."""

    def __init__(self, bus: Bus, random: Random, short: Callable[[str], str], may_die: Callable[[], bool]) -> None:
        self._bus = bus
        self._random = random
        self._short = short
        self._may_die = may_die
        self._waiting: dict[Position, list[tuple[Stored, Callable[..., None], str]]] = {}

    def produce(self, topic: str, value: bytes, key: bytes, headers: Headers, on_delivery: Callable[..., None]) -> None:
        """Queue a record."""
        name = self._short(topic)
        stored = Stored(key, dict(headers), value)
        self._waiting.setdefault(self._bus.position_of(name, key), []).append((stored, on_delivery, topic))

    def poll(self, _timeout: float = 0) -> int:
        """Deliver all that waits, a record at a time; the process may die before any of them."""
        while self._waiting:
            position = self._random.choice(list(self._waiting))
            if self._may_die():
                raise Killed(f"while publishing on {position}")
            stored, report, topic = self._waiting[position].pop(0)
            if not self._waiting[position]:
                del self._waiting[position]
            self._bus.append(position.topic, stored)
            report(None, Delivered(topic))
        return 0


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery report tells of a record."""

    name: str

    def topic(self) -> str:
        return self.name
