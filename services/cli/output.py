"""Where the command line writes: a reader who has gone doesn't change what a command finds, does or ends with."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

# Of the terminal's own codes; its module asks the streams as it is loaded.
WRONG_USE = 2
UNWRITTEN = "the answer can't be written ({}): what was asked for may be done, so look before you ask again"
STANDARD = 2  # the last of the three descriptors that every process begins with


class Outlet:
    """A standard stream. What can't be written goes nowhere, and the command goes on: it does nothing by halves.

    ``lost`` says why, unless it is only that the reader has gone.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost = ""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a stream has
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write like any stream."""
        with self._going_on():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush like any stream."""
        with self._going_on():
            self._stream.flush()

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            if not isinstance(error, BrokenPipeError):
                self.lost = error.strerror or type(error).__name__


@contextmanager
def outlets() -> Iterator[None]:
    """Let both streams be such outlets, and let a closed one be nowhere, for as long as this lasts.

    Ends the program with WRONG_USE if its answer could not be written.
    """
    _open_what_is_closed()
    before = sys.stdout, sys.stderr
    out, err = Outlet(sys.stdout), Outlet(sys.stderr)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        yield
    finally:
        out.flush()
        if out.lost:
            err.write(f"error  {UNWRITTEN.format(out.lost)}\n")
        err.flush()
        sys.stdout, sys.stderr = before
        if out.lost:
            sys.exit(WRONG_USE)


def _open_what_is_closed() -> None:
    """Open nowhere in the place of each closed stream: the next connection would get its number, and our words."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= STANDARD:
        os.set_inheritable(opened, True)
    os.close(opened)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - until the end
