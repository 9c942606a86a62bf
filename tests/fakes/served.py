"""A service as a process of its own that a test may kill.

It is forked from one server that has loaded what all services need, as ``camledger up`` does it: a start takes a tenth
of a second instead of two.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from services.cli.up.children import run, server


class Served:
    """One run of a service module; what it writes goes to ``log``."""

    def __init__(self, module: str, *arguments: str, log: Path, environment: Mapping[str, str]) -> None:
        asked = (module, {**os.environ, **environment}, str(log), arguments)
        self._process = server().Process(target=run, args=asked)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def send_signal(self, how: signal.Signals) -> None:
        if self._process.is_alive():
            assert self._process.pid is not None
            os.kill(self._process.pid, how)

    def kill(self) -> None:
        """SIGKILL, as a power cut does."""
        self.send_signal(signal.SIGKILL)
        self.wait()

    def wait(self, within_s: float = 60.0) -> int:
        """Return the exit code; fails when it doesn't end in time."""
        self._process.join(within_s)
        assert self._process.exitcode is not None, f"it still runs after {within_s:.0f} s"
        return self._process.exitcode
