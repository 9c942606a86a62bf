"""The command line ``camledger``: a client of the services' API, and the commands that start them."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 refused or finding, 2 wrong use, 3 not reachable."""
    from rich.markup import escape

    from services.cli.application import app
    from services.cli.client import NOT_REACHABLE, WRONG_USE, CallRefused, NotReachable, errors
    from services.cli.refusals import tell

    try:
        app()
    except CallRefused as refused:
        sys.exit(tell(refused))
    except NotReachable as silent:
        errors.print(f"[bold]not reachable[/bold]  {escape(str(silent))}", highlight=False)
        sys.exit(NOT_REACHABLE)
    except OSError as error:
        # A file or folder that was named on the command line; anything else is a fault of ours and shows itself.
        if error.filename is None:
            raise
        errors.print(f"[bold]error[/bold]  {escape(f'{error.filename}: {error.strerror}')}", highlight=False)
        sys.exit(WRONG_USE)
