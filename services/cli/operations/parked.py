"""``camledger parked``: orders of the protection log that custody can't read, and their settlement by two persons."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from services.cli.client import REFUSED, Client
from services.cli.show import AsJson, AsPerson, answer

parked_app = typer.Typer(
    help="Protections that can't be read: they stop destruction until settled.", no_args_is_help=True
)


class How(StrEnum):
    """The two ways; there is no third: an accepted hold is never discarded."""

    RETRIED = "retried"
    SUPERSEDED = "superseded"


@parked_app.command("list")
def list_(as_: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """List what is parked; exit code 1 if anything is, for nothing that it may cover is destroyed meanwhile."""
    found = Client(as_).get("ingest", "/parked")["parked"]
    answer(found, as_json)
    raise typer.Exit(REFUSED if found else 0)


@parked_app.command()
def settle(
    parked_id: Annotated[str, typer.Argument(help="As `list` shows it.")],
    how: Annotated[How, typer.Option(help="retried: it can be read now; superseded: the same hold was placed again.")],
    as_: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Propose a settlement; the same command by a second person carries it out."""
    answer(Client(as_).post("ingest", f"/parked/{parked_id}/settle", {"how": how.value}), as_json)
