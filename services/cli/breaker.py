"""``camledger breaker``: what stopped deletion and why, and its reset by two persons."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from services.cli.client import REFUSED, WRONG_USE, Client, Json, console, fail
from services.cli.show import AsJson, AsPerson, answer
from services.cli.typed import name

breaker_app = typer.Typer(help="Breakers: they stop deletion until two persons reset them.", no_args_is_help=True)

# What the API calls the breaker of the whole installation, and that of the clock guard.
EVERYWHERE: Final = ""
CLOCK: Final = "clock"
COLUMNS: Final = ("stops", "state", "tripped_at", "limit", "counted", "proposed_by")

Which = Annotated[
    str | None, typer.Argument(parser=name, metavar="[CAMERA_ID]", help="As `list` shows it; `clock`: the clock's.")
]
Everywhere = Annotated[bool, typer.Option("--everywhere", help="The one of the whole installation.")]


@breaker_app.command("list")
def list_(as_: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """List the breakers that are open, with limit and count; exit code 1 if any is."""
    found = _open(Client(as_))
    answer(found if as_json else [_row(each) for each in found], as_json, COLUMNS)
    raise typer.Exit(REFUSED if found else 0)


@breaker_app.command()
def show(
    camera_id: Which = None, everywhere: Everywhere = False, as_: AsPerson = "sysman-wu", as_json: AsJson = False
) -> None:
    """Show one breaker: open or closed, why, and who has asked for its reset; exit code 1 if it is open."""
    which = _which(camera_id, everywhere)
    found = [each for each in _open(Client(as_)) if each["camera_id"] == which]
    told = found[0] if found else {"camera_id": which, "state": "closed"}
    answer(told if as_json else _row(told), as_json)
    raise typer.Exit(REFUSED if found else 0)


@breaker_app.command()
def reset(
    camera_id: Which = None,
    everywhere: Everywhere = False,
    as_: AsPerson = "sysman-wu",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Propose to reset a breaker; the same command by a second person does it, and deletion goes on there."""
    which, client = _which(camera_id, everywhere), Client(as_)
    if not yes:
        for each in _open(client):
            if each["camera_id"] == which:
                console.print(f"{_stops(which)}: {_why(each)}", highlight=False)
        typer.confirm("Let deletion go on there?", abort=True)
    answer(client.post("retention", "/breaker/reset", {"camera_id": which}), as_json)


def _open(client: Client) -> list[Json]:
    status = client.get("retention", "/status", counted=False)
    return [each | {"state": "reset proposed" if each["proposed_by"] else "open"} for each in status["breakers"]]


def _which(camera_id: str | None, everywhere: bool) -> str:
    if everywhere == (camera_id is not None):
        fail(WRONG_USE, "name a camera, `clock`, or --everywhere: one of the three")
    return camera_id or EVERYWHERE


def _row(each: Json) -> Json:
    said = each | {"stops": _stops(each["camera_id"])}
    return {column: said[column] for column in COLUMNS if column in said}


def _stops(which: str) -> str:
    return {EVERYWHERE: "everything", CLOCK: "everything (clock)"}.get(which, f"camera {which}")


def _why(each: Json) -> str:
    # The clock's has nothing to count.
    return f"{each['limit']}, {each['counted']} counted" if each["counted"] else str(each["limit"])
