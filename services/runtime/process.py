"""One process of a service: its parts run in threads, a failing one ends them all, SIGTERM drains them."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from threading import Event, Thread, current_thread, main_thread
from time import monotonic
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from services.runtime import database, logs, telemetry
from services.runtime.beats import Beats
from services.runtime.lineage import lineage
from services.runtime.logs import logger
from services.runtime.memory import settle
from services.runtime.settings import Settings
from services.runtime.stopping import stop_on_signals
from services.runtime.transactions import IDLE_CONNECTION_S

EXIT_FAILED = 70
ALL, HEALTH = "all", "health"
DRAIN_S = 20.0
TICK_S = 0.1
STARTED_S = 10.0  # by then connections stand and packs are read


class Part(Protocol):
    """What runs in a thread of its own. ``role`` says which process it belongs to when each role has its own."""

    name: str
    role: str
    beat_within_s: float

    def run(self, stop: Event, beat: Callable[[], None]) -> None:
        """Work until ``stop`` is set, then finish what is in hand; call ``beat`` at least every ``beat_within_s``."""


class Ticker:
    """A part that runs a coroutine again and again, on a loop and an engine of its own."""

    role = "worker"

    def __init__(
        self,
        name: str,
        every_s: float,
        work: Callable[[AsyncEngine], Awaitable[None]],
        settings: Settings,
        service: str,
        *,
        role: str = "worker",
        pool: int = 2,
        beat_within_s: float = 120.0,
    ) -> None:
        self.name = name
        self.role = role
        self.beat_within_s = beat_within_s
        self._every_s = every_s
        self._work = work
        self._settings = settings
        self._service = service
        self._pool = pool

    def run(self, stop: Event, beat: Callable[[], None]) -> None:
        """Run the work every so often until ``stop``; a passing database error waits for the next time."""
        with asyncio.Runner() as runner:
            engine = database.engine(self._settings, self._service, pool=self._pool, application=self.name)
            try:
                while not stop.is_set():
                    beat()
                    runner.run(self._once(engine))
                    if self._every_s > IDLE_CONNECTION_S:
                        runner.run(engine.dispose())
                    self._rest(stop, beat)
            finally:
                runner.run(engine.dispose())

    def _rest(self, stop: Event, beat: Callable[[], None]) -> None:
        # Whoever rests for longer than it may be silent lives all the same, and says so.
        until = monotonic() + self._every_s
        while (left := until - monotonic()) > 0 and not stop.wait(min(left, self.beat_within_s / 4)):
            beat()

    async def _once(self, engine: AsyncEngine) -> None:
        try:
            await self._work(engine)
        except Exception as error:
            if not database.is_transient(error):
                raise
            logger().warning("ticker.retry", part=self.name, error=type(error).__name__)
            telemetry.count("camledger_database_retries_total", part=self.name)
            await engine.dispose()


def run_service(
    service: str, settings: Settings, parts: Sequence[Part], role: str = "all", stop: Event | None = None
) -> int:
    """Run the parts of ``role`` until SIGTERM, SIGINT, ``stop`` or a failure; return the exit code (0 or 70).

    ``role`` is one role or several with commas between. ``health`` adds the health endpoints alone, for a process
    that has no ``http``. Raises ValueError for a role that no part has.
    """
    logs.configure(settings)
    telemetry.start(service)
    chosen = chosen_parts(service, settings, parts, role)
    stop = stop or Event()
    if current_thread() is main_thread():
        stop_on_signals(stop)
    running = Running(chosen, stop)
    code = running.until_stopped()
    telemetry.stop()
    if running.stuck():
        # A thread that hangs in a library must not keep a half-dead process alive.
        sys.stderr.flush()
        os._exit(EXIT_FAILED)
    return code


def chosen_parts(service: str, settings: Settings, parts: Sequence[Part], role: str) -> list[Part]:
    """Return the parts that ``role`` names. Raises ValueError for a role that no part has."""
    wanted = {word.strip() for word in role.split(",")}
    has = {name for part in parts for name in (part.role, part.name)}
    if unknown := wanted - has - {ALL, HEALTH}:
        told = ", ".join(sorted({part.role for part in parts}))
        raise ValueError(f"{service} has no part of role {', '.join(map(repr, sorted(unknown)))}, only {told}")
    chosen = [part for part in parts if wanted & {ALL, part.role, part.name}]
    if HEALTH in wanted and not any(part.role == "http" for part in chosen):
        from services.runtime.http import HealthPart

        chosen.append(HealthPart(settings, service))
    return chosen


def role_from(arguments: Sequence[str]) -> str:
    """Return the roles that a service's command line names: ``[--role] ROLE[,ROLE...]``, all of them by default."""
    parser = argparse.ArgumentParser(prog="camledger serve", description="Run a service, or some of its roles.")
    parser.add_argument("one", nargs="?", default="", metavar="ROLE")
    parser.add_argument("--role", default="")
    chosen = parser.parse_args(arguments)
    return chosen.role or chosen.one or ALL


class Running:
    """The threads of one process."""

    def __init__(self, parts: Sequence[Part], stop: Event) -> None:
        self._stop = stop
        self._failed = Event()
        self._threads = [Thread(target=self._run, args=(part,), name=part.name, daemon=True) for part in parts]
        Beats.current = Beats({part.name: part.beat_within_s for part in parts})

    def until_stopped(self) -> int:
        """Start every part, wait, drain; return the exit code."""
        for thread in self._threads:
            thread.start()
        started = monotonic()
        while not self._stop.wait(TICK_S):
            Beats.current.measure()
            if lineage.replaced.is_set():
                self._failed.set()
                self._stop.set()
            if started and monotonic() - started > STARTED_S:
                settle()
                started = 0.0
        logger().info("process.drains", parts=[thread.name for thread in self._threads])
        until = monotonic() + DRAIN_S
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))
        logger().info("process.ends", failed=self._failed.is_set(), stuck=self.stuck())
        return EXIT_FAILED if self._failed.is_set() or self.stuck() else 0

    def stuck(self) -> list[str]:
        """Return the names of parts that did not end."""
        return [thread.name for thread in self._threads if thread.is_alive()]

    def _run(self, part: Part) -> None:
        try:
            part.run(self._stop, lambda: Beats.current.beat(part.name))
            assert self._stop.is_set(), f"{part.name} ended by itself"
        except:  # noqa: E722 - a panic of a library ends us as well, and confluent_kafka raises what is no exception
            self._failed.set()
            logger().exception("part.failed", part=part.name)
        finally:
            # One part less is not the service that was asked for: the supervisor starts a whole one.
            self._stop.set()
