"""``camledger deadletter``: records that could not be taken, and what named persons do with them."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.client import REFUSED, WRONG_USE, Client, Json, console, fail
from services.cli.show import AsJson, AsPerson, answer
from services.kernel.topics import SERVICES

COLUMNS = ("service", "id", "consumer", "position", "kind", "reason", "found_at", "proposed_by", "size_bytes")
Service = Annotated[str, typer.Argument(help="ingest, retention, access or analytics")]
Number = Annotated[int, typer.Argument(help="Number of the dead letter, as `list` shows it.")]

deadletter_app = typer.Typer(help="Records that could not be taken: list, show, retry, discard.", no_args_is_help=True)


@deadletter_app.command("list")
def list_(
    service: Annotated[list[str] | None, typer.Option(help="Only these services.")] = None,
    as_: AsPerson = "admin-root",
    as_json: AsJson = False,
) -> None:
    """List the records that were put aside and are not settled; exit code 1 if there are any."""
    client = Client(as_)
    found = [{"service": name, **letter} for name in service or SERVICES for letter in _letters(client, name)]
    answer(found, as_json, columns=COLUMNS)
    raise typer.Exit(REFUSED if found else 0)


@deadletter_app.command()
def show(service: Service, number: Number, as_: AsPerson = "admin-root", as_json: AsJson = False) -> None:
    """Show one record: why it lies here, its headers, and its bytes as hexadecimal digits."""
    answer(Client(as_).get(_known(service), f"/dead-letters/{number}"), as_json)


@deadletter_app.command()
def retry(service: Service, number: Number, as_: AsPerson = "admin-root", as_json: AsJson = False) -> None:
    """Apply a record again, and what waits behind it, in order."""
    answer(Client(as_).post(_known(service), f"/dead-letters/{number}/retry"), as_json)


@deadletter_app.command()
def discard(
    service: Service,
    number: Number,
    as_: AsPerson = "admin-root",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Propose to give a record up for ever; the same command by a second person does it, and applies what waits behind.

    Its bytes stay on the topic dead-letter.SERVICE, and the audit log says who the two were.
    """
    client = Client(as_)
    if not yes:
        letter = client.get(_known(service), f"/dead-letters/{number}")
        console.print(f"{letter['position']}: {letter['reason']}", highlight=False)
        typer.confirm("Give this record up for ever?", abort=True)
    answer(client.post(_known(service), f"/dead-letters/{number}/discard"), as_json)


def _letters(client: Client, service: str) -> list[Json]:
    found: list[Json] = client.get(_known(service), "/dead-letters")
    return found


def _known(service: str) -> str:
    if service not in SERVICES:
        fail(WRONG_USE, f"unknown service {service!r}: one of {', '.join(SERVICES)}")
    return service
