"""The guards that live in SQL: one suite on a real Postgres and on the database in memory that the simulation uses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access import ledger as access
from services.access.tables import METADATA as ACCESS_TABLES
from services.access.tables import protection_gate
from services.ingest import projector, streams
from services.ingest.custody import batch_lines, forbids, gate, store
from services.ingest.intake import store as intake
from services.ingest.tables import METADATA as INGEST_TABLES
from services.kernel.batches import SegmentKey, lines
from services.kernel.events import DeletionCleared
from services.runtime import database as real
from services.runtime import migrate
from services.runtime.offsets import Span, claim, move_on, of_topic, start_at, stored
from services.runtime.received import Position, Spoiled
from services.runtime.settings import Settings
from tests.fakes.memory.connection import Connection, Turn
from tests.fakes.memory.database import Database
from tests.fakes.memory.twin import PINNED, digests, load_twins

load_twins()
T = TypeVar("T")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
AT = Position("hold.events", 0)
KEY = SegmentKey(camera_id="cam-1", started_at=NOW)
ONE, TWO = UUID(int=1), UUID(int=2)
WAITS_S = 0.3


class Bench(Protocol):
    """Two or more connections to one database, and what they do on it."""

    async def open(self) -> AsyncConnection: ...

    async def do(self, work: Coroutine[Any, Any, T]) -> T: ...

    async def commit(self, tx: AsyncConnection) -> None: ...

    async def rollback(self, tx: AsyncConnection) -> None: ...


@dataclass(slots=True)
class OnPostgres:
    """The real thing."""

    engine: AsyncEngine

    async def open(self) -> AsyncConnection:
        tx = await self.engine.connect()
        await tx.begin()
        return tx

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        return await work

    async def commit(self, tx: AsyncConnection) -> None:
        await tx.commit()
        await tx.close()

    async def rollback(self, tx: AsyncConnection) -> None:
        await tx.rollback()
        await tx.close()


@dataclass(slots=True)
class InMemory:
    """The fake; its turns are taken at once, and its waits looked at again and again."""

    database: Database

    async def open(self) -> AsyncConnection:
        found: Any = Connection(self.database)
        return found  # type: ignore[no-any-return]

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        while True:
            try:
                turn: Turn = work.send(None)
            except StopIteration as done:
                result: T = done.value
                return result
            while not turn.is_over(0.0):  # noqa: ASYNC110 - a lock of the fake wakes nobody by itself
                await asyncio.sleep(0.001)

    async def commit(self, tx: AsyncConnection) -> None:
        await self.do(tx.commit())
        await tx.close()

    async def rollback(self, tx: AsyncConnection) -> None:
        await tx.close()


Story = Callable[[Bench], Awaitable[None]]
Play = Callable[[Story], None]


@pytest.fixture(params=["memory", "postgres"])
def on_ingest(request: pytest.FixtureRequest) -> Play:
    return _play(request, "ingest")


@pytest.fixture(params=["memory", "postgres"])
def on_access(request: pytest.FixtureRequest) -> Play:
    return _play(request, "access")


def _play(request: pytest.FixtureRequest, service: str) -> Play:
    if request.param == "memory":
        tables = {"ingest": INGEST_TABLES, "access": ACCESS_TABLES}[service]
        return lambda story: asyncio.run(_tell(story, InMemory(Database(service, tables, lambda: NOW))))
    dsn: str = request.getfixturevalue("database")
    prefix = urlsplit(dsn).path.lstrip("/") + "_"
    settings = Settings(service=service, database=dsn, database_prefix=prefix)
    migrate.migrate(settings, service)
    return lambda story: asyncio.run(_on_postgres(story, settings, service))


async def _on_postgres(story: Story, settings: Settings, service: str) -> None:
    engine = real.engine(settings, service, pool=4, limits={})  # a slow machine ends nobody's turn
    try:
        await _tell(story, OnPostgres(engine))
    finally:
        await engine.dispose()


async def _tell(story: Story, bench: Bench) -> None:
    await story(bench)


@asynccontextmanager
async def committed(bench: Bench) -> AsyncIterator[AsyncConnection]:
    tx = await bench.open()
    yield tx
    await bench.commit(tx)


async def waits(task: asyncio.Task[T]) -> bool:
    """Tell whether a statement waits for somebody's lock."""
    await asyncio.wait([task], timeout=WAITS_S)
    return not task.done()


