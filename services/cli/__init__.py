"""The command line ``camledger``: a client of the services' API, and the commands that start them."""

from __future__ import annotations


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 refused or finding, 2 wrong use, 3 not reachable."""
    from services.cli.application import app

    app()
