"""Reads the topics as a stranger would: with the published schema files and a Kafka client, nothing of our own code.

The demo's verdict rests on this reader; it must never import the kernel, the runtime or a service.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

MAGIC = 0
HEADER_BYTES = 5
TIMEOUT_SECONDS = 15.0
PREFIX, SUFFIX = "camledger.", ".v1"

Fields = dict[str, Any]
"""One decoded record, envelope and payload side by side as the schema lays them out."""


class Raw(NamedTuple):
    """One record of a topic, undecoded."""

    topic: str
    partition: int
    offset: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a topic: its position, the name of its event, its fields."""

    topic: str
    partition: int
    offset: int
    event: str
    fields: Fields


class SchemaFiles:
    """The schemas by the id in each record's first five bytes, from the files that are published with a release."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        registry = json.loads((folder / "registry.json").read_text())
        self._paths = {int(one["id"]): one["path"] for one in registry["schemas"]}
        self._parsed: dict[int, tuple[str, Any]] = {}

    def decode(self, value: bytes) -> tuple[str, Fields]:
        """Return the event's name and fields; raises ValueError for anything that isn't one of our records."""
        if len(value) <= HEADER_BYTES or value[0] != MAGIC:
            raise ValueError(f"not in Confluent framing: {value[:8]!r}")
        name, schema = self._schema(int.from_bytes(value[1:HEADER_BYTES], "big"))
        rest = io.BytesIO(value[HEADER_BYTES:])
        fields = fastavro.schemaless_reader(rest, schema, None)
        if rest.read(1):
            raise ValueError(f"bytes after the end of a {name}")
        assert isinstance(fields, dict)
        return name, fields

    def _schema(self, number: int) -> tuple[str, Any]:
        if number not in self._parsed:
            if number not in self._paths:
                raise ValueError(f"schema id {number} is not in registry.json")
            raw = json.loads((self._folder / self._paths[number]).read_text())
            self._parsed[number] = (raw["name"], fastavro.parse_schema(raw))
        return self._parsed[number]


def read_all(bootstrap: str, schemas: SchemaFiles, topics: list[str]) -> Iterator[Entry]:
    """Read each topic from its beginning to the end that it has now; yield partition by partition, in log order."""
    for raw in read_raw(bootstrap, topics):
        name, fields = schemas.decode(raw.value)
        yield Entry(raw.topic, raw.partition, raw.offset, name, fields)


def read_raw(bootstrap: str, topics: list[str]) -> list[Raw]:
    """Return the records of the topics as bytes, partition by partition, in log order."""
    asked = {"bootstrap.servers": bootstrap, "group.id": "camledger-check", "enable.auto.commit": False}
    consumer = Consumer({**asked, "enable.partition.eof": True})
    try:
        spans = [span for topic in topics for span in _partitions(consumer, f"{PREFIX}{topic}{SUFFIX}")]
        # All at once: each change of the assignment would cost a fetch that waits for its time to pass.
        consumer.assign(spans)
        return sorted(_read_to_ends(consumer, len(spans)))
    finally:
        consumer.close()


def _partitions(consumer: Consumer, full: str) -> list[TopicPartition]:
    known = consumer.list_topics(full, timeout=TIMEOUT_SECONDS).topics[full]
    if known.error is not None:
        raise KafkaException(known.error)
    return [TopicPartition(full, partition, OFFSET_BEGINNING) for partition in known.partitions]


def _read_to_ends(consumer: Consumer, partitions: int) -> Iterator[Raw]:
    ended = set[tuple[str | None, int | None]]()
    while len(ended) < partitions:
        message = consumer.poll(TIMEOUT_SECONDS)
        if message is None:
            raise TimeoutError(f"nothing from the broker for {TIMEOUT_SECONDS:.0f} s before the end of the log")
        full, partition, offset, error = message.topic(), message.partition(), message.offset(), message.error()
        if error is None:
            assert full is not None
            assert partition is not None
            assert offset is not None
            topic = full.removeprefix(PREFIX).removesuffix(SUFFIX)
            yield Raw(topic, partition, offset, message.value() or b"")
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the client's public name for it
            ended.add((full, partition))
        elif not error.retriable():
            raise KafkaException(error)
