"""What a test of the runtime does to the ledger service: feed it, run it, hurt it, and look at what it wrote."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, Self

from confluent_kafka.admin import AdminClient
from sqlalchemy import text

from services.kernel.envelope import Recorded
from services.kernel.topics import BY_NAME, topic_of
from services.runtime import database, kafka_read, telemetry
from services.runtime.codec import Codec
from services.runtime.consumer import producer
from services.runtime.process import Part
from services.runtime.received import Received
from services.runtime.registry import open_registry
from services.runtime.settings import Settings
from services.runtime.topics_admin import ensure_topics
from tests.fakes import ledger

REPOSITORY = Path(__file__).parents[2]


def until(told: Callable[[], object], within_s: float = 90.0, every_s: float = 0.05) -> None:
    """Wait until ``told`` is true; fail when it isn't in time."""
    end = monotonic() + within_s
    while not told():
        assert monotonic() < end, f"not within {within_s:.0f} s"
        sleep(every_s)


def free_port() -> int:
    """Return a port of the loopback that nobody listens on at the moment."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class World:
    """Topics, tables and processes of one test."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.codec = Codec(open_registry(settings))
        self.processes: list[subprocess.Popen[bytes]] = []
        self._producer = producer(settings)

    def feed(self, facts: Sequence[Recorded], key: str | None = None) -> None:
        """Put facts on their topics, keyed by camera, and wait for the broker."""
        for fact in facts:
            event: Any = fact.event
            topic = topic_of(type(event), "ingest").name
            value = self.codec.encode(fact, "ingest")
            trace = telemetry.traceparent_of(fact.envelope.stream_id, fact.envelope.stream_version)
            self._producer.produce(
                self.settings.topic(topic), key=key or event.camera_id, value=value, headers={"traceparent": trace}
            )
        assert self._producer.flush(30) == 0

    def feed_bytes(self, value: bytes | None, key: str, topic: str = "segment.events") -> None:
        """Put bytes on a topic as they are."""
        self._producer.produce(self.settings.topic(topic), key=key, value=value)
        assert self._producer.flush(30) == 0

    def make_anew(self, topic: str) -> None:
        """Delete a topic with its records and create it under the same name."""
        admin, name = AdminClient(dict(self.settings.client())), self.settings.topic(topic)
        for deleted in admin.delete_topics([name], operation_timeout=30).values():
            deleted.result(30)
        until(lambda: name not in admin.list_topics(timeout=10).topics)
        ensure_topics(self.settings, [BY_NAME[topic]])
        # The old one numbers its records by what the topic had.
        self._producer = producer(self.settings)

    def start(self, role: str = "all", *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start the ledger as a process."""
        return self.start_module("tests.fakes.ledger", role, *arguments, **environment)

    def start_module(self, module: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a program of the tests with the settings of this world."""
        command = [sys.executable, "-m", module, *arguments]
        process = subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | self.environment() | environment)
        self.processes.append(process)
        return process

    def environment(self) -> dict[str, str]:
        """Return the settings as a process reads them."""
        fields = ("kafka", "topic_prefix", "database", "database_prefix", "http_port", "people", "home")
        return {f"CAMLEDGER_{name.upper()}": str(getattr(self.settings, name)) for name in fields}

    def rows(self, query: str, **values: object) -> list[Any]:
        """Return what a query finds in the ledger's database."""
        return asyncio.run(self._rows(query, values))

    def said(self) -> list[tuple[str, int]]:
        """Return camera and version of every row, in the order in which they were written."""
        return [(row.camera_id, row.version) for row in self.rows("SELECT * FROM ledger ORDER BY id")]

    def answers(self) -> list[tuple[str, int]]:
        """Return camera and version of every answer on the broker, in the order of each partition."""
        found = kafka_read.read_to_end(self.settings, "retention.events", self.codec)
        envelopes = [record.recorded.envelope for record in found if isinstance(record, Received)]
        return [(envelope.stream_id.removeprefix("answers/"), envelope.stream_version) for envelope in envelopes]

    def close(self) -> None:
        """End what still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()

    async def _rows(self, query: str, values: dict[str, object]) -> list[Any]:
        engine = database.engine(self.settings, ledger.SERVICE, pool=1)
        try:
            async with engine.begin() as tx:
                found = await tx.execute(text(query), values)
                return list(found.all()) if found.returns_rows else []
        finally:
            await engine.dispose()


class Running:
    """A part in a thread of the test's own process; leaving the block stops it."""

    def __init__(self, part: Part) -> None:
        self.error: BaseException | None = None
        self._part = part
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive(), f"{self._part.name} does not stop"

    def ended(self) -> bool:
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._part.run(self._stop, lambda: None)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error
