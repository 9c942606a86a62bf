"""What ``scripts/setup.sh`` makes of pip's account: progress in a log without a line for each package."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

SETUP = Path(__file__).parents[2] / "scripts" / "setup.sh"
FILTER = re.search(r"^told\(\) \{.*?^\}\n", SETUP.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def told(account: str) -> list[str]:
    assert FILTER is not None
    script = f"set -euo pipefail\nlocked=60\n{FILTER.group()}told"
    ended = subprocess.run(["bash", "-c", script], input=account, capture_output=True, text=True, check=True)
    return ended.stdout.splitlines()


def fetched(count: int, size: str) -> str:
    return "".join(
        f"Collecting name-{n}==1.0 (from -r dev.txt)\n  Downloading name-{n}.whl ({size})\n" for n in range(count)
    )


def test_a_log_has_a_line_for_25_packages_with_what_is_fetched_and_how_big() -> None:
    lines = told(fetched(60, "1.5 MB") + "Installing collected packages: a\nSuccessfully installed a\n")
    assert lines[0] == "  25 of 60 packages, 36 MB fetched: name-24"
    assert lines[2:] == ["  60 of 60 packages, 90 MB fetched", "  unpacking them, about a minute", "  done"]
    assert len(lines) == 5


def test_sizes_of_every_unit_are_added() -> None:
    account = (
        fetched(1, "1.2 GB") + fetched(1, "500 kB") + fetched(1, "800 bytes") + "Installing collected packages: a\n"
    )
    assert told(account)[0] == "  3 of 60 packages, 1201 MB fetched"


def test_a_second_run_says_that_all_is_there() -> None:
    assert told("Requirement already satisfied: a in x\n" * 3) == ["  3 packages are there already"]
