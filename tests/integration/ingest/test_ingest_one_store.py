"""One empty folder or prefix given to two installations: one makes it its store, the other is refused for good."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete

from services.ingest.custody.opening import open_ours
from services.ingest.settings import IngestSettings
from services.ingest.storage.adapter import StoreUnreachable
from services.ingest.tables import store_identity
from services.runtime import database, migrate
from services.runtime.settings import Settings
from tests.conftest import Addresses
from tests.fakes.ingest_world import IngestWorld
from tests.fakes.object_store import object_store
from tests.integration.ingest.conftest import made

BUCKET = "one-for-two"


@pytest.fixture
def two(stack: Addresses, tmp_path: Path) -> Iterator[tuple[Settings, Settings]]:
    """Two installations whose databases know of nothing."""
    with ExitStack() as ending:
        worlds = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            worlds.append(next(ending.enter_context(closing(made(stack, tmp_path / name)))))
            migrate.migrate(worlds[-1].settings, "ingest")
        yield worlds[0].settings, worlds[1].settings


@contextmanager
def empty(kind: str, folder: Path) -> Iterator[str]:
    if kind == "folder":
        yield str(folder / "footage")
        return
    with object_store(folder, "versitygw") as server:
        server.make(BUCKET)
        yield server.url(BUCKET)


async def opened(settings: Settings, storage: str) -> str | StoreUnreachable:
    """Start on this store: its id, or why it is refused."""
    engine = database.engine(settings, "ingest", pool=1)
    try:
        return (await open_ours(engine, IngestSettings(storage=storage), settings.home / "ingest")).ids["store"]
    except StoreUnreachable as refused:
        return refused
    finally:
        await engine.dispose()


async def both(two: tuple[Settings, Settings], storage: str) -> list[str | StoreUnreachable]:
    return await asyncio.gather(*(opened(each, storage) for each in two))


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_of_two_installations_on_one_empty_store_one_takes_it_and_the_other_never_does(
    kind: str, two: tuple[Settings, Settings], tmp_path: Path
) -> None:
    with empty(kind, tmp_path) as storage:
        first = asyncio.run(both(two, storage))
        (id_,) = [each for each in first if isinstance(each, str)]
        (refused,) = [each for each in first if isinstance(each, StoreUnreachable)]
        assert f"has id {id_}, but store 'store' of this installation has id " in str(refused)
        assert "docs/backup.md" in str(refused)
        # A process that is refused is started again: nothing was learnt from the marker meanwhile.
        assert [str(each) for each in asyncio.run(both(two, storage))] == [str(each) for each in first]


def test_two_processes_of_one_installation_agree(two: tuple[Settings, Settings], tmp_path: Path) -> None:
    one = asyncio.run(both((two[0], two[0]), str(tmp_path / "footage")))
    assert isinstance(one[0], str)
    assert one[0] == one[1]


def test_a_store_that_could_not_be_made_is_made_with_the_same_id_later(
    two: tuple[Settings, Settings], tmp_path: Path
) -> None:
    at = tmp_path / "footage"
    at.mkdir()
    (at / "letter.txt").write_text("dear")
    for _ in range(2):
        assert "isn't empty" in str(asyncio.run(opened(two[0], str(at))))
    (at / "letter.txt").unlink()
    id_ = asyncio.run(opened(two[0], str(at)))
    assert isinstance(id_, str)
    assert asyncio.run(opened(two[0], str(at))) == id_


def test_a_database_that_forgot_the_id_of_a_store_with_its_footage_chooses_no_other(
    stopped: IngestWorld, plaza: Path
) -> None:
    stopped.start()
    stopped.camera("cam-1")
    stopped.old_footage("cam-1", plaza, days_ago=1)
    stopped.kill()
    store = str(stopped.home / "ingest" / "store")
    before = asyncio.run(opened(stopped.settings, store))
    asyncio.run(forget(stopped.settings))
    assert asyncio.run(opened(stopped.settings, store)) == before
    assert isinstance(before, str)


async def forget(settings: Settings) -> None:
    engine = database.engine(settings, "ingest", pool=1)
    async with engine.begin() as tx:
        await tx.execute(delete(store_identity))
    await engine.dispose()
