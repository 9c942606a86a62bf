"""A small dose of ``make races``: no promise is broken, and the check sees it when the gate is gone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import Addresses


@pytest.mark.parametrize(("options", "races"), [((), 60), (("--without-gate",), 40)])
def test_a_hold_and_a_deletion_that_race_never_both_win_and_without_the_gate_they_do(
    stack: Addresses, options: tuple[str, ...], races: int
) -> None:
    command = [sys.executable, "-m", "tests.simulation.races", "--races", str(races), "--seed", "7", *options]
    environment = os.environ | {"CAMLEDGER_TEST_DATABASE": stack.dsn}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
