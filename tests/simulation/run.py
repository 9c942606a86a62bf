"""Runs worlds by their seeds: chaos first, then a fair schedule; safety after every step, liveness at the end."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from services.access.refusals import AccessRefusal
from services.ingest.storage.adapter import StorageError
from services.kernel.batches import SegmentKey
from services.runtime.database import is_transient
from services.runtime.http import Refusal
from services.runtime.logs import logger
from tests.simulation.chaos import Chaos
from tests.simulation.checks import Checks, Counts, Violation
from tests.simulation.city import CAMERAS, City
from tests.simulation.fair import Fair
from tests.simulation.keeper import Keeper
from tests.simulation.scheduler import Actor, Process, Run
from tests.simulation.world import World

LOOK_EVERY = 64
SILENT = 100


@dataclass(slots=True)
class Outcome:
    """What came of one world, or of several together."""

    steps: int = 0
    crashes: int = 0
    counts: Counts = field(default_factory=Counts)
    seed: int = 0
    violation: str = ""
    fingerprint: str = ""  # of everything that was traced
    trace: tuple[str, ...] = ()


@contextmanager
def seeded_entropy(seed: int) -> Iterator[None]:
    """Let ids and location suffixes come from the seed, so that a world can be run again."""
    source, before = Random(seed), (os.urandom, random._urandom)  # type: ignore[attr-defined]

    def urandom(size: int, /) -> bytes:
        return source.randbytes(size)

    os.urandom, random._urandom = urandom, urandom  # type: ignore[attr-defined]
    try:
        yield
    finally:
        os.urandom, random._urandom = before  # type: ignore[attr-defined]


def run_world(
    seed: int, steps: int, change: Callable[[World], None] | None = None, *, keeps: type[Keeper] | None = None
) -> Outcome:
    """Run one world for some steps of chaos and then to its end. ``change`` plants a fault in it.

    ``keeps``: retention proposes by its own code, in place of chaos.
    """
    logger()._least = SILENT
    with tempfile.TemporaryDirectory() as home, seeded_entropy(seed):
        return Story(seed, Path(home), change, keeps=keeps).tell(steps)


class Story:
    """One world with its people, its weather and its watcher."""

    def __init__(
        self, seed: int, home: Path, change: Callable[[World], None] | None, *, keeps: type[Keeper] | None = None
    ) -> None:
        self.world = World(seed, home)
        self.checks = Checks(self.world)
        self.city = City(self.world, self.checks)
        self.keeps = keeps
        self.proposed: Counter[SegmentKey] = Counter()  # how often retention's own code did
        if keeps is not None:
            self.world.processes["retention"] = Process("retention", self._keeper)
        self.chaos = Chaos(self)
        self.scheduler = self.world.scheduler
        self.scheduler.unexpected = self._died
        self.violation: BaseException | None = None
        if change is not None:
            change(self.world)

    def _keeper(self, _process: Process) -> dict[str, Run]:
        assert self.keeps is not None
        return {"keeps": self.keeps(self.world, self.city.put, self.proposed).run()}

    def tell(self, steps: int) -> Outcome:
        """Run, and say what happened."""
        violation = ""
        try:
            with self.scheduler.running():
                self._tell(steps)
        except Violation as found:
            violation = str(found)
        finally:
            for process in list(self.scheduler.processes):
                self.world.kill(process)
        return Outcome(
            steps=self.scheduler.step,
            crashes=self.scheduler.crashes,
            counts=self.checks.counts,
            seed=self.world.seed,
            violation=violation,
            fingerprint=self.scheduler.fingerprint.hexdigest(),
            trace=tuple(self.scheduler.trace) if violation else (),
        )

    def _tell(self, steps: int) -> None:
        self.checks.watch()
        for process in self.world.processes.values():
            self.scheduler.start(process)
        self.act("founding", "intake", self.city.found())
        while len(self.checks.records) < 1 + len(CAMERAS):
            self.go_on()
        while self.scheduler.step < steps:
            self.go_on()
            self.chaos.perhaps()
        Fair(self).bring_to_end()
        self.checks.at_end()

    def go_on(self) -> None:
        """One step, and whatever its check has to say about it."""
        actor = self.scheduler.run_one()
        if self.violation is not None:
            raise self.violation
        self.chaos.revive()
        if actor is not None and self.scheduler.step % LOOK_EVERY == 0:
            self.checks.kept_means_there()

    def act(self, name: str, process: str, run: Coroutine[Any, Any, object]) -> None:
        """Let somebody do something in a process that is up; what may go wrong there is theirs to try again."""
        self.scheduler.spawn(self.world.processes[process], name, run, self._acted)

    def _acted(self, error: BaseException | None) -> None:
        if error is None or isinstance(error, AccessRefusal | Refusal | StorageError):
            return
        if isinstance(error, Exception) and is_transient(error):
            return
        self.violation = as_violation("somebody's command", error)

    def _died(self, actor: Actor, error: BaseException) -> None:
        """A part of a process ended: the process ends, and is started again."""
        self.scheduler.note(f"{actor.name} died: {type(error).__name__}")
        if not self.chaos.is_usual(error):
            self.violation = as_violation(actor.name, error)
        self.chaos.crash(actor.process)


def as_violation(who: str, error: BaseException) -> Violation:
    """Return an unexpected error as what it is: a finding."""
    if isinstance(error, Violation):
        return error
    found = Violation(f"X: {who} ended with {type(error).__name__}: {error}")
    found.__cause__ = error
    return found


__all__ = ["Outcome", "Process", "run_world"]
