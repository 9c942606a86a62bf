"""Our own log may come back while an hour is being packed: what it repeats is counted once, and packing goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.catalog import store as catalog
from services.kernel.events import SegmentRecorded
from services.runtime import database as real
from services.runtime.migrate import migrate
from services.runtime.settings import Settings
from tests.contract.test_counted_answers import BEGUN
from tests.fakes.neighbours import segment

WAITS = text(
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    " and query like '%insert into segment_hot%'"
)
STARTS = text("select started_us, count(*) as times from segment group by 1 order by 1")
HOT = text("select count(*) from segment_hot")


@pytest.fixture
def own(database: str) -> Settings:
    found = Settings(service="ingest", database=database, database_prefix=urlsplit(database).path.lstrip("/") + "_")
    migrate(found, "ingest")
    return found


@pytest.mark.parametrize("repeated", [slice(0, 1), slice(1, 2), slice(0, 3)], ids=["first", "later", "all"])
def test_what_our_log_repeats_while_an_hour_is_packed_is_there_once(own: Settings, repeated: slice) -> None:
    events = [_recorded(minute) for minute in (0, 10, 20)]
    assert asyncio.run(_raced(own, events, events[repeated])) == [1, 1, 1]


def _recorded(minute: int) -> SegmentRecorded:
    event = segment("cam-1", BEGUN + timedelta(minutes=minute), seconds=600).event
    assert isinstance(event, SegmentRecorded)
    return event


async def _raced(own: Settings, events: Sequence[SegmentRecorded], repeated: Sequence[SegmentRecorded]) -> list[int]:
    engine = real.engine(own, "ingest", limits={})
    try:
        async with engine.begin() as tx:
            await catalog.add_all(tx, [(event, event.arrived_at) for event in events])
        async with engine.begin() as packing:
            await catalog.fold(packing, BEGUN + timedelta(hours=1))
            again = asyncio.create_task(_repeat(engine, repeated))
            async with engine.connect() as looking:
                while not again.done() and not (await looking.execute(WAITS)).scalar_one():
                    await looking.rollback()
        await again
        # The next packing must neither fail over the repeat nor pack it a second time.
        async with engine.begin() as tx:
            await catalog.fold(tx, BEGUN + timedelta(hours=1))
        async with engine.begin() as tx:
            assert (await tx.execute(HOT)).scalar_one() == 0
            return [row.times for row in await tx.execute(STARTS)]
    finally:
        await engine.dispose()


async def _repeat(engine: AsyncEngine, repeated: Sequence[SegmentRecorded]) -> None:
    async with engine.begin() as tx:
        await catalog.add_all(tx, [(event, event.arrived_at) for event in repeated])
