"""``camledger fsck``: every table against the log at one moment, and what the log destroyed, while everything runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from services.cli.client import DONE, REFUSED, WRONG_USE, console, errors, fail
from services.cli.operations.comparing import Line, compare
from services.cli.operations.installed import AtData, installed
from services.cli.operations.lawfulness import lawfulness
from services.cli.operations.projected import projected
from services.cli.operations.reached import Interrupted, reaching, run
from services.cli.show import AsJson
from services.cli.terminal import INTERRUPTED
from services.kernel.topics import SERVICES
from services.runtime.settings import Settings

DIGEST_SHOWN = 12
LOG = "log"
PARTS = (*SERVICES, LOG)


def fsck(
    service: Annotated[list[str] | None, typer.Option(help="Only these services.")] = None,
    data: AtData = None,
    as_json: AsJson = False,
) -> None:
    """Build every projection anew from the log and compare; check all other tables, the audit tree, every destruction.

    Exit code 1 on any difference. Live tables are only read, and nothing is emitted. ``--service log`` judges the
    destructions alone.
    """
    chosen = service or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        fail(WRONG_USE, f"unknown service {', '.join(sorted(unknown))}: one of {', '.join(PARTS)}")
    with installed(data) as settings:
        lines = [line for name in chosen for line in _checked(settings, name)]
    faults = [line for line in lines if line.fault]
    if as_json:
        console.print_json(data={"lines": [asdict(line) for line in lines], "differences": len(faults)})
    else:
        _show(lines, faults)
    raise typer.Exit(REFUSED if faults else DONE)


def _checked(settings: Settings, service: str) -> list[Line]:
    errors.print(f"[dim]· {service}: reading the log[/dim]", highlight=False)
    own = settings.model_copy(update={"service": service})
    try:
        with reaching(own, service):
            return lawfulness(own) if service == LOG else run(compare(own, projected(service)))
    except (Interrupted, KeyboardInterrupt):
        # Not the code of a finding: nothing was found, for nobody looked to the end.
        fail(INTERRUPTED, f"interrupted at {service}: nothing was changed, and nothing was found out")


def _show(lines: Iterable[Line], faults: list[Line]) -> None:
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("service", "table", "class", "rows", "digest", ""):
        # A narrow terminal cuts the digest first: the count of rows is never cut.
        count = column == "rows"
        drawn.add_column(
            column, no_wrap=column != "", justify="right" if count else "left", min_width=6 if count else None
        )
    for line in lines:
        verdict = f"[bold red]{line.verdict}[/bold red]" if line.fault else line.verdict
        drawn.add_row(line.service, line.table, line.kind, f"{line.rows:,}", line.digest[:DIGEST_SHOWN], verdict)
    console.print(drawn)
    for line in faults:
        console.print(f"[bold red]different[/bold red]  {line.service} {line.table}: {line.fault}", highlight=False)
    if not faults:
        console.print("[bold]every table is what the log says, and what the log destroyed was lawful[/bold]")
