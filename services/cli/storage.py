"""``camledger storage``: compare catalog and stores now, see where they differ, and where one segment lies."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.client import REFUSED, Client
from services.cli.show import AsJson, AsPerson, answer

storage_app = typer.Typer(help="Stores of footage against the catalog.", no_args_is_help=True)


@storage_app.command()
def compare(
    bytes_too: Annotated[
        bool, typer.Option("--bytes", help="Read every byte instead of a sample: takes long.")
    ] = False,
    as_: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Compare all of the catalog and of every store now; exit code 1 if they differ anywhere."""
    client, at = Client(as_), dict[str, Any]()
    while not at.get("complete"):
        at = client.post(
            "ingest", "/comparisons", {k: at[k] for k in ("hour", "listed") if k in at} | {"bytes_too": bytes_too}
        )
    _differences(client, as_json)


@storage_app.command()
def differences(as_: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """List where catalog and stores differ, as far as it is known; exit code 1 if they do."""
    _differences(Client(as_), as_json)


@storage_app.command()
def manifest(
    camera_id: Annotated[str, typer.Argument()],
    started_at: Annotated[str, typer.Argument(help="As `camledger segment list` shows it.")],
    as_: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Show every copy of one segment: what, where, versions, hash, state, and when it ends."""
    found = Client(as_).get("ingest", f"/segments/{camera_id}/{started_at}/manifest")["generations"]
    answer([{"generation": each["generation"], **copy} for each in found for copy in each["copies"]], as_json)


def _differences(client: Client, as_json: bool) -> None:
    found: list[dict[str, Any]] = []
    complete, after = False, dict[str, str]()
    while not complete:
        page = client.get("ingest", "/differences", **after)
        found += page["differences"]
        complete = page["complete"]
        after = {name: found[-1][name] for name in ("place", "difference")} if found else {}
    answer(found, as_json)
    raise typer.Exit(REFUSED if found else 0)
