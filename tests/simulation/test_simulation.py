"""A small dose of the simulation in every test run; ``make simulate`` gives the large one."""

from __future__ import annotations

import pytest

from tests.simulation.run import run_world


@pytest.mark.parametrize("seed", [1, 2])
def test_no_promise_is_broken_while_everything_goes_wrong(seed: int) -> None:
    outcome = run_world(seed, 10_000)
    assert outcome.violation == "", "\n".join((*outcome.trace[-40:], outcome.violation))
    assert outcome.counts.holds
    assert outcome.counts.receipts


def test_the_same_seed_is_the_same_world() -> None:
    one, again = run_world(7, 2_000), run_world(7, 2_000)
    assert (one.steps, one.counts, one.fingerprint) == (again.steps, again.counts, again.fingerprint)
