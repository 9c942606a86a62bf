"""The wheel beside a clock that was wrong for a while, and beside another sweeper."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.retention import cursor, wheel
from services.retention.emitting import Emitter
from services.retention.library import Library
from services.retention.limits import Limits
from services.retention.protections import Protections
from services.retention.sweep import Sweep
from services.runtime import database as databases
from services.runtime.codec import Codec
from services.runtime.outbox import Outbox
from services.runtime.registry import open_registry
from services.runtime.settings import Settings

ENTRY = "INSERT INTO wheel VALUES ($1, now() + interval '2 hours', $2, 1, 1, 1)"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def test_what_is_to_be_looked_at_soon_does_not_wait_for_a_clock_that_was_ahead(wired: Settings) -> None:
    assert asyncio.run(_due(wired)) == ["touched while the clock was ahead"]


async def _due(wired: Settings) -> list[str]:
    engine = databases.engine(wired, "retention")
    try:
        async with engine.begin() as tx:
            connection, now = await databases.raw(tx), await databases.db_now(tx)
            await wheel.make_partitions(connection, [now.date(), (now + wheel.DAY).date()])
            await connection.execute(ENTRY, wheel.SOON, "touched while the clock was ahead")
            await connection.execute(ENTRY, now.date(), "due in two hours")
            return [entry.key.camera_id for entry in await wheel.take(connection, now, 10)]
    finally:
        await engine.dispose()


def test_days_to_come_are_not_opened_to_take_what_is_due(wired: Settings) -> None:
    assert "wheel_20300101" in (plan := asyncio.run(_plan(wired, date(2030, 1, 1))))
    assert "wheel_20300102" not in plan


async def _plan(wired: Settings, today: date) -> str:
    engine = databases.engine(wired, "retention")
    try:
        async with engine.begin() as tx:
            connection, now = await databases.raw(tx), datetime.combine(today, time(12), UTC)
            await wheel.make_partitions(connection, [today, today + wheel.DAY])
            asked = await connection.fetch(f"EXPLAIN {wheel.ANY_DUE}", today, now)
            return str([*asked, *await connection.fetch(f"EXPLAIN {wheel.TAKE}", today, now, 10)])
    finally:
        await engine.dispose()


def test_a_wheel_with_nothing_due_is_only_asked(wired: Settings) -> None:
    assert asyncio.run(_statements_of_an_idle_tick(wired)) == [wheel.ANY_DUE]


async def _statements_of_an_idle_tick(wired: Settings) -> list[str]:
    engine, said = databases.engine(wired, "retention"), list[str]()
    try:
        async with engine.begin() as tx:
            connection, now = await databases.raw(tx), await databases.db_now(tx)
            with connection.query_logger(lambda record: said.append(record.query)):
                assert await wheel.take(connection, now, 10) == []
        return said
    finally:
        await engine.dispose()


def test_a_sweeper_that_waited_for_another_does_not_take_its_instant_for_a_clock_that_ran_back(wired: Settings) -> None:
    assert asyncio.run(_beside_another(wired)) == ""


async def _beside_another(wired: Settings) -> str:
    # However slow the machine is, the other sweeper keeps its lock until it is seen to be waited for.
    engine, sweep = databases.engine(wired, "retention", limits={}), _sweep(wired)
    try:
        async with engine.begin() as tx:
            other = await databases.raw(tx)
            await cursor.lock(other)
            waiting = asyncio.create_task(sweep(engine))
            await _until_it_waits(engine, waiting)
            await cursor.move(other, await databases.db_now(tx))
        await waiting
        async with engine.begin() as tx:
            return (await cursor.lock(await databases.raw(tx))).halted_why
    finally:
        await engine.dispose()


def _sweep(wired: Settings) -> Sweep:
    codec = Codec(open_registry(wired))
    emitter = Emitter(outbox=Outbox("retention", codec, wired), agency=wired.agency)
    return Sweep(Protections(codec), Library(wired), emitter, Limits())


async def _until_it_waits(engine: AsyncEngine, waiting: asyncio.Task[None]) -> None:
    async with engine.connect() as tx, asyncio.timeout(30):
        while not await _waits(tx):
            await asyncio.wait([waiting], timeout=0.02)
            assert not waiting.done(), waiting.exception()


async def _waits(tx: AsyncConnection) -> int:
    return int(await (await databases.raw(tx)).fetchval(WAITS))
