"""``python -m bench.idle``: what an installation takes in memory when nothing happens, process by process.

PSS is counted: a page that several processes share counts once, divided among them. RSS stands beside it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from bench.report import tell
from scripts.kill_demo import processes

TARGET_MB = 600
START_SECONDS_MAX = 300.0
READY = "camledger runs"
MB = 1024  # the kernel counts in KiB


class Memory(NamedTuple):
    """One process, or all that have one name, in MiB."""

    name: str
    pss: float
    rss: float


def main(given: list[str] | None = None) -> int:
    """Return 0 if the installation stays under the target."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__)
    parser.add_argument("--after", type=float, default=75.0, help="seconds of idleness before counting")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="camledger-idle-") as folder:
        found = measured(Path(folder), wanted.after)
    pss, rss = sum(one.pss for one in found), sum(one.rss for one in found)
    lines = [
        f"{one.name:<22}{one.pss:>8.0f} MB PSS {one.rss:>8.0f} MB RSS" for one in [*found, Memory("all", pss, rss)]
    ]
    figures = {"pss_mb": round(pss), "rss_mb": round(rss), "target_mb": TARGET_MB, "ratio": round(pss / TARGET_MB, 2)}
    lines.append(f"{'target':<22}{TARGET_MB:>8} MB, ratio {figures['ratio']}")
    each = {one.name: round(one.pss) for one in found}
    tell("idle memory of the embedded installation", lines, {**figures, "each": each}, as_json=wanted.json)
    return 0 if pss < TARGET_MB else 1


def measured(folder: Path, after_seconds: float) -> list[Memory]:
    """Start everything, wait until it idles, and count."""
    command = [sys.executable, "-m", "services.cli", "up", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as up:
        try:
            _wait_ready(up)
            time.sleep(after_seconds)
            return list(_counted(up.pid))
        finally:
            up.terminate()
            up.communicate()


def _wait_ready(up: subprocess.Popen[str]) -> None:
    assert up.stdout is not None
    until = time.monotonic() + START_SECONDS_MAX
    for line in up.stdout:
        if READY in line:
            return
        if time.monotonic() > until:
            break
    raise TimeoutError("`up` did not become ready")


def _counted(up: int) -> Iterator[Memory]:
    named = {process.pid: name for name, process in processes(up).items()}
    named[up] = "up"
    totals: dict[str, list[float]] = {}
    for process in (psutil.Process(up), *psutil.Process(up).children(recursive=True)):
        name = named.get(process.pid) or _kind(process)
        pss, rss = _memory(process.pid)
        known = totals.setdefault(name, [0.0, 0.0])
        known[0], known[1] = known[0] + pss, known[1] + rss
    yield from (Memory(name, pss, rss) for name, (pss, rss) in sorted(totals.items(), key=lambda one: -one[1][0]))


def _kind(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    if command.startswith("postgres:"):
        return "postgres' backends"
    return "resource tracker" if "resource_tracker" in command else "other"


def _memory(pid: int) -> tuple[float, float]:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(fields["Pss"].split()[0]) / MB, int(fields["Rss"].split()[0]) / MB


if __name__ == "__main__":
    sys.exit(main())
