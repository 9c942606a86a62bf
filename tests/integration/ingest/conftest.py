"""Ingest as a process on the session's real broker and database: one that tests share, or one of their own to kill."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from services.runtime.settings import Settings
from tests.conftest import Addresses, Broker, _drop_all, _remove_topics
from tests.fakes.footage import BODYWORN, clip
from tests.fakes.ingest_world import IngestWorld
from tests.fakes.ledger_world import free_port


def settings_in(stack: Addresses, prefix: str, home: Path) -> Settings:
    return Settings(
        service="ingest",
        kafka=stack.bootstrap_servers,
        topic_prefix=f"{prefix}.",
        database=stack.dsn,
        database_prefix=f"{prefix}_",
        people=home / "people.yaml",
        home=home,
        http_port=free_port(),
    )


def made(stack: Addresses, home: Path) -> Generator[IngestWorld]:
    prefix = f"t{uuid4().hex[:12]}"
    world = IngestWorld(settings_in(stack, prefix, home), home)
    try:
        yield world
    finally:
        world.close()
        asyncio.run(_drop_all(stack.dsn, prefix))
        _remove_topics(Broker(bootstrap_servers=stack.bootstrap_servers, prefix=f"{prefix}."))


@pytest.fixture
def stopped(stack: Addresses, tmp_path: Path) -> Iterator[IngestWorld]:
    """A world of the test's own, whose process it starts itself."""
    yield from made(stack, tmp_path)


@pytest.fixture(scope="module")
def world(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IngestWorld]:
    """A running world that the tests of a module share: each uses a camera of its own."""
    running = made(stack, tmp_path_factory.mktemp("ingest"))
    with closing(running):
        world = next(running)
        world.start()
        yield world


@pytest.fixture
def camera() -> str:
    """An id that no other test has."""
    return f"cam-{uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def plaza(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of silent footage without a clock of its own."""
    return clip(tmp_path_factory.mktemp("footage") / "plaza.mp4", seconds=2.0, kinds=("video",))


@pytest.fixture(scope="session")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of footage with sound."""
    return clip(tmp_path_factory.mktemp("footage") / "loud.mp4", source=BODYWORN, seconds=2.0)
