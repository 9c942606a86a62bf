"""The offset rows under attack: who may move them, when a batch counts, and what a lost reply may not do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.runtime import database
from services.runtime.codec import Codec
from services.runtime.offsets import Span, claim, start_at, stored
from services.runtime.outbox import Outbox
from services.runtime.received import Position, Received
from services.runtime.registry import open_registry
from services.runtime.settings import Settings
from services.runtime.topic_ids import NONE, TopicReplaced, meet
from services.runtime.transactions import Transactions, WorkFailed
from services.runtime.worker import Attempt, Fenced, Worker
from tests.fakes.cutting_proxy import CuttingProxy
from tests.fakes.ledger import CONSUMER, INPUTS, SERVICE, Ledger, card, create

A, B = Position("segment.events", 0), Position("camera.events", 3)


@pytest.fixture
def settings(database: str) -> Settings:
    prefix = urlsplit(database).path.lstrip("/") + "_"
    return Settings(service=SERVICE, database=database, database_prefix=prefix)


def run(settings: Settings, work: Callable[[AsyncEngine], Awaitable[object]]) -> object:
    """Run ``work`` on the tables of a fresh ledger."""

    async def inside() -> object:
        await create(settings)
        engine = database.engine(settings, SERVICE, pool=4, limits={})  # a slow machine ends nobody's turn
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    return asyncio.run(inside())


def span(at: Position, start: int, stop: int) -> Span:
    return Span(position=at, start=start, stop=stop)


async def begun(tx: AsyncConnection) -> None:
    assert await start_at(tx, CONSUMER, [A, B]) == {A: 0, B: 0}


@pytest.mark.parametrize(
    ("spans", "claimed"),
    [
        ([span(A, 0, 5)], 1),
        ([span(A, 0, 5), span(B, 0, 2)], 2),
        ([span(A, 1, 5)], 0),  # a record was skipped
        ([span(A, 0, 5), span(B, 1, 2)], 1),
        ([span(Position("segment.events", 9), 0, 1)], 0),
    ],
)
def test_an_offset_moves_only_from_where_it_stands(settings: Settings, spans: list[Span], claimed: int) -> None:
    async def work(engine: AsyncEngine) -> None:
        async with engine.begin() as tx:
            await begun(tx)
            assert await claim(tx, CONSUMER, spans) == claimed

    run(settings, work)


def test_a_consumer_goes_on_only_in_the_topic_that_it_met(settings: Settings) -> None:
    async def work(engine: AsyncEngine) -> None:
        for found in ("old", "old"):
            async with engine.begin() as tx:
                await meet(tx, CONSUMER, {"segment.events": found})
        for another in ("new", NONE):
            with pytest.raises(TopicReplaced, match=f"has the id {another or 'of none'} .* has read old"):
                async with engine.begin() as tx:
                    await meet(tx, CONSUMER, {"segment.events": another})

    run(settings, work)


def test_a_broker_without_ids_is_accepted_until_there_is_one(settings: Settings) -> None:
    async def work(engine: AsyncEngine) -> None:
        for found in (NONE, NONE, "first"):
            async with engine.begin() as tx:
                await meet(tx, CONSUMER, {"segment.events": found})
        with pytest.raises(TopicReplaced):
            async with engine.begin() as tx:
                await meet(tx, CONSUMER, {"segment.events": "second"})

    run(settings, work)


def test_of_two_that_claim_the_same_span_the_second_waits_and_gets_nothing(settings: Settings) -> None:
    async def second(engine: AsyncEngine) -> int:
        async with engine.begin() as tx:
            return await claim(tx, CONSUMER, [span(A, 0, 5)])

    async def work(engine: AsyncEngine) -> None:
        async with engine.begin() as tx:
            await begun(tx)
        async with engine.begin() as tx:
            assert await claim(tx, CONSUMER, [span(A, 0, 5)]) == 1
            other = asyncio.create_task(second(engine))
            await asyncio.sleep(0.2)
            assert not other.done()
        assert await other == 0

    run(settings, work)


def attempt(settings: Settings, spans: list[Span]) -> Attempt:
    codec = Codec(open_registry(settings))
    handler = Ledger(Outbox(SERVICE, codec, settings), answers=False)
    fact = card("cam-0", 1)
    record = Received(
        topic=A.topic, partition=0, offset=0, key="cam-0", headers={}, recorded=fact, raw=codec.encode(fact, "ingest")
    )
    return Attempt(Worker(CONSUMER, INPUTS, handler, settings, SERVICE, codec), [record], spans)


async def rows(engine: AsyncEngine) -> int:
    async with engine.begin() as tx:
        return int((await tx.execute(text("SELECT count(*) FROM ledger"))).scalar_one())


def test_a_batch_that_was_committed_although_its_reply_was_lost_is_not_applied_again(settings: Settings) -> None:
    async def work(engine: AsyncEngine) -> None:
        trying = attempt(settings, [span(A, 0, 1)])
        async with engine.begin() as tx:
            await begun(tx)
        for _ in range(2):
            async with engine.begin() as tx:
                await trying.run(tx)
        assert await rows(engine) == 1

    run(settings, work)


def test_a_worker_that_finds_the_offset_moved_before_its_first_try_is_fenced(settings: Settings) -> None:
    async def work(engine: AsyncEngine) -> None:
        async with engine.begin() as tx:
            await begun(tx)
            await claim(tx, CONSUMER, [span(A, 0, 1)])
        with pytest.raises(Fenced):
            async with engine.begin() as tx:
                await attempt(settings, [span(A, 0, 1)]).run(tx)
        assert await rows(engine) == 0

    run(settings, work)


def test_a_batch_of_which_one_partition_is_lost_leaves_no_trace_of_the_other(settings: Settings) -> None:
    async def work(engine: AsyncEngine) -> None:
        async with engine.begin() as tx:
            await begun(tx)
            await claim(tx, CONSUMER, [span(B, 0, 2)])
        trying = attempt(settings, [span(A, 0, 1), span(B, 0, 2)])
        trying._ran = True
        with pytest.raises(Fenced):
            async with engine.begin() as tx:
                await trying.run(tx)
        async with engine.begin() as tx:
            assert await stored(tx, CONSUMER) == {A: 0, B: 2}

    run(settings, work)


def test_a_batch_that_fails_in_the_middle_moves_no_offset(settings: Settings) -> None:
    async def half(tx: AsyncConnection) -> None:
        assert await claim(tx, CONSUMER, [span(A, 0, 1)]) == 1
        raise ZeroDivisionError

    async def work(engine: AsyncEngine) -> None:
        transactions = Transactions(engine, "test", lambda: None)
        await transactions.run(begun)
        with pytest.raises(ZeroDivisionError):
            await transactions.run(half)
        async with engine.begin() as tx:
            assert await stored(tx, CONSUMER) == {A: 0, B: 0}

    run(settings, work)


def test_every_nth_reply_lost_on_the_way_neither_loses_nor_doubles_a_batch(settings: Settings) -> None:
    async def work(_engine: AsyncEngine) -> None:
        async with CuttingProxy(settings.database, every=9) as proxy:
            through = settings.model_copy(update={"database": proxy.dsn})
            engine = database.engine(through, SERVICE, pool=1)
            transactions = Transactions(engine, "test", lambda: None)
            await transactions.run(begun)
            for offset in range(40):
                await transactions.run(attempt(settings, [span(A, offset, offset + 1)]).run)
            await transactions.close()
        assert proxy.cuts >= 5
        assert await rows(_engine) == 40

    run(settings, work)


def test_an_error_of_the_work_itself_is_not_taken_for_a_lost_connection(settings: Settings) -> None:
    async def unreadable(_tx: AsyncConnection) -> None:
        raise FileNotFoundError("a file of the handler")

    async def work(engine: AsyncEngine) -> None:
        with pytest.raises(WorkFailed, match="a file of the handler"):
            await Transactions(engine, "test", lambda: None).run(unreadable)

    run(settings, work)


def test_a_database_that_stays_away_is_given_up_in_time(settings: Settings) -> None:
    async def work(_engine: AsyncEngine) -> None:
        nowhere = settings.model_copy(update={"database": "postgresql://nobody@127.0.0.1:1/"})
        with pytest.raises(OSError, match=r"127\.0\.0\.1"):
            await Transactions(database.engine(nowhere, SERVICE), "test", lambda: None, give_up_s=0.5).run(begun)

    run(settings, work)
