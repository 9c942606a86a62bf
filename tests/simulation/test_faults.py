"""Faults that the simulation finds within seconds; ``make simulate FAULT=`` plants any of them."""

from __future__ import annotations

import pytest

from tests.simulation.faults import FAULTS
from tests.simulation.run import run_world

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
