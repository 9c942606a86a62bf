"""One run of the demo for all tests here: its spans are received, its ingest is killed in the middle of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scripts.kill_demo import processes
from services.cli.demo.broker_alone import broker_of
from tests.fakes.collector import Collector, Span

REPOSITORY = Path(__file__).resolve().parents[2]
KILL_AT = "taken over: 4 old segments of plaza-01"
KILLED = "ingest"


@dataclass(slots=True)
class Finished:
    """What a run left: its folder, what it said, how it ended, and the spans that its processes sent."""

    folder: Path
    lines: list[str] = field(default_factory=list)
    killed: int = 0
    code: int = -1
    spans: list[Span] = field(default_factory=list)

    def copy(self, to: Path) -> Path:
        """Return a copy to do wrong in; as sparse as the broker's indexes are, and with Postgres' owner."""
        subprocess.run(["cp", "-a", "--sparse=always", str(self.folder), str(to)], check=True)
        return to


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A demo that ran to its verdict although its ingest was killed."""
    run = Finished(tmp_path_factory.mktemp("acceptance") / "demo")
    with Collector() as collector:
        _run(run, collector.address)
        run.spans = collector.spans
    return run


@pytest.fixture
def log_of_it(finished: Finished) -> Iterator[str]:
    """The address of a broker that holds the log of that run."""
    with broker_of(finished.folder) as kafka:
        yield kafka


def _run(run: Finished, collector: str) -> None:
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_BSP_SCHEDULE_DELAY": "500"}
    command = [sys.executable, "-m", "services.cli", "demo", "--data", str(run.folder)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            run.lines.append(line.rstrip("\n"))
            if KILL_AT in line and not run.killed:
                victim = processes(demo.pid)[KILLED]
                run.killed = victim.pid
                victim.kill()
    run.code = demo.returncode
