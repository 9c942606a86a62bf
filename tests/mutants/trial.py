"""One trial: the named tests in a process forked from this one, which has the libraries loaded but none of our code."""

from __future__ import annotations

import importlib
import os
import re
import runpy
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic
from typing import NoReturn

from tests.mutants.faults import EXPLORE, REPOSITORY, SIMULATE

OURS = frozenset({"services", "tests", "bench", "scripts"})
LIBRARIES = (
    *("asyncpg", "confluent_kafka", "fastapi", "fastavro", "httpx", "hypothesis", "jinja2", "jsonschema"),
    *("prometheus_client", "pytest", "sqlalchemy.ext.asyncio", "sqlalchemy.dialects.postgresql", "uvicorn"),
)
WITHIN_S = 600.0
FAILED = re.compile(r"^FAILED (.+?)(?: - .*)?$", re.MULTILINE)
VIOLATION = re.compile(r"^VIOLATION with seed (\d+) .*? in all: (.*)$", re.MULTILINE)
USED = re.compile(r"^CPU ([\d.]+)$", re.MULTILINE)
PASSES, TESTS_FAILED, BROKEN = 0, 1, 9


class Verdict(StrEnum):
    """What came of a trial. Only a test that ran and failed kills; a fault that can't be imported proves nothing."""

    KILLED = "killed"
    SURVIVED = "survived"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a trial ended."""

    verdict: Verdict
    by: str
    seconds: float  # by the clock
    cpu_s: float  # of a core, with all that it started and waited for
    told: str


class Trial:
    """A trial under way in its own process group."""

    def __init__(self, tree: Path, killers: Sequence[str], log: Path) -> None:
        self._log, self._began, self._killers = log, monotonic(), tuple(killers)
        self._process = _FORK.Process(target=_run, args=(tree, self._killers, log))
        self._process.start()

    @property
    def process(self) -> BaseProcess:
        return self._process

    def ended(self) -> Ended | None:
        """Return how it ended, None while it runs. One that takes too long is ended with all that it started."""
        seconds = monotonic() - self._began
        if self._process.exitcode is None:
            if seconds > WITHIN_S and self._process.pid is not None:
                os.killpg(self._process.pid, signal.SIGKILL)
            return None
        told = self._log.read_text("utf-8", errors="replace")
        return Ended(verdict=self._verdict(told), by=self._by(told), seconds=seconds, cpu_s=_cpu(told), told=told)

    def _verdict(self, told: str) -> Verdict:
        if self._process.exitcode == PASSES:
            return Verdict.SURVIVED
        # A statement that the database in memory doesn't know stops the simulator: that is no finding.
        found = self._process.exitcode == TESTS_FAILED and "NoTwin" not in told and self._by(told)
        return Verdict.KILLED if found else Verdict.BROKEN

    def _by(self, told: str) -> str:
        if found := FAILED.search(told):
            return found[1]
        dose = next((killer for killer in self._killers if not killer.startswith("tests/")), "")
        if found := VIOLATION.search(told):
            return f"{dose}, seed {found[1]}: {found[2][:60]}"
        return dose if dose.startswith(EXPLORE) else ""


def load_libraries() -> None:
    """Import what every trial needs; forked processes then have it already."""
    for name in LIBRARIES:
        importlib.import_module(name)


def until_one_ended(trials: Sequence[Trial]) -> None:
    """Wait until one of the trials may have ended."""
    wait([trial.process.sentinel for trial in trials], timeout=5)


def _run(tree: Path, killers: Sequence[str], log: Path) -> NoReturn:
    os.setpgid(0, 0)
    with log.open("wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    code = BROKEN
    try:
        _move_to(tree)
        code = _all(killers)
    finally:
        sys.stdout.write(f"\nCPU {sum(os.times()[:4]):.2f}\n")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _cpu(told: str) -> float:
    found = USED.findall(told)
    return float(found[-1]) if found else 0.0


def _move_to(tree: Path) -> None:
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.path[:] = [str(tree), *(path for path in sys.path if path not in {"", str(REPOSITORY)})]
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    found = importlib.import_module("services").__file__
    assert found is not None
    assert Path(found).is_relative_to(tree), f"the trial would ask {found}, not the copy"


def _all(killers: Sequence[str]) -> int:
    tests = [killer for killer in killers if killer.startswith("tests/")]
    if tests and (code := _pytest(tests)):
        return code
    return next((code for code in map(_dose, (k for k in killers if k not in tests)) if code), PASSES)


def _pytest(tests: Sequence[str]) -> int:
    import pytest

    options = ["-x", "-q", "-rf", "--tb=short", "-p", "no:cacheprovider", "-W", "ignore"]
    return int(pytest.main([*options, *tests]))


def _dose(killer: str) -> int:
    """``simulate:SEED:STEPS`` runs one world of the simulator, ``explore:S1`` every interleaving of a small world."""
    what, *rest = killer.split(":")
    if what == SIMULATE:
        arguments = ["--seed", rest[0], "--seeds", rest[2] if len(rest) > 2 else "1", "--world", rest[1]]
        return _module("tests.simulation", arguments)
    return _module("tests.simulation.explorer", rest)


def _module(name: str, arguments: Sequence[str]) -> int:
    sys.argv = [name, *arguments]
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        return int(ended.code or 0)
    return PASSES


_FORK = get_context("fork")
