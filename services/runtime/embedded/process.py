"""One child process: started so that it ends with us, remembered on disk so that the next start finds a leftover."""

import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from services.runtime.embedded.errors import CannotStart

LAUNCHER = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.05
CREATE_TIME_SLACK_SECONDS = 2.0
LOG_TAIL_LINES = 15
LOG_BYTES_MAX = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run, and how to end it in good order."""

    name: str
    command: tuple[str, ...]
    log: Path
    stop_signal: signal.Signals
    stop_seconds_max: float
    environment: dict[str, str]
    user: tuple[int, int] | None = None  # uid and gid, where it must not run as root


class Child:
    """A program that runs at most once per run folder."""

    def __init__(self, run_folder: Path, program: Program) -> None:
        self._record = run_folder / f"{program.name}.pid"
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The running program's process id, or None."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches us first and children end in our order.

        Call from a thread that lives as long as the child should: Linux ties a child's life to that thread.
        """
        self.end_leftover()
        _rotate(self._program.log)
        with self._program.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._launching(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=self._program.environment, cwd="/",
            )  # fmt: skip
        self._record.write_text(f"{self._process.pid} {psutil.Process(self._process.pid).create_time()}\n")

    def wait_until(self, ready: Callable[[], bool], seconds_max: float) -> None:
        """Poll ``ready``. Raises CannotStart with the end of the log if the program ends or the time is up."""
        until = time.monotonic() + seconds_max
        while not ready():
            if self.pid is None:
                raise CannotStart(f"{self._program.name} ended while starting. {self._log_tail()}")
            if time.monotonic() > until:
                raise CannotStart(f"{self._program.name} was not ready after {seconds_max:.0f} s. {self._log_tail()}")
            time.sleep(POLL_SECONDS)

    def run(self, seconds_max: float) -> None:
        """Start it and wait for its end. Raises CannotStart if it fails or takes too long."""
        self.start()
        assert self._process is not None
        try:
            status = self._process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            raise CannotStart(
                f"{self._program.name} took longer than {seconds_max:.0f} s. {self._log_tail()}"
            ) from None
        finally:
            self.kill()
        if status != 0:
            raise CannotStart(f"{self._program.name} failed. {self._log_tail()}")

    def stop(self) -> None:
        """End it in good order, by force when it takes too long. Nothing happens if it isn't running."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(self._program.stop_signal)
            try:
                self._process.wait(self._program.stop_seconds_max)
            except subprocess.TimeoutExpired:
                self.kill()
        self._forget()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._forget()

    def end_leftover(self) -> None:
        """End what an earlier, killed run left behind. Another program that got the same process id is left alone."""
        leftover = _recorded(self._record)
        if leftover is None:
            return
        leftover.send_signal(self._program.stop_signal)
        try:
            leftover.wait(self._program.stop_seconds_max)
        except psutil.TimeoutExpired:
            leftover.kill()
            leftover.wait()

    def _forget(self) -> None:
        self._process = None
        self._record.unlink(missing_ok=True)

    def _launching(self) -> list[str]:
        ending = ["--parent", str(os.getpid()), "--signal", str(int(self._program.stop_signal))]
        user = (
            ["--user", str(self._program.user[0]), "--group", str(self._program.user[1])] if self._program.user else []
        )
        return [sys.executable, "-I", "-S", str(LAUNCHER), *ending, *user, "--", *self._program.command]

    def _log_tail(self) -> str:
        lines = self._program.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n  ".join([f"Its log ({self._program.log}) ends with:", *lines])


class Server(ABC):
    """A program that serves until it is stopped. Who derives starts it, and says when it answers."""

    start_seconds_max: float
    _child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return None if self._child is None else self._child.pid

    def wait_ready(self) -> None:
        """Return once it answers; raises CannotStart with the end of its log."""
        assert self._child is not None, "start comes first"
        self._child.wait_until(self._answers, self.start_seconds_max)

    def stop(self) -> None:
        """End in good order: what is open is written and closed, the next start needs no recovery."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """End as a crash would: for tests of what happens then."""
        if self._child is not None:
            self._child.kill()

    @abstractmethod
    def _answers(self) -> bool: ...


def _recorded(record: Path) -> psutil.Process | None:
    try:
        pid, created = record.read_text().split()
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(created)) < CREATE_TIME_SLACK_SECONDS
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    return process if same else None


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))
