"""Retention's own projector, visits and proposals in place of chaos: what custody gave back is proposed anew."""

from __future__ import annotations

from collections import Counter

import pytest

from services.kernel.batches import SegmentKey
from tests.simulation.keeper import Keeper
from tests.simulation.run import run_world
from tests.simulation.scheduler import Process
from tests.simulation.test_destruction import HOLD, SEGMENT, taken
from tests.simulation.test_found import Calm, placing

A_WHILE = 1_000


@pytest.fixture
def proposed(calm: Calm) -> Counter[SegmentKey]:
    """How often retention proposed what; it runs beside everybody else."""
    counts = Counter[SegmentKey]()
    process = Process("retention", lambda _: {"keeps": Keeper(calm.world, calm.story.city.put, counts).run()})
    calm.world.processes["retention"] = process
    calm.story.scheduler.start(process)
    return counts


def test_what_a_restart_of_custody_made_void_is_proposed_once_more_and_goes(
    calm: Calm, proposed: Counter[SegmentKey]
) -> None:
    taken(calm, due=True)
    custody = calm.world.processes["custody"]
    calm.until(lambda: calm.world.ingest.rows["batch"])
    calm.world.kill(custody)
    calm.story.scheduler.start(custody)
    calm.until(lambda: calm.story.checks.receipts)
    assert proposed == {SEGMENT: 2}


def test_what_is_held_is_not_proposed(calm: Calm, proposed: Counter[SegmentKey]) -> None:
    calm.order(placing(HOLD, "cam-1"))
    calm.until(lambda: calm.story.checks.effective)
    taken(calm, due=True)
    for _ in range(A_WHILE):
        calm.story.go_on()
    assert not proposed


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_that_is_due_ends_destroyed_by_retentions_own_proposals(seed: int) -> None:
    outcome = run_world(seed, 10_000, keeps=Keeper)
    assert outcome.violation == "", "\n".join((*outcome.trace[-40:], outcome.violation))
