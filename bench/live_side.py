"""One contender of the live benchmark in a process of its own; prints one JSON line when it has seen every record.

It tells when each record was committed; who produced it knows when it was handed to the producer, by the same clock.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

import asyncpg
import psutil
from confluent_kafka import TopicPartition

from services.runtime.codec import Codec
from services.runtime.memory import settle
from services.runtime.registry import open_registry
from services.runtime.settings import Settings

READY = "ready"

INSERT = """
INSERT INTO live_row (camera_id, started_at, generation, ended_at, retention_class, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
INSERT_MANY = """
INSERT INTO live_row (camera_id, started_at, generation, ended_at, retention_class, recorded_at)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::int2[], $4::timestamptz[], $5::text[], $6::timestamptz[])
    ON CONFLICT DO NOTHING
"""


class Seen:
    """When records were committed, by their numbers; the first ones only warm up."""

    def __init__(self, warm_up: int, expected: int) -> None:
        self.warm_up, self.expected, self.at, self.batches, self.cpu_s = warm_up, expected, dict[int, float](), 0, 0.0

    def committed(self, events: Iterable[Any]) -> None:
        now = time.time()
        self.batches += 1
        self.at |= dict.fromkeys(map(number_of, events), now)
        if self.warm_up and len(self.at) >= self.warm_up:
            self.warm_up, self.batches, self.cpu_s = 0, 0, cpu_s()
            self.at.clear()
            print(READY, flush=True)

    @property
    def done(self) -> bool:
        return not self.warm_up and len(self.at) >= self.expected

    def tell(self) -> None:
        rss_mb = round(psutil.Process().memory_info().rss / 2**20, 1)
        spent = round(cpu_s() - self.cpu_s, 2)
        told = {"committed": self.at, "batches": self.batches, "rss_mb": rss_mb, "cpu_s": spent}
        print(json.dumps(told), flush=True)


def cpu_s() -> float:
    return sum(os.times()[:2])


def number_of(event: Any) -> int:  # noqa: ANN401 - SegmentRecorded
    return int.from_bytes(event.sha256)


def columns(event: Any, at: datetime) -> tuple[Any, ...]:  # noqa: ANN401 - SegmentRecorded
    return event.camera_id, event.started_at, event.generation, event.ended_at, event.retention_class, at


def worker(settings: Settings, seen: Seen) -> None:
    """Retention's own worker, as production runs it."""
    from services.retention.worker import CONSUMER, TOPICS, LogHandler
    from services.runtime.worker import Received, Worker

    stop = threading.Event()

    async def after(batch: Sequence[Received]) -> None:
        seen.committed(r.recorded.event for r in batch)
        if seen.done:
            stop.set()

    codec = Codec(open_registry(settings))
    settle()
    Worker(CONSUMER, TOPICS, LogHandler(), settings, "retention", codec, after_commit=after).run(stop, lambda: None)
    seen.tell()


def read_alone(settings: Settings, seen: Seen) -> None:
    """Read, decode, forget: what broker and network take before any database is asked."""
    from services.runtime.consumer import consumer, is_record

    codec, source = Codec(open_registry(settings)), consumer(settings, "read-alone")
    topic = settings.topic("segment.events")
    source.assign([TopicPartition(topic, each, 0) for each in source.list_topics(topic).topics[topic].partitions])
    while not seen.done:
        if found := [message for message in source.consume(1_000, 0.002) if is_record(message)]:
            seen.committed([codec.decode(message.value() or b"").event for message in found])
    source.close()
    seen.tell()


def one_by_one(settings: Settings, seen: Seen, dsn: str) -> None:
    """Poll a record, insert it, commit: what a first version does."""
    from confluent_kafka import Consumer

    from services.runtime.consumer import consumer_settings, is_record

    codec = Codec(open_registry(settings))
    consumer = Consumer(consumer_settings(settings, "one-by-one") | {"auto.offset.reset": "earliest"})
    consumer.subscribe([settings.topic("segment.events")])
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(dsn))
        while not seen.done:
            message = consumer.poll(0.1)
            if message is None or not is_record(message):
                continue
            fact = codec.decode(message.value() or b"")
            runner.run(connection.execute(INSERT, *columns(fact.event, fact.envelope.recorded_at)))
            seen.committed([fact.event])
            consumer.commit(message=message, asynchronous=True)
        runner.run(connection.close())
    consumer.close()
    seen.tell()


def faust_take(settings: Settings, seen: Seen, dsn: str) -> None:
    """Faust as its documentation batches: ``take(1000, within=0.1)``, one insert a batch."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    import faust

    codec = Codec(open_registry(settings))
    app = faust.App("bench-live", broker=f"kafka://{settings.kafka}", web_enabled=False, topic_disable_leader=True)
    topic = app.topic(settings.topic("segment.events"), value_serializer="raw", key_serializer="raw")
    pool: list[Any] = []

    @app.agent(topic)
    async def take(stream: Any) -> None:  # noqa: ANN401 - Faust's stream
        async for values in stream.take(1_000, within=0.1):
            if not pool:
                pool.append(await asyncpg.connect(dsn))
            facts = [codec.decode(value) for value in values]
            rows = [columns(fact.event, fact.envelope.recorded_at) for fact in facts]
            await pool[0].execute(INSERT_MANY, *(list(each) for each in zip(*rows, strict=True)))
            seen.committed(fact.event for fact in facts)
            if seen.done:
                seen.tell()
                psutil.Process().terminate()

    sys.argv = ["faust"]
    faust.Worker(
        app, loglevel=logging.ERROR, override_logging=False, redirect_stdouts=False, quiet=True, stdout=StringIO()
    ).execute_from_commandline()


if __name__ == "__main__":
    name, address, seen = sys.argv[1], sys.argv[4], Seen(int(sys.argv[2]), int(sys.argv[3]))
    if name in {"ours", "read-alone"}:
        {"ours": worker, "read-alone": read_alone}[name](Settings(service="retention"), seen)
    else:
        {"faust": faust_take, "one-by-one": one_by_one}[name](Settings(service="retention"), seen, address)
