"""Retention's own process on the session's broker and database, with its neighbours played by the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.kernel.topics import BY_NAME
from services.runtime.migrate import migrate
from services.runtime.settings import Settings
from services.runtime.topics_admin import ensure_topics
from tests.conftest import Broker
from tests.fakes.neighbours import Neighbours, Service

TOPICS = (
    "segment.events",
    "hold.events",
    "custody.events",
    "camera.events",
    "shift.events",
    "retention.events",
    "deletion.commands",
    "dead-letter.retention",
)


@pytest.fixture
def settings(kafka: Broker, database: str, tmp_path: Path) -> Settings:
    name = urlsplit(database).path.lstrip("/")
    return Settings(
        service="retention",
        kafka=kafka.bootstrap_servers,
        topic_prefix=kafka.prefix,
        database=database,
        database_prefix=f"{name}_",
        people=tmp_path / "people.yaml",
        home=tmp_path,
    )


@pytest.fixture
def wired(database: str) -> Settings:
    """Settings of a retention that has a database and its tables, and no broker."""
    name = urlsplit(database).path.lstrip("/")
    found = Settings(service="retention", database=database, database_prefix=f"{name}_")
    migrate(found, "retention")
    return found


@pytest.fixture
def world(settings: Settings) -> Neighbours:
    ensure_topics(settings, [BY_NAME[name] for name in TOPICS])
    migrate(settings, "retention")
    return Neighbours(settings)


@pytest.fixture
def service(world: Neighbours) -> Iterator[Service]:
    running = Service(world.settings)
    yield running
    running.close()
