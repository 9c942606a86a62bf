"""Where broker and database of an installation are: named in the environment, running on this machine, or at rest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from services.cli.client import NOT_REACHABLE, errors, fail, home_folder
from services.cli.up.home import Home
from services.runtime.embedded import DataFolderInUse, EmbeddedError, Stack
from services.runtime.settings import Settings

AtData = Annotated[Path | None, typer.Option("--data", help="Data folder; default CAMLEDGER_HOME or .camledger.")]


@contextmanager
def installed(data: Path | None = None, service: str = "operations") -> Iterator[Settings]:
    """Yield settings that reach broker and database.

    CAMLEDGER_KAFKA and CAMLEDGER_DATABASE win. Else those of the installation that runs on the data folder; if none
    runs there, its broker and database alone are started for as long as this lasts.
    """
    if data is None and "CAMLEDGER_KAFKA" in os.environ and "CAMLEDGER_DATABASE" in os.environ:
        yield Settings(service=service)
        return
    home = Home((data or home_folder()).absolute())
    with ExitStack() as running:
        kafka, database = _addresses(home, running)
        yield Settings(service=service, kafka=kafka, database=database, home=home.root, people=home.people_file)


def _addresses(home: Home, running: ExitStack) -> tuple[str, str]:
    if not home.stack.exists():
        return _written(home)
    try:
        stack = Stack(home.stack)
        stack.start()
    except DataFolderInUse:
        return _written(home)
    except EmbeddedError as error:
        fail(NOT_REACHABLE, str(error))
    running.callback(stack.stop)
    errors.print(f"[dim]· broker and database of {home.root} run until this ends[/dim]", highlight=False)
    return stack.bootstrap_servers, stack.dsn


def _written(home: Home) -> tuple[str, str]:
    found = home.read_addresses()
    if found is None:
        remedy = "set CAMLEDGER_KAFKA and CAMLEDGER_DATABASE, or name the data folder of `camledger up` with --data"
        fail(NOT_REACHABLE, f"{home.root} holds no installation: {remedy}")
    return found
