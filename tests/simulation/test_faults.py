"""Faults that the simulation finds within seconds; ``make simulate FAULT=`` plants any of them."""

from __future__ import annotations

import pytest

from tests.simulation.checks import Violation
from tests.simulation.faults import FAULTS
from tests.simulation.run import run_world
from tests.simulation.test_destruction import HOLD, SEGMENT, taken
from tests.simulation.test_found import Calm, placing

# What is found soon, and by which promise.
SOON = {
    "no-clearance": "C:",
    "receipt-without-comparing": "R:",
    "bytes-before-the-mark": "B:",
    "no-minimum": "I2:",
}


@pytest.mark.parametrize(("fault", "promise"), SOON.items())
def test_a_guard_that_is_taken_away_is_found(fault: str, promise: str) -> None:
    violations = (run_world(seed, 10_000, FAULTS[fault]).violation for seed in range(1, 6))
    # Another promise may break first in one world.
    found = next((violation for violation in violations if violation and violation.startswith(promise)), "nothing")
    assert found.startswith(promise), found


def test_an_unreadable_hold_that_is_ignored_is_found(calm: Calm) -> None:
    FAULTS["unreadable-is-ignored"](calm.world)
    taken(calm, due=True)
    calm.story.chaos.poison = 1.0
    calm.order(placing(HOLD, "cam-1"))
    calm.until(lambda: calm.world.ingest.rows["parked"])
    calm.story.chaos.poison = 0.0
    calm.story.city.command("cam-1", [SEGMENT])
    with pytest.raises(Violation, match=r"I1a: .* is marked under accepted hold"):
        calm.until(lambda: calm.story.checks.answered)
