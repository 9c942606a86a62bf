"""The gates of custody and of access, and the start that a mark is made under: each asked by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access import ledger as access
from services.ingest.custody import gate
from services.ingest.custody.marking import Marker
from services.ingest.custody.reading import Standing
from tests.fakes.memory.connection import Turn
from tests.simulation.test_destruction import SEGMENT, go_on, taken
from tests.simulation.test_found import Calm, placing


@pytest.fixture
def opened(calm: Calm) -> Calm:
    """Due footage in an open batch, and custody dead before its mark."""
    taken(calm, due=True)
    batch = calm.story.city.command("cam-1", [SEGMENT])
    calm.until(lambda: (batch,) in calm.world.ingest.rows["batch"])
    calm.world.kill(calm.world.processes["custody"])
    assert not calm.world.ingest.rows["segment_state"]
    return calm


def test_no_mark_is_made_while_something_that_forbids_is_being_written(opened: Calm) -> None:
    free = inside(opened, opened.engine(), gate.exclusive)
    opened.story.act("test", "own-log", mark(opened, standing(opened)))
    go_on(opened)
    assert not opened.world.ingest.rows["segment_state"]
    free()
    opened.until(lambda: opened.world.ingest.rows["segment_state"])


def test_no_hold_is_answered_while_a_mark_is_under_way(calm: Calm) -> None:
    free = inside(calm, calm.engine(), gate.shared)
    calm.order(placing(UUID(int=7), "cam-1"))
    go_on(calm)
    assert not calm.story.checks.effective
    free()
    calm.until(lambda: calm.story.checks.effective)


def test_no_order_gets_a_number_while_another_is_being_written(calm: Calm) -> None:
    free = inside(calm, calm.world.engine(calm.world.processes["access"], calm.world.access), access.gate)
    calm.story.act("test", "access", calm.story.city.order(placing(UUID(int=7), "cam-1")))
    go_on(calm)
    assert not calm.story.checks.log.protections
    free()
    calm.until(lambda: calm.story.checks.log.protections)


def test_a_custody_that_another_start_has_replaced_marks_nothing(opened: Calm) -> None:
    mine = standing(opened)
    opened.story.scheduler.start(opened.world.processes["custody"])
    opened.until(lambda: standing(opened) != mine)
    lost: list[str] = []

    async def marks() -> None:
        try:
            await mark(opened, mine)
        except gate.CustodyLost as error:
            lost.append(str(error))

    opened.do(marks())
    assert lost


def inside(
    calm: Calm, engine: AsyncEngine, enter: Callable[[AsyncConnection], Awaitable[object]]
) -> Callable[[], None]:
    """Stand in a gate with a transaction of one's own; return what ends it."""
    entered, left = list[bool](), list[bool]()

    async def stand() -> None:
        async with engine.begin() as tx:
            await enter(tx)
            entered.append(True)
            while not left:
                await Turn.sleep(calm.world.scheduler.now + 0.1)

    calm.story.act("test", "intake", stand())
    calm.until(lambda: entered)
    return lambda: left.append(True)


async def mark(calm: Calm, mine: Standing) -> None:
    marker = Marker(calm.world.ledger, calm.world.forbids(), calm.world.library, mine)
    await marker.mark_one(calm.engine("own-log"))


def standing(calm: Calm) -> Standing:
    (row,) = calm.world.ingest.rows["custody_start"].values()
    return Standing(start_id=row["start_id"])
