"""Drives coroutines by hand: one seed decides who goes on at each await, who is frozen, and who never returns.

A process is what dies or freezes as one; an actor is one coroutine of it. The event loop that the services see has no
threads and no clock of its own: a sleep, a thread and an await on the database are all one turn of the scheduler.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from tests.fakes.memory.connection import Turn
from tests.fakes.memory.database import IDLE_IN_TRANSACTION_S

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
TRACE_MAX = 400
IN_HASTE_MAX = 300
FINISHING_MAX = 2000
Run = Coroutine[Turn, None, object]


class Killed(BaseException):
    """The process dies here and now: nothing of it runs on, not even a finally that waits."""


@dataclass(eq=False, slots=True)
class Process:
    """Dies, freezes and starts again as one."""

    name: str
    parts: Callable[[Process], dict[str, Run]]
    alive: bool = True
    frozen_until: int = 0
    starts: int = 0
    lasting: bool = True  # started again after its death; a replaced zombie isn't

    def is_frozen(self, step: int) -> bool:
        return step < self.frozen_until


@dataclass(eq=False, slots=True)
class Actor:
    """One coroutine, and what it waits for."""

    name: str
    process: Process
    run: Run
    turn: Turn = field(default_factory=lambda: Turn("start"))
    on_end: Callable[[BaseException | None], None] | None = None


class Loop:
    """What ``asyncio.sleep`` and ``asyncio.to_thread`` ask of the running loop."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def create_future(self) -> Sleep:
        return Sleep(self._scheduler)

    def call_later(self, delay: float, _callback: object, future: Sleep, *_: object) -> Sleep:
        future.delay = delay
        return future

    async def run_in_executor(self, _executor: object, work: Callable[[], object]) -> object:
        """A thread: it begins some time later, and its result is noticed some time after that."""
        await Turn("thread begins")
        found = contextvars.copy_context().run(work)
        await Turn("thread ended")
        return found


