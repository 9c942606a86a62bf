"""What a hold over cameras and time is answered: added up in SQL, it says what the kernel says segment by segment."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import store as catalog
from services.ingest.custody.answers import applied
from services.ingest.custody.counting import counted, is_countable
from services.ingest.custody.reading import one_by_one
from services.kernel.events import SegmentRecorded
from services.kernel.ids import micros
from services.kernel.protection import Protection
from services.kernel.scope import Scope
from services.runtime import database as real
from services.runtime.migrate import migrate
from services.runtime.settings import Settings
from tests.fakes.neighbours import segment

BEGUN = datetime(2026, 8, 1, tzinfo=UTC)
MINUTES, CAMERAS = 360, ("cam-1", "Cam-2", "cam-10", "ä")
_STATE = text("""
insert into segment_state (camera_id, started_us, generation, state, mark_seq) values (:c, :us, :g, :state, 1)
""")


def at(minute: float) -> datetime:
    return BEGUN + timedelta(minutes=minute)


def protection(scope: Scope) -> Protection:
    return Protection(
        hold_id=UUID(int=1),
        seq=7,
        kind="hold",
        hold_kind="preservation",
        scopes=(scope,),
        matter="m",
        authority="a",
        review_by=None,
        protects_until=None,
    )


def scopes(chance: random.Random) -> list[Scope]:
    """Intervals that begin and end on the edges of segments and between them, some of them open."""
    found = []
    for _ in range(60):
        start = chance.choice([0, chance.randrange(MINUTES), chance.random() * MINUTES])
        end = chance.choice([None, at(start + 1), at(start + chance.random() * 90)])
        cameras = tuple(chance.sample(CAMERAS, chance.randrange(len(CAMERAS) + 1)))
        found.append(Scope(cameras=cameras, starts_at=at(start), ends_at=end))
    return found


async def fill(tx: AsyncConnection, chance: random.Random) -> None:
    """Segments of different lengths, twice at one instant, hot and folded, kept, being destroyed and gone."""
    events: list[SegmentRecorded] = []
    for camera in CAMERAS:
        for minute in sorted(chance.sample(range(MINUTES), 80)):
            for generation in range(1, chance.choice([2, 2, 3])):
                length = chance.choice([0, 30, 60, 600])
                recorded = segment(camera, at(minute), seconds=length, generation=generation)
                assert isinstance(recorded.event, SegmentRecorded)
                events.append(recorded.event)
    await catalog.add_all(tx, [(event, event.arrived_at) for event in events])
    for event in chance.sample(events, len(events) // 4):
        row = {"c": event.camera_id, "us": micros(event.started_at), "g": event.generation}
        await tx.execute(_STATE, row | {"state": chance.choice(["destroying", "gone"])})
    await catalog.fold(tx, at(MINUTES / 2))


def test_an_answer_that_was_added_up_is_the_one_of_every_segment_by_itself(database: str) -> None:
    settings = Settings(service="ingest", database=database, database_prefix=urlsplit(database).path.lstrip("/") + "_")
    migrate(settings, "ingest")

    async def story() -> int:
        engine, chance, secured = real.engine(settings, "ingest", limits={}), random.Random(4), 0
        async with engine.begin() as tx:
            await fill(tx, chance)
            for scope in scopes(chance):
                held = protection(scope)
                found = applied(held, await counted(tx, held))
                assert found == applied(held, await one_by_one(tx, held)), scope
                secured += sum(span.segments for span in found.secured)
        await engine.dispose()
        return secured

    assert asyncio.run(story()) > 0


def test_what_is_filed_about_footage_is_never_left_out_of_account() -> None:
    bare = Scope(cameras=("cam-1",), starts_at=BEGUN)
    assert is_countable(protection(bare))
    for scope in (replace(bare, area="hall"), replace(bare, officer="p-1"), replace(bare, incident="i-1")):
        assert not is_countable(protection(scope))
