"""C0 on its own: what a custody that starts again, or on a restored database, must know and must not carry out."""

from __future__ import annotations

from services.ingest.intake.commands import Came
from services.kernel.batches import SegmentKey
from tests.simulation.scheduler import BEGAN
from tests.simulation.test_found import Calm

SEGMENT = SegmentKey(camera_id="cam-1", started_at=BEGAN)


def test_a_batch_that_was_open_when_custody_died_is_void_at_the_next_start(calm: Calm) -> None:
    calm.take()
    batch = calm.story.city.command("cam-1", [SEGMENT])
    calm.until(lambda: (batch,) in calm.world.ingest.rows["batch"])
    assert calm.world.ingest.rows["batch"][batch,]["closed_at"] is None
    with calm.stopped():
        pass
    calm.until(lambda: batch in calm.story.checks.answered)
    assert calm.story.checks.counts.outcomes == {"start_gate": 1}


def test_a_restored_intake_knows_its_log_before_it_takes_anything_in_though_nobody_else_has_read_it(calm: Calm) -> None:
    take_and_lose(calm)
    assert calm.take().came is Came.ALREADY_HAVE


def test_a_restored_custody_knows_its_log_before_it_judges_though_nobody_else_has_read_it(calm: Calm) -> None:
    take_and_lose(calm)
    batch = calm.story.city.command("cam-1", [SEGMENT])
    calm.until(lambda: batch in calm.story.checks.answered)
    assert calm.story.checks.counts.outcomes == {"too_early": 1}


def take_and_lose(calm: Calm) -> None:
    """Take footage in, restore the database of before, and leave nobody but the starting parts to read the log."""
    before = calm.world.ingest.backup()
    assert calm.take().came is Came.RECORDED
    calm.until(lambda: calm.story.checks.locations)
    calm.world.kill(calm.world.processes["own-log"])
    with calm.stopped():
        calm.world.ingest.restore(before)
