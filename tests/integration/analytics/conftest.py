"""Analytics on a real broker and a real database: facts as other services publish them, parts as in production."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from confluent_kafka import Producer
from sqlalchemy import text

from services.analytics.bootstrap import SERVICE, parts
from services.kernel.envelope import Recorded
from services.kernel.topics import TOPICS
from services.runtime import database as db
from services.runtime import migrate
from services.runtime.codec import Codec
from services.runtime.process import Part
from services.runtime.registry import open_registry
from services.runtime.settings import Settings
from services.runtime.topics_admin import ensure_topics

TOKENS = {"auditor-fong": ["auditor"], "officer-lin": ["applicant"]}
WITHIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One installation of analytics for one test."""

    settings: Settings
    codec: Codec

    def tell(self, facts: Sequence[Recorded], key: str = "cam-1") -> None:
        """Publish facts on the topic of their event, as its writer does."""
        # Compressed as the relays do: every reader must know how to open it.
        producer = Producer({"bootstrap.servers": self.settings.kafka, "compression.type": "zstd"})
        for fact in facts:
            topic = next(t for t in TOPICS if type(fact.event) in t.events and t.writer != SERVICE)
            producer.produce(self.settings.topic(topic.name), key=key, value=self.codec.encode(fact, topic.writer))
        assert producer.flush(20) == 0

    def tell_spread(self, facts: Sequence[Recorded]) -> None:
        """Publish facts with their camera as key, so that they spread over the partitions."""
        by_camera: dict[str, list[Recorded]] = {}
        for fact in facts:
            event: Any = fact.event
            by_camera.setdefault(event.camera_id, []).append(fact)
        for camera, own in by_camera.items():
            self.tell(own, key=camera)

    def tell_bytes(self, topic: str, value: bytes | None, key: str = "cam-1") -> None:
        """Publish bytes that are nobody's event."""
        producer = Producer({"bootstrap.servers": self.settings.kafka})
        producer.produce(self.settings.topic(topic), key=key, value=value)
        assert producer.flush(20) == 0

    def ask(self, sql: str, **bound: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query on analytics' own database."""
        return asyncio.run(self._ask(sql, bound))

    def do(self, sql: str) -> None:
        """Run a statement on analytics' own database."""
        self.ask(f"{sql} RETURNING 1")

    async def _ask(self, sql: str, bound: dict[str, object]) -> list[tuple[Any, ...]]:
        engine = db.engine(self.settings, SERVICE)
        try:
            async with engine.begin() as tx:
                return [tuple(row) for row in await tx.execute(text(sql), bound)]
        finally:
            await engine.dispose()

    def await_rows(self, sql: str, wanted: int) -> None:
        """Wait until a query has that many rows."""
        until(lambda: len(self.ask(sql)) >= wanted, f"{wanted} rows of {sql}")

    @contextmanager
    def running(self, *names: str) -> Iterator[None]:
        """Run parts of the process in threads, all of them unless named, and drain them at the end."""
        wanted = [part for part in parts(self.settings) if not names or part.role in names]
        stop, failures = Event(), list[BaseException]()
        threads = [Thread(target=_run, args=(part, stop, failures), name=part.name) for part in wanted]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(30)
        assert not failures, failures


def _run(part: Part, stop: Event, failures: list[BaseException]) -> None:
    try:
        part.run(stop, lambda: None)
    except BaseException as error:  # noqa: BLE001 - told to the test
        failures.append(error)


def until(condition: Callable[[], bool], what: str) -> None:
    """Poll until ``condition`` holds; fail with ``what`` when it takes far too long."""
    end = monotonic() + WITHIN_S
    while not condition():
        assert monotonic() < end, f"still waiting for {what}"
        sleep(0.1)


@pytest.fixture
def bench(stack: Any, kafka: Any, database: str, tmp_path: Path) -> Bench:  # noqa: ANN401 - fixtures of the root
    """Topics, an empty migrated database, two people: an auditor and an officer who may not read registers."""
    people = [
        {
            "person_id": f"p-{number:04}",
            "account": account,
            "name": account,
            "roles": roles,
            "agency": "daan-hro",
            "token_sha256": hashlib.sha256(account.encode()).hexdigest(),
        }
        for number, (account, roles) in enumerate(TOKENS.items(), start=1)
    ]
    (tmp_path / "people.yaml").write_text(yaml.safe_dump({"people": people}))
    settings = Settings(
        service=SERVICE,
        kafka=kafka.bootstrap_servers,
        topic_prefix=kafka.prefix,
        database=stack.dsn,
        database_prefix=f"{urlsplit(database).path.strip('/')}_",
        people=tmp_path / "people.yaml",
        audit_origin="example.gov/audit",
    )
    ensure_topics(settings)
    migrate.migrate(settings, SERVICE)
    return Bench(settings=settings, codec=Codec(open_registry(settings)))
