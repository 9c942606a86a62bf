"""Reads the topics as a stranger would: with the published schema files and a Kafka client, nothing of our own code.

The demo's verdict rests on this reader; it must never import the kernel, the runtime or a service.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import Consumer, KafkaException, TopicPartition

MAGIC = 0
HEADER_BYTES = 5
TIMEOUT_SECONDS = 15.0
PREFIX, SUFFIX = "camledger.", ".v1"

Fields = dict[str, Any]
"""One decoded record, envelope and payload side by side as the schema lays them out."""


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
    """Read each topic from its beginning to the end that it has now, partition by partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "camledger-check", "enable.auto.commit": False})
    try:
        for topic in topics:
            yield from _read_topic(consumer, schemas, topic)
    finally:
        consumer.close()


def _read_topic(consumer: Consumer, schemas: SchemaFiles, topic: str) -> Iterator[Entry]:
    full = f"{PREFIX}{topic}{SUFFIX}"
    partitions = consumer.list_topics(full, timeout=TIMEOUT_SECONDS).topics[full].partitions
    for partition in sorted(partitions):
        low, high = consumer.get_watermark_offsets(TopicPartition(full, partition), timeout=TIMEOUT_SECONDS)
        if low < high:
            consumer.assign([TopicPartition(full, partition, low)])
            yield from _read_partition(consumer, schemas, topic, high)


def _read_partition(consumer: Consumer, schemas: SchemaFiles, topic: str, high: int) -> Iterator[Entry]:
    while True:
        message = consumer.poll(TIMEOUT_SECONDS)
        if message is None:
            raise TimeoutError(f"{topic}: no record within {TIMEOUT_SECONDS:.0f} s before offset {high}")
        if error := message.error():
            raise KafkaException(error)
        partition, offset, value = message.partition(), message.offset(), message.value()
        assert partition is not None
        assert offset is not None
        name, fields = schemas.decode(value or b"")
        yield Entry(topic, partition, offset, name, fields)
        if offset + 1 >= high:
            return
