"""From a file to its receipt, on a real broker and a real database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from services.kernel.events import BatchAnswered, DestructionStarted, HoldApplied, SegmentDestroyed, SegmentRecorded
from services.kernel.scope import Scope
from tests.fakes.ingest_world import IngestWorld, until


def test_a_file_becomes_footage_is_cleared_destroyed_and_leaves_a_receipt(world: IngestWorld, footage: Path) -> None:
    world.camera("cam-1")
    key = world.old_footage("cam-1", footage, days_ago=120)
    assert world.event("segment.events", SegmentRecorded).started_at == key.started_at
    batch = world.access.clear([key])
    receipt = world.event("segment.events", SegmentDestroyed)
    started = world.events("segment.events", DestructionStarted)
    assert (receipt.batch_id, [each.batch_id for each in started]) == (batch, [batch])
    assert [answer.answer for answer in receipt.answers] == ["absent"]
    assert until("gone", lambda: world.state(key) == "gone")
    assert world.stored() == []
    assert world.event("custody.events", BatchAnswered).answers[0].outcome == "destroying"


def test_footage_under_hold_is_secured_and_not_destroyed(world: IngestWorld, footage: Path) -> None:
    world.camera("cam-1")
    key = world.old_footage("cam-1", footage, days_ago=120)
    hold = world.access.place(Scope(cameras=("cam-1",), starts_at=key.started_at - timedelta(days=1)))
    applied = world.event("custody.events", HoldApplied)
    assert (applied.hold_id, applied.secured[0].segments, applied.gone) == (hold, 1, ())
    world.access.clear([key])
    answer = world.event("custody.events", BatchAnswered).answers[0]
    assert (answer.outcome, answer.reason) == ("refused", "protected")
    assert world.state(key) == "kept"
    assert len(world.stored()) == 1
