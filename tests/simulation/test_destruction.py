"""One segment from its command to its receipt, and what stands in the way. The checks of the simulation look on."""

from __future__ import annotations

from uuid import UUID

from services.kernel.batches import SegmentKey, lines
from tests.simulation.scheduler import BEGAN
from tests.simulation.test_found import Calm, placing

HOLD = UUID(int=7)
SEGMENT = SegmentKey(camera_id="cam-1", started_at=BEGAN)
A_WHILE = 300
DUE_AFTER_S = 20 * 24 * 3600.0  # and a hold that is placed then may still be reviewed in time


def test_due_footage_goes_and_leaves_one_receipt(calm: Calm) -> None:
    destroyed(calm)
    go_on(calm)
    assert (calm.world.store.objects, calm.story.checks.counts.receipts) == ({}, 1)


def test_a_command_for_footage_that_is_not_due_touches_no_byte(calm: Calm) -> None:
    taken(calm)
    assert outcomes_of_a_command(calm) == {"too_early": 1}
    go_on(calm)
    assert len(calm.world.store.objects) == 1


def test_no_byte_goes_before_the_broker_knows_that_it_will(calm: Calm) -> None:
    taken(calm, due=True)
    relays = [each for each in calm.world.of("ingest") if each.name.startswith("ingest-relay")]
    for relay in relays:
        calm.world.kill(relay)
    calm.story.city.command("cam-1", [SEGMENT])
    calm.until(lambda: states(calm) == ["destroying"])
    go_on(calm)
    assert len(calm.world.store.objects) == 1
    for relay in relays:
        calm.story.scheduler.start(relay)
    calm.until(lambda: calm.story.checks.receipts)


def test_the_answer_to_a_hold_counts_nothing_that_is_gone_as_secured(calm: Calm) -> None:
    destroyed(calm)
    calm.order(placing(HOLD, "cam-1"))
    calm.until(lambda: calm.story.checks.effective)
    (answer,) = calm.story.checks.effective.values()
    assert (answer.secured, answer.destroying, answer.gone) == ((), (), lines([SEGMENT]))


def test_footage_that_comes_in_after_a_hold_was_answered_is_born_held(calm: Calm) -> None:
    calm.order(placing(HOLD, "cam-1"))
    calm.until(lambda: calm.story.checks.effective)
    taken(calm, due=True)
    assert outcomes_of_a_command(calm) == {"protected": 1}


def taken(calm: Calm, *, due: bool = False) -> None:
    calm.take()
    calm.until(lambda: calm.story.checks.locations)
    if due:
        calm.world.finish_transactions()
        calm.world.scheduler.now += DUE_AFTER_S


def destroyed(calm: Calm) -> None:
    taken(calm, due=True)
    calm.story.city.command("cam-1", [SEGMENT])
    calm.until(lambda: calm.story.checks.receipts)


def outcomes_of_a_command(calm: Calm) -> dict[str, int]:
    batch = calm.story.city.command("cam-1", [SEGMENT])
    calm.until(lambda: batch in calm.story.checks.answered)
    return dict(calm.story.checks.counts.outcomes)


def states(calm: Calm) -> list[str]:
    return [row["state"] for row in calm.world.ingest.rows["segment_state"].values()]


def go_on(calm: Calm) -> None:
    """Let everybody run on: what must not happen has its chance."""
    for _ in range(A_WHILE):
        calm.story.go_on()
