"""A camera's bands, counted hour by hour in SQL, say what its segments say one by one."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import bands
from services.ingest.catalog import store as catalog
from services.kernel.batches import hour_of
from services.kernel.events import SegmentRecorded
from services.kernel.ids import micros
from services.runtime import database as real
from services.runtime.migrate import migrate
from services.runtime.settings import Settings
from tests.contract.test_counted_answers import BEGUN, CAMERAS, MINUTES, at, fill
from tests.fakes.neighbours import segment

WITHOUT_A_BREAK = "cam-whole"
HOURS = 5


async def film_without_a_break(tx: AsyncConnection) -> None:
    found = [segment(WITHOUT_A_BREAK, at(minute), seconds=60).event for minute in range(HOURS * 60)]
    events = [event for event in found if isinstance(event, SegmentRecorded)]
    await catalog.add_all(tx, [(event, event.arrived_at) for event in events])
    await catalog.fold(tx, at(HOURS * 60) + timedelta(days=1))


async def one_by_one(tx: AsyncConnection, camera: str) -> list[bands.Band]:
    rows = await catalog.between(tx, [camera], BEGUN, at(MINUTES + 60))
    return [
        bands.Band(state=row.state.value, starts=micros(row.started_at), ends=micros(row.ended_at), number=1)
        for row in rows
    ]


async def told(tx: AsyncConnection, camera: str) -> list[bands.Band]:
    wanted = {"camera": camera, "first": hour_of(BEGUN), "last": hour_of(at(MINUTES + 60))}
    found, complete = await bands._found(tx, wanted)
    assert complete
    return bands.joined(found)


def test_the_bands_of_a_camera_are_those_of_its_segments(database: str) -> None:
    settings = Settings(service="ingest", database=database, database_prefix=urlsplit(database).path.lstrip("/") + "_")
    migrate(settings, "ingest")

    async def story() -> list[bands.Band]:
        engine = real.engine(settings, "ingest", limits={})
        async with engine.begin() as tx:
            await fill(tx, random.Random(11))
            await film_without_a_break(tx)
            for camera in (*CAMERAS, WITHOUT_A_BREAK):
                assert await told(tx, camera) == bands.joined(await one_by_one(tx, camera)), camera
            whole = await told(tx, WITHOUT_A_BREAK)
        await engine.dispose()
        return whole

    (band,) = asyncio.run(story())
    assert band.number == HOURS * 60
    assert band.ends - band.starts == HOURS * bands.HOUR_US