def test_an_offset_is_claimed_by_one_worker_and_only_from_where_it_stands(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        async with committed(bench) as tx:
            assert await bench.do(start_at(tx, "c", [AT])) == {AT: 0}
        first, second = await bench.open(), await bench.open()
        span = Span(position=AT, start=0, stop=5)
        assert await bench.do(claim(first, "c", [span])) == 1
        later = asyncio.create_task(bench.do(claim(second, "c", [span])))
        assert await waits(later)
        await bench.commit(first)
        assert await later == 0
        assert await bench.do(stored(second, "c")) == {AT: 5}
        await bench.rollback(second)

    on_ingest(story)


def test_an_own_log_that_was_read_is_never_read_from_further_back(on_ingest: Play) -> None:
    def record(offset: int) -> Spoiled:
        return Spoiled(topic=AT.topic, partition=AT.partition, offset=offset, key="", headers={}, raw=b"", reason="")

    async def story(bench: Bench) -> None:
        for read, goes_on in (((0, 1, 4), 5), ((2,), 5), ((), 5), ((5,), 6)):
            async with committed(bench) as tx:
                await bench.do(move_on(tx, "own", map(record, read)))
                assert await bench.do(of_topic(tx, "own", AT.topic)) == {AT.partition: goes_on}
                assert await bench.do(of_topic(tx, "other", AT.topic)) == {}

    on_ingest(story)


def test_marks_share_the_gate_and_what_forbids_waits_for_all_of_them(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        one, other, forbidding = await bench.open(), await bench.open(), await bench.open()
        await bench.do(gate.shared(one))
        await bench.do(gate.shared(other))
        exclusive = asyncio.create_task(bench.do(gate.exclusive(forbidding)))
        assert await waits(exclusive)
        await bench.commit(one)
        assert await waits(exclusive)
        await bench.rollback(other)
        await exclusive
        await bench.commit(forbidding)

    on_ingest(story)


def test_a_mark_that_waited_for_the_gate_sees_what_was_forbidden_meanwhile(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        forbidding, marking = await bench.open(), await bench.open()
        await bench.do(gate.exclusive(forbidding))
        await bench.do(store.keep(forbidding, 1, 0, b"hold"))
        await bench.do(store.advance(forbidding, 1, 0, unread=0))
        shared = asyncio.create_task(bench.do(gate.shared(marking)))
        assert await waits(shared)
        await bench.commit(forbidding)
        await shared
        assert (await bench.do(forbids.position(marking))).seq == 1
        await bench.commit(marking)

    on_ingest(story)


def cleared(batch_id: UUID = ONE, seq: int = 1) -> DeletionCleared:
    return DeletionCleared(
        batch_id=batch_id, seq=seq, camera_id="cam-1", lines=lines([KEY]), policy_id="p", policy_version_expected=1
    )


def test_a_batch_id_is_opened_once_whatever_became_of_it(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        first, second = await bench.open(), await bench.open()
        assert await bench.do(batch_lines.open_batch(first, cleared(), TWO))
        again = asyncio.create_task(bench.do(batch_lines.open_batch(second, cleared(), TWO)))
        assert await waits(again)
        await bench.do(batch_lines.answer_line(first, ONE, 0, [{"outcome": "gone"}]))
        await bench.do(batch_lines.close_batch(first, ONE, NOW))
        await bench.commit(first)
        assert not await again
        assert await bench.do(batch_lines.next_line(second)) is None
        await bench.commit(second)

    on_ingest(story)


def test_a_line_is_judged_by_one_marker_and_the_next_takes_the_next_one(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        async with committed(bench) as tx:
            assert await bench.do(batch_lines.open_batch(tx, cleared(), TWO))
            assert await bench.do(batch_lines.open_batch(tx, cleared(TWO, seq=2), TWO))
        first, second, third = await bench.open(), await bench.open(), await bench.open()
        found = [await bench.do(batch_lines.next_line(tx)) for tx in (first, second, third)]
        assert [line and line.batch_id for line in found] == [ONE, TWO, None]
        for tx in (first, second, third):
            await bench.rollback(tx)

    on_ingest(story)


async def marked(tx: AsyncConnection, batch_id: UUID = ONE) -> None:
    row = projector.key_row(KEY) | {"batch_id": batch_id, "mark_seq": 1, "destroyable_from": NOW}
    await tx.execute(projector._DESTROYING, row)


def test_a_receipt_is_claimed_once_and_only_after_a_mark(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        async with committed(bench) as tx:
            assert await bench.do(store.claim_receipt(tx, KEY)) is None
            await bench.do(marked(tx))
        first, second = await bench.open(), await bench.open()
        assert await bench.do(store.claim_receipt(first, KEY)) == ONE
        late = asyncio.create_task(bench.do(store.claim_receipt(second, KEY)))
        assert await waits(late)
        await bench.commit(first)
        assert await late is None
        await bench.commit(second)

    on_ingest(story)


def test_a_receipt_that_was_rolled_back_is_free_for_the_next(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        async with committed(bench) as tx:
            await bench.do(marked(tx))
        first, second = await bench.open(), await bench.open()
        assert await bench.do(store.claim_receipt(first, KEY)) == ONE
        late = asyncio.create_task(bench.do(store.claim_receipt(second, KEY)))
        assert await waits(late)
        await bench.rollback(first)
        assert await late == ONE
        await bench.commit(second)

    on_ingest(story)


def test_only_what_is_marked_is_queued_for_deletion_and_a_mark_keeps_its_batch(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        async with committed(bench) as tx:
            await bench.do(store.queue_destruction(tx, KEY))
            assert await bench.do(store.due_destructions(tx, 9)) == []
            await bench.do(marked(tx))
            await bench.do(marked(tx, TWO))
            await bench.do(store.queue_destruction(tx, KEY))
            assert await bench.do(store.due_destructions(tx, 9)) == [KEY]
            assert await bench.do(store.claim_receipt(tx, KEY)) == ONE
            assert await bench.do(store.due_destructions(tx, 9)) == []

    on_ingest(story)


def test_versions_of_a_stream_are_dense_although_two_write_at_once(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        first, second = await bench.open(), await bench.open()
        assert await bench.do(streams.next_version(first, "hold/1/answer")) == 1
        next_one = asyncio.create_task(bench.do(streams.next_version(second, "hold/1/answer")))
        assert await waits(next_one)
        await bench.commit(first)
        assert await next_one == 2
        await bench.rollback(second)
        async with committed(bench) as tx:
            assert await bench.do(streams.version_of(tx, "hold/1/answer")) == 1

    on_ingest(story)


def test_what_is_not_committed_is_nobody_elses_and_goes_with_its_transaction(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        writing, reading = await bench.open(), await bench.open()
        await bench.do(store.begin(writing, ONE, 7, NOW))
        assert await bench.do(store.start_id(writing)) == ONE
        assert await bench.do(store.start_id(reading)) is None
        await bench.rollback(writing)
        assert await bench.do(store.gate_offset(reading)) is None
        await bench.commit(reading)

    on_ingest(story)


def test_a_journal_row_is_finished_by_one_and_skipped_while_another_works_on_it(on_ingest: Play) -> None:
    async def story(bench: Bench) -> None:
        async with committed(bench) as tx:
            await bench.do(intake.begin(tx, ONE, "cam-1/a.mp4", {"event": {}}))
        first, second = await bench.open(), await bench.open()
        pending = await bench.do(intake.unfinished(first, 0))
        assert pending is not None
        assert pending.intake_id == ONE
        assert await bench.do(intake.unfinished(second, 0)) is None
        finishing = asyncio.create_task(bench.do(intake.finish(second, ONE)))
        assert await waits(finishing)
        assert await bench.do(intake.finish(first, ONE))
        await bench.commit(first)
        assert not await finishing
        await bench.commit(second)

    on_ingest(story)


def test_whoever_writes_to_the_protection_log_holds_its_gate_alone(on_access: Play) -> None:
    async def story(bench: Bench) -> None:
        async with committed(bench) as tx:
            assert await bench.do(access.gate(tx)) == 0
        first, second = await bench.open(), await bench.open()
        assert await bench.do(access.gate(first)) == 0
        behind = asyncio.create_task(bench.do(access.gate(second)))
        assert await waits(behind)
        await bench.do(_numbered(first, 1))
        await bench.commit(first)
        assert await behind == 1
        await bench.commit(second)

    on_access(story)


async def _numbered(tx: AsyncConnection, seq: int) -> None:
    await tx.execute(update(protection_gate).values(seq=seq))


def test_every_twin_was_written_for_the_sql_as_it_stands() -> None:
    pinned = json.loads(PINNED.read_text("utf-8"))
    changed = {name for name, found in digests().items() if pinned.get(name) != found}
    assert not changed, "look at these twins, then: python -m tests.fakes.memory.twin"
    assert set(pinned) == set(digests())
