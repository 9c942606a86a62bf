"""Access on its own: what an order must name that was decided before it, and what a restored access must know."""

from __future__ import annotations

from uuid import UUID

from services.kernel.batches import SegmentKey
from services.kernel.events import DeletionCleared, HoldPlaced
from tests.simulation.scheduler import BEGAN
from tests.simulation.test_found import Calm, placing

HOLD, OTHER = UUID(int=7), UUID(int=8)
SEGMENT = SegmentKey(camera_id="cam-1", started_at=BEGAN)


def test_a_command_that_comes_twice_is_cleared_once(calm: Calm) -> None:
    calm.take()
    batch = calm.story.city.command("cam-1", [SEGMENT])
    calm.story.city.command("cam-1", [SEGMENT], batch)
    calm.story.city.command("cam-1", [SEGMENT], OTHER)
    calm.until(lambda: OTHER in cleared(calm))
    assert cleared(calm) == [batch, OTHER]


def test_an_accepted_hold_names_the_deletions_that_were_cleared_before_it(calm: Calm) -> None:
    calm.take()
    calm.world.kill(calm.world.processes["custody"])
    batch = calm.story.city.command("cam-1", [SEGMENT])
    calm.until(lambda: cleared(calm))
    calm.order(placing(HOLD, "cam-1"))
    calm.order(placing(OTHER, "cam-2"))
    in_flight = {hold: told.in_flight for (hold, _), told in calm.story.checks.told.items()}
    assert in_flight == {HOLD: {batch}, OTHER: set()}


def test_a_restored_access_knows_its_log_before_it_numbers_another_order(calm: Calm) -> None:
    before = calm.world.access.backup()
    calm.order(placing(HOLD, "cam-1"))
    stopped = calm.world.of("access")
    for process in stopped:
        calm.world.kill(process)
    calm.world.access.restore(before)
    for process in stopped:
        calm.story.scheduler.start(process)
    calm.order(placing(OTHER, "cam-2"))
    placed = [r.event.hold_id for r in calm.story.checks.records if isinstance(r.event, HoldPlaced)]
    assert placed == [HOLD, OTHER]


def cleared(calm: Calm) -> list[UUID]:
    return [r.event.batch_id for r in calm.story.checks.records if isinstance(r.event, DeletionCleared)]
