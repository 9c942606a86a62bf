"""Connections that nobody uses go, and the next work opens another: a backend takes 2 to 5 MB."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.util import await_only

from services.runtime import database as databases
from services.runtime.settings import Settings
from services.runtime.transactions import Transactions

SEARCHED = text("""
    SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND datname = current_database()""")
WATCHED, WATCHER = "idle-watched", "idle-watcher"

Work = Callable[[AsyncEngine, AsyncEngine], Awaitable[None]]


@pytest.fixture
def run(database: str) -> Callable[[Work], None]:
    """Runs work with an engine that is watched and one that watches."""

    async def inside(work: Work) -> None:
        name = urlsplit(database).path.lstrip("/")
        settings = Settings(service="", database=database, database_prefix=name)
        watched, watcher = (databases.engine(settings, "", application=each) for each in (WATCHED, WATCHER))
        try:
            await work(watched, watcher)
        finally:
            await watched.dispose()
            await watcher.dispose()

    return lambda work: asyncio.run(inside(work))


async def backends(tx: AsyncConnection) -> int:
    return int((await tx.execute(SEARCHED, {"name": WATCHED})).scalar_one())


async def until_gone(watcher: AsyncEngine) -> None:
    async with asyncio.timeout(30):
        while True:
            async with watcher.connect() as tx:
                if not await backends(tx):
                    return
            await asyncio.sleep(0.02)


def test_a_pool_that_nobody_asks_closes_its_connections_and_opens_others_when_asked(
    run: Callable[[Work], None],
) -> None:
    async def work(watched: AsyncEngine, watcher: AsyncEngine) -> None:
        resting = asyncio.create_task(databases.rest(watched, after_s=0.05))
        for _ in range(2):
            async with watched.connect() as tx:
                assert await backends(tx) == 1
            await until_gone(watcher)
        resting.cancel()

    run(work)


def test_what_is_opened_while_others_are_closed_goes_too(run: Callable[[Work], None]) -> None:
    async def work(watched: AsyncEngine, watcher: AsyncEngine) -> None:
        closing, opened, replaced = asyncio.Event(), asyncio.Event(), asyncio.Event()
        event.listen(watched.sync_engine, "engine_disposed", lambda _: replaced.set())

        @event.listens_for(watched.sync_engine, "close")
        def _until_another_is_open(*_: object) -> None:
            closing.set()
            await_only(opened.wait())

        async with watched.connect() as tx:
            assert await backends(tx) == 1
        resting = asyncio.create_task(databases.rest(watched, after_s=0.05))
        await closing.wait()
        async with watched.connect() as tx:
            assert await backends(tx) == 2
            opened.set()
            await replaced.wait()
        await until_gone(watcher)
        resting.cancel()

    run(work)


def test_a_pool_in_use_is_left_alone(run: Callable[[Work], None]) -> None:
    async def work(watched: AsyncEngine, _watcher: AsyncEngine) -> None:
        resting = asyncio.create_task(databases.rest(watched, after_s=0.01))
        async with watched.connect() as tx:
            (pid,) = (await tx.execute(text("SELECT pg_backend_pid()"))).one()
            await asyncio.sleep(0.1)
            assert (await tx.execute(text("SELECT pg_backend_pid()"))).one() == (pid,)
        resting.cancel()

    run(work)


def test_a_worker_s_connection_is_given_back_once_nothing_comes(run: Callable[[Work], None]) -> None:
    async def work(watched: AsyncEngine, watcher: AsyncEngine) -> None:
        transactions = Transactions(watched, "test", lambda: None, idle_after_s=0.0)
        assert not transactions.idles()
        for _ in range(2):
            assert await transactions.run(backends) == 1
            assert transactions.idles()
            await transactions.close()
            assert not transactions.idles()
            await until_gone(watcher)

    run(work)
