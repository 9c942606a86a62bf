"""One contender of the live benchmark in a process of its own; prints one JSON line when it has seen every record.

Latency runs from the producer's clock in the record to the moment after the commit, on one machine.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
import time
import warnings
from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from typing import Any

import asyncpg
import psutil

from services.runtime.codec import Codec
from services.runtime.registry import open_registry
from services.runtime.settings import Settings

READY = "ready"
WARM_UP = 100

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
    """Latencies of committed records; ends the process when the last one is in."""

    def __init__(self, expected: int) -> None:
        self.expected, self.latencies, self.batches, self.ready = expected, list[float](), 0, False

    def committed(self, produced: Sequence[datetime]) -> None:
        now = time.time()
        self.batches += 1
        self.latencies += [now - at.timestamp() for at in produced]
        if not self.ready and len(self.latencies) >= WARM_UP:
            self.ready, self.batches = True, 0
            self.latencies.clear()
            print(READY, flush=True)

    @property
    def done(self) -> bool:
        return len(self.latencies) >= self.expected

    def tell(self) -> None:
        me = psutil.Process()
        cpu = me.cpu_times()
        print(
            json.dumps(
                {
                    "latencies_ms": [round(each * 1000, 2) for each in self.latencies],
                    "batches": self.batches,
                    "rss_mb": round(me.memory_info().rss / 2**20, 1),
                    "cpu_s": round(cpu.user + cpu.system, 2),
                }
            ),
            flush=True,
        )


def columns(event: Any, at: datetime) -> tuple[Any, ...]:  # noqa: ANN401 - SegmentRecorded
    return event.camera_id, event.started_at, event.generation, event.ended_at, event.retention_class, at


def worker(settings: Settings, expected: int) -> None:
    """Retention's own worker, as production runs it."""
    from services.retention.worker import CONSUMER, TOPICS, LogHandler
    from services.runtime.worker import Received, Worker

    seen, stop = Seen(expected), threading.Event()

    async def after(batch: Sequence[Received]) -> None:
        seen.committed([r.recorded.envelope.recorded_at for r in batch])
        if seen.done:
            stop.set()

    codec = Codec(open_registry(settings))
    Worker(CONSUMER, TOPICS, LogHandler(), settings, "retention", codec, after_commit=after).run(stop, lambda: None)
    seen.tell()


def one_by_one(settings: Settings, expected: int, dsn: str) -> None:
    """Poll a record, insert it, commit: what a first version does."""
    from confluent_kafka import Consumer

    from services.runtime.consumer import consumer_settings, is_record

    seen, codec = Seen(expected), Codec(open_registry(settings))
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
            seen.committed([fact.envelope.recorded_at])
            consumer.commit(message=message, asynchronous=True)
        runner.run(connection.close())
    consumer.close()
    seen.tell()


def faust_take(settings: Settings, expected: int, dsn: str) -> None:
    """Faust as its documentation batches: ``take(1000, within=0.1)``, one insert a batch."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    import faust

    seen, codec = Seen(expected), Codec(open_registry(settings))
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
            seen.committed([fact.envelope.recorded_at for fact in facts])
            if seen.done:
                seen.tell()
                psutil.Process().terminate()

    sys.argv = ["faust"]
    faust.Worker(
        app, loglevel=logging.ERROR, override_logging=False, redirect_stdouts=False, quiet=True, stdout=StringIO()
    ).execute_from_commandline()


if __name__ == "__main__":
    name, number, address = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if name == "ours":
        worker(Settings(service="retention"), number)
    else:
        {"faust": faust_take, "one-by-one": one_by_one}[name](Settings(service="retention"), number, address)
