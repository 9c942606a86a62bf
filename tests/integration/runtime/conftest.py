"""A ledger service on the session's real broker and database, with topics, tables and processes of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.kernel.topics import BY_NAME
from services.runtime.settings import Settings
from services.runtime.topics_admin import ensure_topics
from tests.conftest import Broker
from tests.fakes import ledger
from tests.fakes.ledger_world import World


@pytest.fixture
def settings(kafka: Broker, database: str, tmp_path: Path) -> Settings:
    name = urlsplit(database).path.lstrip("/")
    return Settings(
        service=ledger.SERVICE,
        kafka=kafka.bootstrap_servers,
        topic_prefix=kafka.prefix,
        database=database,
        database_prefix=f"{name}_",
        people=tmp_path / "people.yaml",
        home=tmp_path,
    )


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    names = (*ledger.INPUTS, "retention.events", "dead-letter.retention")
    ensure_topics(settings, [BY_NAME[name] for name in names])
    asyncio.run(ledger.create(settings))
    world = World(settings)
    yield world
    world.close()
