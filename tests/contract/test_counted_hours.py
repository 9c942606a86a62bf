"""What a packed hour says of itself is what its segments add up to, one by one, however they came and were packed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from importlib import import_module
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import bands
from services.ingest.catalog import store as catalog
from services.ingest.custody.http import SEGMENTS
from services.kernel.batches import hour_of
from services.kernel.events import SegmentRecorded
from services.runtime import database as real
from services.runtime.migrate import migrate
from services.runtime.settings import Settings
from tests.contract.test_counted_answers import BEGUN
from tests.fakes.neighbours import segment

T = TypeVar("T")
Packing = tuple[list[SegmentRecorded], int]
COUNTED = text(
    "select chunk, segments, ends_us, filmed_us from segment_hour order by camera_id, hour, generation, chunk"
)
ARRAYS = text("select offsets_us, durations_us from segment_hour order by camera_id, hour, generation, chunk")
ROWS = text("select count(*) from segment")
WANTED = {"camera": "cam-1", "first": hour_of(BEGUN), "last": hour_of(BEGUN) + 9}


@st.composite
def recorded(draw: st.DrawFn) -> SegmentRecorded:
    """Starts on the hour and off it; no length, lengths over the end of the hour and of the next one."""
    offset = draw(st.sampled_from([0, 1, 59_999_999, 3_599_999_999]) | st.integers(0, 3_599_999_999))
    event = segment(
        draw(st.sampled_from(["cam-1", "台北-1"])),
        BEGUN + timedelta(hours=draw(st.integers(0, 2)), microseconds=offset),
        seconds=draw(st.sampled_from([0, 0.000001, 59.999999, 600, 7_201])),
        generation=draw(st.integers(1, 3)),
        retention_class=draw(st.sampled_from(["standard", "evidence"])),
    ).event
    assert isinstance(event, SegmentRecorded)
    return event


# What comes when its hour was packed before is late: it is packed beside, as a chunk of its own.
PACKINGS: st.SearchStrategy[list[Packing]] = st.lists(
    st.tuples(st.lists(recorded(), max_size=15), st.integers(0, 4)), min_size=1, max_size=4
)


@pytest.fixture
def own(database: str) -> Settings:
    found = Settings(service="ingest", database=database, database_prefix=urlsplit(database).path.lstrip("/") + "_")
    migrate(found, "ingest")
    return found


def told(own: Settings, story: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def in_a_transaction() -> T:
        engine = real.engine(own, "ingest", limits={})
        try:
            async with engine.begin() as tx:
                return await story(tx)
        finally:
            await engine.dispose()

    return asyncio.run(in_a_transaction())


async def pack(tx: AsyncConnection, packings: Sequence[Packing]) -> None:
    await tx.execute(text("truncate segment_hot, segment_hour"))
    for events, closed in packings:
        await catalog.add_all(tx, [(event, event.arrived_at) for event in events])
        await catalog.fold(tx, BEGUN + timedelta(hours=closed))


async def must_agree(tx: AsyncConnection) -> int:
    """Hold what hours say against their arrays and against the view; return how many hours are packed."""
    said = [tuple(row) for row in await tx.execute(COUNTED)]
    found = [(o[0], len(o), o[-1] + d[-1], sum(d)) for o, d in await tx.execute(ARRAYS)]
    assert said == found
    assert (await tx.execute(SEGMENTS)).scalar_one() == (await tx.execute(ROWS)).scalar_one()
    return len(said)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packings=PACKINGS)
def test_an_hour_says_what_its_segments_add_up_to(own: Settings, packings: Sequence[Packing]) -> None:
    async def story(tx: AsyncConnection) -> None:
        await pack(tx, packings)
        await must_agree(tx)

    told(own, story)


def test_hours_that_were_packed_before_they_were_counted_are_counted(own: Settings) -> None:
    revision = import_module("services.ingest.migrations.0007_an_hour_is_counted")

    def there_and_back(connection: Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            revision.downgrade()
            revision.upgrade()

    async def story(tx: AsyncConnection) -> int:
        events = [segment("cam-1", BEGUN + timedelta(minutes=20 * n), seconds=600).event for n in range(9)]
        await pack(tx, [([event for event in events if isinstance(event, SegmentRecorded)], 2)])
        await tx.run_sync(there_and_back)
        return await must_agree(tx)

    assert told(own, story) == 2


@pytest.mark.parametrize("statement", [bands.HOURS, bands.LEFT])
def test_a_page_of_months_is_counted_from_an_index_alone(own: Settings, statement: TextClause) -> None:
    async def story(tx: AsyncConnection) -> str:
        for other in ("seqscan", "bitmapscan"):
            await tx.execute(text(f"set local enable_{other} = off"))
        return "\n".join((await tx.execute(text(f"explain {statement.text}"), WANTED)).scalars())

    assert "Index Only Scan" in told(own, story)
