"""The terminal that the command line talks to, and how it ends. Loads no HTTP client: some verbs need no service."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

DONE, REFUSED, WRONG_USE, NOT_REACHABLE = 0, 1, 2, 3
INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended
COLUMNS_OF_A_FILE = 240


class Lang(StrEnum):
    """Languages of what a person reads."""

    EN = "en"
    ZH_HANT = "zh-Hant"


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    # Nobody's window ends at a pipe or a file: a table keeps one line a row there, for grep and for a log.
    wide = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(stderr=stderr, width=COLUMNS_OF_A_FILE if wide else None)


console = _console(stderr=False)
errors = _console(stderr=True)


def say_fault(message: str, head: str = "error") -> None:
    """Print what went wrong."""
    errors.print(f"[bold]{head}[/bold]  {escape(message)}", highlight=False)


def fail(code: int, message: str) -> NoReturn:
    """Print ``message`` as an error and end with ``code``."""
    say_fault(message)
    raise typer.Exit(code)
