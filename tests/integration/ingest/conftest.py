"""Ingest as a process on the session's real broker and database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.runtime.settings import Settings
from tests.conftest import Broker
from tests.fakes.footage import clip
from tests.fakes.ingest_world import IngestWorld, free_port


@pytest.fixture
def settings(kafka: Broker, database: str, tmp_path: Path) -> Settings:
    name = urlsplit(database).path.lstrip("/")
    return Settings(
        service="ingest",
        kafka=kafka.bootstrap_servers,
        topic_prefix=kafka.prefix,
        database=database,
        database_prefix=f"{name}_",
        people=tmp_path / "people.yaml",
        home=tmp_path,
        http_port=free_port(),
    )


@pytest.fixture
def stopped(settings: Settings, tmp_path: Path) -> Iterator[IngestWorld]:
    """A world whose process the test starts itself."""
    made = IngestWorld(settings, tmp_path)
    yield made
    made.close()


@pytest.fixture
def world(stopped: IngestWorld) -> IngestWorld:
    """A world whose process runs."""
    stopped.start()
    return stopped


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """Two seconds of silent footage, without a clock of its own."""
    (tmp_path / "inbox").mkdir(exist_ok=True)
    return clip(tmp_path / "inbox" / "plaza.mp4", seconds=2.0, kinds=("video",))
