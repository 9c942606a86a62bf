"""However segments are packed, the view shows what a table with a row per segment would show."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.envelope import Recorded
from services.kernel.events import SegmentRecorded
from services.kernel.ids import EPOCH
from services.retention import store
from services.retention.buckets import Connection
from services.retention.fold import Folding
from services.retention.projector import project
from services.runtime import database as databases
from services.runtime import migrate as migrations
from services.runtime.settings import Settings
from tests.fakes.neighbours import segment

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
COLUMNS = "camera_id, started_at, generation, ended_at, retention_class, officer, shift, recorded_at, recovery_from"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Everything that began before ``closed`` may be folded, ``pieces`` times at most."""

    closed: datetime
    pieces: int


@st.composite
def recordings(draw: st.DrawFn) -> Recorded:
    """Starts on the hour and off it, no length and long lengths, classes that change inside an hour."""
    offset = draw(st.sampled_from([0, 1, 999_999, 1_800_000_000, 3_599_999_999]) | st.integers(0, 3_599_999_999))
    started_at = NOON + timedelta(hours=draw(st.integers(0, 2)), microseconds=offset)
    return segment(
        draw(st.sampled_from(["a", "b", "台北-1"])),
        started_at,
        seconds=draw(st.sampled_from([0, 0.000001, 59.999999, 4_000])),
        generation=draw(st.integers(1, 2)),
        retention_class=draw(st.sampled_from(["standard", "evidence"])),
        officer=draw(st.sampled_from(["", "p-0001"])),
        recovery_from=draw(st.sampled_from([EPOCH, NOON + timedelta(days=9, microseconds=1)])),
    )


@st.composite
def streams(draw: st.DrawFn) -> list[list[Recorded] | Fold]:
    """Batches with repeats near and far, and folds of open hours' predecessors between them: late ones come after."""
    # A repeat says what it said before: a fact is written once.
    known = draw(st.lists(recordings(), min_size=1, max_size=25, unique_by=lambda r: r.envelope.stream_id))
    folds = st.builds(Fold, closed=st.integers(0, 4).map(lambda h: NOON + timedelta(hours=h)), pieces=st.integers(1, 5))
    batches = st.lists(st.sampled_from(known), min_size=1, max_size=12)
    return draw(st.lists(batches | folds, min_size=1, max_size=12))


def test_the_tables_as_migrated_are_those_of_the_models(wired: Settings) -> None:
    assert migrations.drift(wired, "retention") == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=streams())
def test_the_view_equals_a_row_per_segment(wired: Settings, stream: Sequence[list[Recorded] | Fold]) -> None:
    assert asyncio.run(_shown(databases.dsn(wired, "retention"), stream)) == _row_by_row(stream)


async def _shown(dsn: str, stream: Sequence[list[Recorded] | Fold]) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("TRUNCATE segment_hot, segment_hour, wheel, camera_fill")
        folding = Folding(3)
        for step in stream:
            async with connection.transaction():
                await _carry_out(connection, folding, step)
        found = await connection.fetch(f"SELECT {COLUMNS} FROM segment ORDER BY 1, 2, 3")
        return [tuple(row) for row in found]
    finally:
        await connection.close()


async def _carry_out(connection: Connection, folding: Folding, step: list[Recorded] | Fold) -> None:
    if isinstance(step, Fold):
        for _ in range(step.pieces):
            await folding.piece(connection, step.closed)
    else:
        await store.carry_out(connection, project(step))


def _row_by_row(stream: Sequence[list[Recorded] | Fold]) -> list[tuple[Any, ...]]:
    rows: dict[tuple[str, datetime, int], tuple[Any, ...]] = {}
    for record in (record for step in stream if isinstance(step, list) for record in step):
        e = record.event
        assert isinstance(e, SegmentRecorded)
        key = (e.camera_id, e.started_at, e.generation)
        recorded_at = record.envelope.recorded_at
        rest = (e.ended_at, e.retention_class, e.officer, e.shift, recorded_at, e.recovery_from)
        rows.setdefault(key, (*key, *rest))
    return [rows[key] for key in sorted(rows)]
