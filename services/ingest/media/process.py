"""The parent's side of the media process: one request at a time, killed when it is late, started again when it died."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import services

START_SECONDS_MAX = 60.0
IDLE_SECONDS_MAX = 60.0
ANSWER_BYTES_MAX = 1024 * 1024
# A long recording may take longer: this much is granted on top for each byte.
BYTES_PER_SECOND_AT_LEAST = 10 * 1024 * 1024


class Late(Exception):
    """The media process took longer than it may and was killed."""


class Died(Exception):
    """The media process ended in the middle of a request: the file crashed it, or it ran into its memory limit."""


class MediaProcess:
    """A lazily started child that opens footage for us. Safe to share between threads; every call blocks.

    The parent never imports FFmpeg: neither its memory nor its crashes are ours. A child that nobody asks anything
    for ``idle_seconds`` ends, and its memory goes back.
    """

    def __init__(
        self, *, limit_seconds: float = 20.0, memory_mib: int = 1024, idle_seconds: float = IDLE_SECONDS_MAX
    ) -> None:
        self._limit_seconds = limit_seconds
        self._memory_mib = memory_mib
        self._idle_seconds = idle_seconds
        self._resting: threading.Timer | None = None
        self._one_at_a_time = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the running child, for health pages and for tests that kill it."""
        return None if self._child is None else self._child.pid

    def ask(self, request: dict[str, Any], *, size_bytes: int = 0) -> dict[str, Any]:
        """Return the child's answer. Raises Late or Died; the next call starts a new child."""
        limit = self._limit_seconds + size_bytes / BYTES_PER_SECOND_AT_LEAST
        with self._one_at_a_time:
            child = self._running()
            try:
                return self._exchange(child, request | {"limit_seconds": limit}, limit)
            except BaseException:
                # Whatever went wrong, a child in an unknown state must not answer the next question.
                self._end()
                raise
            finally:
                self._rest()

    def close(self) -> None:
        """End the child. A closed process starts again when it is asked."""
        with self._one_at_a_time:
            self._end()

    def _rest(self) -> None:
        self._wake()
        if self._child is not None:
            self._resting = threading.Timer(self._idle_seconds, self._end_if_resting)
            self._resting.daemon = True
            self._resting.start()

    def _wake(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None

    def _end_if_resting(self) -> None:
        with self._one_at_a_time:
            # A question that came while we waited for the lock has set a timer of its own.
            if self._resting is threading.current_thread():
                self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        self._child = child = self._start()
        try:
            self._read(child, START_SECONDS_MAX)
        except BaseException:
            self._end()
            raise
        return child

    def _start(self) -> subprocess.Popen[bytes]:
        root = Path(services.__path__[0]).parent
        return subprocess.Popen(
            [sys.executable, "-m", "services.ingest.media.child", str(self._memory_mib)],
            cwd=root,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is for the parent to answer: it ends its child itself, after the file in hand.
            start_new_session=True,
        )

    def _exchange(self, child: subprocess.Popen[bytes], request: dict[str, Any], limit: float) -> dict[str, Any]:
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
        except BrokenPipeError as gone:
            raise Died("the media process had ended") from gone
        return self._read(child, limit)

    def _read(self, child: subprocess.Popen[bytes], limit: float) -> dict[str, Any]:
        assert child.stdout is not None
        answer, until = b"", time.monotonic() + limit
        while not answer.endswith(b"\n"):
            if not select.select([child.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                raise Late(f"no answer within {limit:.0f} s")
            more = os.read(child.stdout.fileno(), 65536)
            if not more or len(answer) > ANSWER_BYTES_MAX:
                raise Died(f"the media process ended with {child.poll()}")
            answer += more
        found: dict[str, Any] = json.loads(answer)
        return found

    def _end(self) -> None:
        self._wake()
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
