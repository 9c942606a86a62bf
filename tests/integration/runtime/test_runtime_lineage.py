"""A standby that lagged is promoted under a running process: fault 13, on two real servers."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.runtime import database as access_to
from services.runtime.embedded.postgres import PostgresServer, socket_folder
from services.runtime.lineage import DatabaseReplaced, OnStandby, lineage
from services.runtime.process import EXIT_FAILED, Running
from services.runtime.settings import Settings
from tests.conftest import in_database
from tests.fakes.backups import copied

# A minimal log can't be followed by a standby.
REPLICA = {"wal_level": "replica"}


class Pair:
    """A primary, and a standby that has only what was there when ``lag`` was called; one address for both."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._address = folder, folder / "address"
        self.primary, self.standby = self._server("primary"), self._server("standby")
        self.primary.start()
        self.primary.wait_ready()
        self._lead_to("primary")

    @property
    def settings(self) -> Settings:
        address = f"postgresql://postgres@/?host={self._address}&port=5432"
        return Settings(service="s", kafka="unused", database=address, database_prefix="")

    def lag(self) -> None:
        """Copy the primary as it is now; whatever it writes from here on the standby never gets."""
        self.primary.stop()
        origin, copy = self._folder / "primary", self._folder / "standby"
        shutil.copytree(origin, copy)
        for each in (origin, *origin.rglob("*")):
            shutil.chown(copy / each.relative_to(origin), each.stat().st_uid, each.stat().st_gid)
        (copy / "cluster" / "standby.signal").touch()
        self.primary.start()
        self.primary.wait_ready()

    async def fail_over(self) -> None:
        """Kill the primary without a word; the address leads to the standby, which is in recovery still."""
        self.primary.kill()
        self.standby.start()
        self._lead_to("standby")
        await self.ask("select 1")

    async def ask(self, statement: str) -> object:
        """Ask the server behind the address, whoever it is, as soon as it answers; not through an engine."""
        async with asyncio.timeout(60):
            while True:
                try:
                    connection = await asyncpg.connect(self.settings.database + "&database=postgres")
                except (OSError, asyncpg.PostgresError):
                    await asyncio.sleep(0.05)
                    continue
                try:
                    return await connection.fetchval(statement)
                finally:
                    await connection.close()

    def stop(self) -> None:
        self.primary.stop()
        self.standby.stop()

    def _server(self, name: str) -> PostgresServer:
        (self._folder / f"run-{name}").mkdir()
        return PostgresServer(self._folder / name, self._folder / f"run-{name}", settings=REPLICA)

    def _lead_to(self, name: str) -> None:
        self._address.unlink(missing_ok=True)
        self._address.symlink_to(socket_folder(self._folder / f"run-{name}"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    pair = Pair(tmp_path_factory.mktemp("pair"))
    yield pair
    pair.stop()


async def seen(engine: AsyncEngine) -> int:
    async with engine.connect() as tx:
        return int((await tx.execute(text("select count(*) from held"))).scalar_one())


async def story(pair: Pair, told: Callable[[str, Any], None]) -> None:
    engine = access_to.engine(pair.settings, "postgres", pool=1)
    await pair.ask("create table held as select 1 as hold")
    pair.lag()
    await pair.ask("insert into held values (2)")
    told("before", await seen(engine))
    pair.primary.kill()
    pair.primary.start()
    pair.primary.wait_ready()
    await engine.dispose()
    told("after a crash of the same server", await seen(engine))
    await pair.fail_over()
    await engine.dispose()
    with pytest.raises(OnStandby) as waits:
        await seen(engine)
    await pair.ask("select pg_promote()")
    with pytest.raises(DatabaseReplaced) as ends:
        await seen(engine)
    told("in recovery", waits.value)
    told("promoted", ends.value)


def test_a_process_decides_nothing_on_a_promoted_standby_that_may_have_forgotten_a_hold(pair: Pair) -> None:
    found = dict[str, Any]()
    asyncio.run(story(pair, found.__setitem__))
    assert found["before"] == found["after a crash of the same server"] == 2
    assert access_to.is_transient(found["in recovery"])
    assert not access_to.is_transient(found["promoted"])
    lineage.replaced.clear()
    # It is the next process that finds the hold missing, and reads its log before it decides.
    assert asyncio.run(pair.ask("select count(*) from held")) == 1


def test_a_database_that_came_back_from_a_backup_under_a_running_process_is_another_one(database: str) -> None:
    name = urlsplit(database).path.lstrip("/")
    settings = Settings(service="s", kafka="unused", database=database, database_prefix="")

    async def story() -> None:
        engine = access_to.engine(settings, name, pool=1)
        async with engine.connect() as tx:
            await tx.execute(text("select 1"))
        await engine.dispose()
        await copied(in_database(database, "postgres"), name, f"{name}_backup")
        await copied(in_database(database, "postgres"), f"{name}_backup", name)
        try:
            with pytest.raises(DatabaseReplaced):
                await engine.connect()
        finally:
            lineage.replaced.clear()
            await engine.dispose()

    asyncio.run(story())


def test_the_whole_process_ends_whichever_part_met_the_other_server() -> None:
    class Idle:
        name, role, beat_within_s = "idle", "worker", 60.0

        def run(self, stop: Event, _beat: Callable[[], None]) -> None:
            stop.wait()

    lineage.replaced.set()
    try:
        assert Running([Idle()], Event()).until_stopped() == EXIT_FAILED
    finally:
        lineage.replaced.clear()
