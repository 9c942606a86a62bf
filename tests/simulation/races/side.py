"""One of the two processes: the reader applies holds (C1), the marker marks (C3). A barrier lets them off together."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.catalog import store as catalog
from services.ingest.custody import store
from services.ingest.tables import METADATA
from services.ingest.wiring import SERVICE
from services.runtime import database
from services.runtime.settings import Settings
from tests.simulation.races.course import Course, Sides

# Either side starts up to this much later: the two transactions take about as long.
JITTER_S = 0.006
PATIENCE_S = 120.0


def delays(course: Course, seed: int) -> Iterator[float]:
    """Yield by how much the marker starts later than the reader; below zero: earlier. Both processes see the same."""
    random_delays = random.Random(f"{seed}/{course.number}")
    for _ in range(course.races):
        yield random_delays.uniform(-JITTER_S, JITTER_S)


def reader(settings: Settings, home: Path, courses: list[Course], seed: int, barrier: Barrier) -> None:
    """Prepare each course, then apply its holds one by one."""
    asyncio.run(_reader(settings, Sides(settings, home), courses, seed, barrier))


def marker(settings: Settings, home: Path, courses: list[Course], seed: int, barrier: Barrier) -> None:
    """Mark one line of each course at a time."""
    asyncio.run(_marker(settings, Sides(settings, home), courses, seed, barrier))


async def _reader(settings: Settings, sides: Sides, courses: list[Course], seed: int, barrier: Barrier) -> None:
    engine = database.engine(settings, SERVICE, pool=1, application="races.reader")
    for course in courses:
        c1 = sides.reader(course)
        await _prepare(engine, sides, course)
        holds = [sides.hold(course, race) for race in range(course.races)]
        barrier.wait(PATIENCE_S)
        for hold, later in zip(holds, delays(course, seed), strict=True):
            barrier.wait(PATIENCE_S)
            await asyncio.sleep(max(0.0, -later))
            async with engine.begin() as tx:
                await c1.apply(tx, [hold])
        barrier.wait(PATIENCE_S)  # the coordinator looks at the tables now
        barrier.wait(PATIENCE_S)
    await engine.dispose()


async def _marker(settings: Settings, sides: Sides, courses: list[Course], seed: int, barrier: Barrier) -> None:
    engine = database.engine(settings, SERVICE, pool=1, application="races.marker")
    for course in courses:
        c3 = sides.marker(course)
        barrier.wait(PATIENCE_S)
        for later in delays(course, seed):
            barrier.wait(PATIENCE_S)
            await asyncio.sleep(max(0.0, later))
            assert await c3.mark_one(engine), "a line of the course is missing"
        barrier.wait(PATIENCE_S)
        barrier.wait(PATIENCE_S)
    await engine.dispose()


async def _prepare(engine: AsyncEngine, sides: Sides, course: Course) -> None:
    names = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables)
    async with engine.begin() as tx:
        await tx.execute(text(f"TRUNCATE {names}"))
        await store.begin(tx, course.start_id, 0, await database.db_now(tx))
        for race in range(course.races):
            footage = sides.footage(course, race)
            await catalog.add(tx, footage, footage.arrived_at)
    async with engine.begin() as tx:
        await sides.reader(course).apply(tx, sides.opening(course))