class Sleep:
    """The future of ``asyncio.sleep``."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.delay = 0.0

    def __await__(self) -> Generator[Turn, None, None]:
        yield Turn.sleep(self._scheduler.now + self.delay)

    def cancel(self) -> None:
        """Nothing is pending."""


class Scheduler:
    """The world's clock, its actors, and the one source of chance."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.haste = 0.0  # chance at each step that one actor runs on, ahead of all others
        self._hasty: Actor | None = None
        self._hasty_until = 0
        self.now = 0.0  # seconds since BEGAN, true time
        self.step = 0
        self.actors: list[Actor] = []
        self.processes: list[Process] = []
        self.crashes = 0
        self.trace: deque[str] = deque(maxlen=TRACE_MAX)
        self.fingerprint = sha256()
        self.unexpected: Callable[[Actor, BaseException], None] = self._raise

    def instant(self) -> datetime:
        """Return true time."""
        return BEGAN + timedelta(seconds=self.now)

    def note(self, text: str) -> None:
        """Put one line into the trace."""
        line = f"{self.step:>8} {BEGAN + timedelta(seconds=self.now):%m-%d %H:%M:%S} {text}"
        self.trace.append(line)
        self.fingerprint.update(line.encode())

    def start(self, process: Process) -> None:
        """Start a process with all its parts."""
        process.alive, process.starts, process.frozen_until = True, process.starts + 1, 0
        if process not in self.processes:
            self.processes.append(process)
        for name, run in process.parts(process).items():
            self.actors.append(Actor(f"{process.name}.{name}", process, run))

    def spawn(
        self, process: Process, name: str, run: Run, on_end: Callable[[BaseException | None], None] | None = None
    ) -> None:
        """Run one more coroutine in a process that is up."""
        self.actors.append(Actor(f"{process.name}.{name}", process, run, on_end=on_end))

    def kill(self, process: Process, sessions: Callable[[Process], None]) -> None:
        """Kill a process: its connections fall at the server, its coroutines never go on."""
        process.alive = False
        self.crashes += 1
        sessions(process)
        gone = [actor for actor in self.actors if actor.process is process]
        self.actors = [actor for actor in self.actors if actor.process is not process]
        for actor in gone:
            with suppress(Exception):
                actor.run.close()

    def run_one(self) -> Actor | None:
        """Let one actor take one turn; None if nobody could, then time passed instead."""
        actor = self._chosen()
        if actor is None:
            self._wait()
            return None
        self.step += 1
        self.now += self.random.random() * 0.02
        self.resume(actor)
        return actor

    def finish_transactions(self) -> None:
        """Let every transaction that is open come to its end, as it would long before hours have passed."""
        for _ in range(FINISHING_MAX):
            able = [a for a in self.actors if a.turn.session and a.turn.session.in_transaction and self._may_run(a)]
            if not able:
                return
            self.step += 1
            self.resume(able[int(self.random.random() * len(able))])

    def resume(self, actor: Actor) -> None:
        """Let an actor run to its next await."""
        try:
            actor.turn = actor.run.send(None)
        except StopIteration:
            self._end(actor, None)
        except (Exception, Killed) as error:  # noqa: BLE001 - whatever it is, it ends this actor and is looked at
            self._end(actor, error)

    def _chosen(self) -> Actor | None:
        actors, chance = self.actors, self.random.random
        if self.haste and actors and chance() < self.haste:
            hasty = self._in_haste()
            if self._may_run(hasty):
                return hasty
        for _ in range(6 if actors else 0):
            actor = actors[int(chance() * len(actors))]
            if self._may_run(actor):
                return actor
        able = [actor for actor in actors if self._may_run(actor)]
        return able[int(chance() * len(able))] if able else None

    def _in_haste(self) -> Actor:
        """Return the actor that is ahead for a while. Faults of order need somebody to be much faster than others."""
        if self._hasty is None or self.step >= self._hasty_until or self._hasty not in self.actors:
            self._hasty = self.actors[int(self.random.random() * len(self.actors))]
            self._hasty_until = self.step + int(self.random.random() * IN_HASTE_MAX)
        return self._hasty

    def _may_run(self, actor: Actor) -> bool:
        if actor.process.is_frozen(self.step):
            return False
        turn = actor.turn
        if turn.is_over(self.now):
            return True
        if turn.waits_for is not None:
            self._free(turn)
        return False

    def _free(self, turn: Turn) -> None:
        """A frozen holder of a lock loses it: the server ends transactions that stand idle."""
        assert turn.session is not None
        assert turn.waits_for is not None
        for holder in turn.session.database.holders(turn.session, turn.waits_for):
            if isinstance(holder.owner, Process) and holder.owner.is_frozen(self.step):
                self.now += IDLE_IN_TRANSACTION_S
                self.note(f"database ends the idle session of {holder.owner.name}")
                holder.kill()

    def _wait(self) -> None:
        """Nobody can run: the clock goes to whoever wakes first."""
        asleep = [a.turn.until for a in self.actors if a.turn.session is None and not a.process.is_frozen(self.step)]
        later = [until for until in asleep if until > self.now]
        if later:
            self.now = min(later)
        else:
            self.step += 1  # All are frozen: they wake by steps.
            self.now += 1.0

    def _end(self, actor: Actor, error: BaseException | None) -> None:
        self.actors.remove(actor)
        if actor.on_end is not None:
            actor.on_end(error)
        elif error is not None:
            self.unexpected(actor, error)

    def _raise(self, actor: Actor, error: BaseException) -> None:
        raise AssertionError(actor.name) from error

    def running(self) -> Running:
        """Make the services' ``asyncio`` calls ask this scheduler."""
        return Running(Loop(self))


class Running:
    """A block in which the hand-made loop is the running one."""

    def __init__(self, loop: Loop) -> None:
        self._loop: Any = loop

    def __enter__(self) -> None:
        asyncio._set_running_loop(self._loop)

    def __exit__(self, *_: object) -> None:
        asyncio._set_running_loop(None)
