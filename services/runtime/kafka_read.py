"""Reads a topic from a start up to its end as it stands at the call: start-up, fsck, replay and checks use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import islice
from typing import Protocol, TypeVar
from uuid import uuid4

from confluent_kafka import OFFSET_END, Consumer, Message, TopicPartition

from services.runtime.codec import Codec
from services.runtime.consumer import consumer, is_record
from services.runtime.consumer import watermarks as marks_of
from services.runtime.received import Received, Spoiled, understood
from services.runtime.settings import Settings

ASK_S = 15.0
STALLED_S = 60.0
CHUNK = 1_000


Record = TypeVar("Record", Received, Received | Spoiled)


class TopicMissing(RuntimeError):
    """The topic doesn't exist on this broker."""


class ReadStalled(RuntimeError):
    """The broker said that there are more records, and none came."""


class Read(Protocol):
    """What ``read_to_end`` is to who recovers from his own log; the simulator has another."""

    def __call__(
        self, settings: Settings, topic: str, codec: Codec, *, start: Mapping[int, int]
    ) -> Iterable[Received | Spoiled]:
        """Return the records, each partition in its order."""


def chunks(records: Iterable[Record], most: int = CHUNK) -> Iterator[list[Record]]:
    """Yield records, none of them twice, in lists of at most ``most``: as many as one transaction takes."""
    left = iter(records)
    while chunk := list(islice(left, most)):
        yield chunk


def end_offsets(settings: Settings, topic: str) -> dict[int, int]:
    """Return the next offset to be written, by partition of ``topic`` (such as ``hold.events``)."""
    return {partition: end for partition, (_, end) in watermarks(settings, [topic])[topic].items()}


def watermarks(settings: Settings, topics: Iterable[str]) -> dict[str, dict[int, tuple[int, int]]]:
    """Return the first offset that exists and the next to be written, by topic and partition."""
    with closing(_consumer(settings)) as source:
        return {topic: _watermarks(source, settings.topic(topic)) for topic in topics}


def read_to_end(
    settings: Settings,
    topic: str,
    codec: Codec,
    start: Mapping[int, int] | None = None,
    until: Mapping[int, int] | None = None,
) -> Iterator[Received | Spoiled]:
    """Yield the records of ``topic`` from ``start`` (0 where it says nothing), in order within each partition.

    They end before ``until``, by default where the topic ends at the call; a partition it leaves out isn't read.
    Raises TopicMissing, ReadStalled, Unanswered for a partition without a leader, or KafkaException when the start no
    longer exists.
    """
    with closing(_consumer(settings)) as source:
        name = settings.topic(topic)
        ends = _ends(source, name)
        if until is not None:
            ends = {p: min(end, until.get(p, 0)) for p, end in ends.items()}
        begin = {p: (start or {}).get(p, 0) for p in ends}
        left = {p: end for p, end in ends.items() if begin[p] < end}
        source.assign([TopicPartition(name, p, begin[p]) for p in left])
        while left:
            for message in _chunk(source):
                partition, offset = message.partition(), message.offset()
                assert partition is not None
                assert offset is not None
                if offset < left.get(partition, 0):
                    yield understood(message, codec, settings)
                if offset + 1 >= left.get(partition, 0):
                    left.pop(partition, None)


def _chunk(source: Consumer) -> list[Message]:
    waited = 0.0
    while waited < STALLED_S:
        first = source.poll(0.5)
        if first is not None:
            return [m for m in (first, *source.consume(CHUNK, 0.0)) if is_record(m)]
        waited += 0.5
    raise ReadStalled(f"no record for {STALLED_S:.0f} s: is the broker reachable?")


def _consumer(settings: Settings) -> Consumer:
    # Assigned by hand and never committed: the group exists in name only.
    return consumer(settings, f"read.{uuid4()}")


def _ends(source: Consumer, name: str) -> dict[int, int]:
    return {partition: end for partition, (_, end) in _watermarks(source, name).items()}


def _watermarks(source: Consumer, name: str) -> dict[int, tuple[int, int]]:
    found = source.list_topics(name, timeout=ASK_S).topics.get(name)
    if found is None or found.error is not None:
        raise TopicMissing(
            f"{name} does not exist. Remedy: in a new installation `camledger migrate` creates it; where it was read "
            "before, bring the brokers' disks or the topic back (docs/runbooks/broker-down.md)"
        )
    return {p: marks_of(source, TopicPartition(name, p, OFFSET_END), lambda: None) for p in sorted(found.partitions)}
