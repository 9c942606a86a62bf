"""The commands ``up`` and ``serve``."""

from __future__ import annotations

import runpy
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from services.cli.client import NOT_REACHABLE, WRONG_USE, console, fail, home_folder
from services.cli.operations.doctor.finding import known
from services.cli.terminal import INTERRUPTED
from services.cli.up.people import SERVICES
from services.runtime.stopping import stop_on_signals

TEND_SECONDS = 0.5
Accepted = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-danger",
        envvar="CAMLEDGER_ACCEPT_DANGER",
        callback=lambda names: known(names or []),
        help="Start in spite of this finding of `camledger doctor`; it stands on the log. May be repeated.",
    ),
]


def up(
    data: Annotated[Path | None, typer.Option(help="Data folder; default CAMLEDGER_HOME or .camledger.")] = None,
    port: Annotated[int, typer.Option(help="First of four ports; 0 chooses free ones.")] = 0,
    kafka: Annotated[str | None, typer.Option(help="Bootstrap servers of a broker of your own.")] = None,
    database: Annotated[str | None, typer.Option(help="Base DSN of a Postgres of your own.")] = None,
    accepted: Accepted = None,
) -> None:
    """Run everything on this machine until Ctrl-C: broker, database, four services, status page."""
    from services.cli.up.children import once
    from services.cli.up.installation import Installation, NotReady, Stopped
    from services.cli.up.policies import adopt_shipped
    from services.cli.up.standstill import Lookout
    from services.runtime.embedded import EmbeddedError

    if (kafka is None) != (database is None):
        fail(WRONG_USE, "give both --kafka and --database, or neither for the embedded ones")
    stop = threading.Event()
    stop_on_signals(stop)
    say, lookout = _say, Lookout(_say)
    try:
        with Installation(
            data or home_folder(),
            port=port,
            kafka=kafka,
            database=database,
            say=say,
            accepted=accepted or [],
            stop=stop,
        ) as installation:
            if once(adopt_shipped, installation.home.root):
                fail(NOT_REACHABLE, "the shipped policies could not be adopted; the reason stands above")
            console.print(f"\n[bold]camledger runs[/bold]: {installation.urls['access']}/  (Ctrl-C stops it)")
            console.print(f"requests, holds, cameras: {installation.urls['access']}/console  (demo people)")
            console.print(f"data folder {installation.home.root}; use `camledger` from here, or set CAMLEDGER_HOME")
            while not stop.wait(TEND_SECONDS):
                installation.tend()
                lookout.look(installation.children, installation.urls)
            say("stopping: the batch in hand is finished")
    except Stopped:
        say("stopped before everything was ready; nothing keeps running")
        raise typer.Exit(INTERRUPTED) from None
    except (EmbeddedError, NotReady) as error:
        fail(NOT_REACHABLE, str(error))


def serve(
    service: Annotated[str, typer.Argument(help="ingest, retention, access or analytics")],
    role: Annotated[str, typer.Option(help="all, or roles with commas: http,relay,worker.")] = "all",
    accepted: Accepted = None,
) -> None:
    """Run one service in this process, configured by CAMLEDGER_* variables: what the images run.

    What `camledger doctor` calls a danger keeps it from starting, unless it is accepted by name.
    """
    if service not in (*SERVICES, "analytics.live"):
        fail(WRONG_USE, f"unknown service {service!r}: one of {', '.join(SERVICES)}, analytics.live")
    from services.cli.operations.doctor.gate import bar_serve

    bar_serve(service, accepted or [])
    sys.argv = [f"camledger serve {service}", "--role", role]
    runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=True)


def _say(message: str) -> None:
    console.print(f"[dim]·[/dim] {message}", highlight=False)
