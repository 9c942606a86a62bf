"""The services as child processes: started, watched, started again when they end by themselves, stopped in order."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

STOP_SECONDS = 20.0
RESTART_SECONDS_MIN, RESTART_SECONDS_MAX = 0.5, 10.0
STEADY_SECONDS = 30.0  # a child that ran this long starts again without waiting
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """One service process with its log file."""

    name: str
    module: str
    environment: Mapping[str, str]
    log: Path
    starts: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _file: IO[bytes] | None = None
    _started: float = 0.0
    _again_at: float = 0.0
    _wait: float = field(default=RESTART_SECONDS_MIN)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process; it ends with us, however we end."""
        self._file = self._file or self.log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.module],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C goes to us: we decide the order in which they stop.
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - main thread only
        )
        self._started, self._again_at = time.monotonic(), 0.0
        self.starts += 1

    def tend(self) -> str | None:
        """Start the process again when it has ended by itself; return a sentence about what happened, if anything."""
        assert self._process is not None, "start it first"
        code = self._process.poll()
        if code is None:
            return None
        now = time.monotonic()
        if not self._again_at:
            self._wait = RESTART_SECONDS_MIN if now - self._started > STEADY_SECONDS else self._wait * 2
            self._again_at = now + min(self._wait, RESTART_SECONDS_MAX)
            return f"{self.name} ended with {_told(code)}; it starts again"
        if now >= self._again_at:
            self.start()
        return None

    def ask_to_stop(self) -> None:
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)

    def wait_stopped(self, seconds: float = STOP_SECONDS) -> None:
        """Wait for the drain; kill after ``seconds``."""
        if self._process is not None:
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._file is not None:
            self._file.close()
            self._file = None


def _told(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
