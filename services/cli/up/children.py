"""The services as child processes: started, watched, started again when they end by themselves, stopped in order.

They are forked from one server process that has loaded what all of them need, so its memory is there once.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing import forkserver, get_context, parent_process
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from services.runtime.embedded.errors import CannotStart

STOP_SECONDS = 20.0
RESTART_SECONDS_MIN, RESTART_SECONDS_MAX = 0.5, 10.0
STEADY_SECONDS = 30.0  # a child that ran this long starts again without waiting
PR_SET_PDEATHSIG = 1
FORK_TRIES = 3
# A thread's arena of its own costs memory and buys nothing here: our threads wait, they don't allocate.
SHARED_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}


def server() -> ForkServerContext:
    """Return the fork server's context; the first child starts the server, with everything loaded once."""
    os.environ.update(SHARED_ENVIRONMENT)
    context = get_context("forkserver")
    context.set_forkserver_preload(["services.cli.up.quiet", "services.cli.up.shared"])
    return context


def load_ahead() -> None:
    """Let the fork server load what the services need while something else starts."""
    server()
    forkserver.ensure_running()


@dataclass(slots=True)
class Child:
    """One service process with its log file."""

    name: str
    module: str
    environment: Mapping[str, str]
    log: Path
    arguments: tuple[str, ...] = ()
    starts: int = 0
    _process: ForkServerProcess | None = None
    _started: float = 0.0
    _again_at: float = 0.0
    _wait: float = field(default=RESTART_SECONDS_MIN)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.is_alive() else None

    def start(self) -> None:
        """Start the process; it ends with us, however we end."""
        # The fork server's own environment is that of its start; the child gets ours as it is now.
        self._process = _forked(run, self.module, {**os.environ, **self.environment}, str(self.log), self.arguments)
        self._started, self._again_at = time.monotonic(), 0.0
        self.starts += 1

    def tend(self) -> str | None:
        """Start the process again when it has ended by itself; return a sentence about what happened, if anything."""
        assert self._process is not None, "start it first"
        if self._process.is_alive():
            return None
        now = time.monotonic()
        if not self._again_at:
            self._wait = RESTART_SECONDS_MIN if now - self._started > STEADY_SECONDS else self._wait * 2
            self._again_at = now + min(self._wait, RESTART_SECONDS_MAX)
            return f"{self.name} ended with {_told(self._process.exitcode)}; it starts again"
        if now >= self._again_at:
            self.start()
        return None

    def end(self) -> None:
        """End the process at once, whatever it waits for; ``tend`` starts it again."""
        if self._process is not None and self._process.is_alive():
            self._process.kill()

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.is_alive():
            self._process.terminate()

    def wait_stopped(self, seconds: float = STOP_SECONDS) -> None:
        """Wait for the drain; kill after ``seconds``."""
        if self._process is None:
            return
        self._process.join(seconds)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def once(function: Callable[..., None], *arguments: object) -> int:
    """Run ``function`` in a forked process of its own and wait; return its exit code."""
    process = _forked(_in, dict(os.environ), function, *arguments)
    process.join()
    return process.exitcode or 0


def _forked(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Start a process. The fork server may have been killed a moment ago: the next try starts a new one."""
    for _ in range(FORK_TRIES):
        process = server().Process(target=target, args=arguments)
        try:
            process.start()
        except (EOFError, OSError):
            continue
        return process
    raise CannotStart("No service can be started: the process that they are forked from ends; its reason stands above.")


def run(module: str, environment: dict[str, str], log: str, arguments: tuple[str, ...] = ()) -> None:
    """Be the service ``module``, in the forked process: its environment, its log, its own session."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    threading.Thread(target=_end_with_who_started_us, daemon=True).start()
    os.setsid()  # Ctrl-C goes to the parent, which decides the order in which we stop.
    into = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (1, 2):
        os.dup2(into, standard)
    _take(environment)
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except Exception:  # noqa: BLE001 - told in the form of the log; the fork server would print it in its own
        sys.excepthook(*sys.exc_info())
        sys.exit(1)


def _end_with_who_started_us() -> None:
    """Stop when the process that asked for us is gone, however it went.

    The fork server, whose child we are, outlives it: what we inherited keeps the pipe open that it watches.
    """
    parent = parent_process()
    assert parent is not None, "this process was forked to be a service"
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def _in(environment: dict[str, str], function: Callable[..., None], *arguments: object) -> None:
    from typer import Exit

    _take(environment)
    try:
        function(*arguments)
    except Exit as told:
        # The reason stands on the terminal already; the fork server would put a traceback below it.
        sys.exit(told.exit_code)


def _take(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _told(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
