"""The command line ``camledger``: a client of the services' API, and the commands that start them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 refused or finding, 2 wrong use, 3 not reachable, 130 Ctrl-C."""
    try:
        from services.cli.output import outlets

        with outlets(), _told():
            from services.cli.application import app

            app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@contextmanager
def _told() -> Iterator[None]:
    """Say what a person has to know, and end with its code."""
    from services.cli.terminal import NOT_REACHABLE, WRONG_USE, say_fault

    try:
        yield
    except OSError as error:
        # A file or folder that was named on the command line; anything else is a fault of ours and shows itself.
        if error.filename is None:
            raise
        say_fault(f"{error.filename}: {error.strerror}")
        sys.exit(WRONG_USE)
    except Exception as error:
        from services.cli.client import CallRefused, NotReachable
        from services.cli.misconfigured import faults_of
        from services.cli.refusals import tell

        if isinstance(error, CallRefused):
            sys.exit(tell(error))
        if isinstance(error, NotReachable):
            say_fault(str(error), head="not reachable")
            sys.exit(NOT_REACHABLE)
        if not (faults := faults_of(error)):
            raise
        for fault in faults:
            say_fault(fault)
        sys.exit(WRONG_USE)
