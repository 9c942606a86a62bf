"""``camledger request`` and the verbs of its chain: approve, return, deny, consult, view, copy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from services.cli.camera import named
from services.cli.client import WRONG_USE, Client, console, fail
from services.cli.hold import scope
from services.cli.show import AsJson, AsPerson, answer

request_app = typer.Typer(help="Requests for footage.", no_args_is_help=True)
copy_app = typer.Typer(help="Copies of footage.", no_args_is_help=True)

COLUMNS = ("request_id", "policy_id", "kind", "action", "state", "open_steps", "term_ends_at")
Note = Annotated[str, typer.Option(help="What the person says to it.")]
Step = Annotated[str, typer.Argument(help="Step of the chain, as `request show` lists it.")]


@request_app.command()
def submit(
    policy: Annotated[str, typer.Option(help="Pack that decides.")],
    kind: Annotated[str, typer.Option(help="Kind of request in the pack.")],
    action: Annotated[str, typer.Option(help="view, copy, preserve, ...")],
    start: Annotated[str, typer.Option("--from", help="ISO 8601 instant.")],
    end: Annotated[str, typer.Option("--to", help="ISO 8601 instant.")],
    camera: Annotated[list[str] | None, typer.Option("--camera")] = None,
    fact: Annotated[list[str] | None, typer.Option(help="request.<name>=value or requester.<name>=value.")] = None,
    document: Annotated[list[str] | None, typer.Option(help="Document that is attached; repeatable.")] = None,
    form: Annotated[Path | None, typer.Option(help="JSON file with facts.")] = None,
    person: AsPerson = "officer-lin",
    as_json: AsJson = False,
) -> None:
    """Hand in a request. A rule that refuses it does so at once, with its clause."""
    body = {
        "policy_id": policy,
        "kind": kind,
        "action": action,
        "scope": scope(camera, "", "", "", start, end),
        "facts": {**_form(form), **named(fact or [])},
        "documents": document or [],
    }
    answer(Client(person).post("access", "/requests", body), as_json)


@request_app.command("list")
def list_requests(person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """List requests with their state and the steps that wait."""
    answer(Client(person).get("access", "/requests"), as_json, COLUMNS)


@request_app.command()
def show(request_id: str, person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """Show one request with its chain."""
    answer(Client(person).get("access", f"/requests/{request_id}"), as_json)


@request_app.command()
def withdraw(request_id: str, person: AsPerson = "officer-lin", as_json: AsJson = False) -> None:
    """Take a request back."""
    answer(Client(person).post("access", f"/requests/{request_id}/withdraw"), as_json)


@request_app.command()
def close(request_id: str, person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """Close a request that has been carried out."""
    answer(Client(person).post("access", f"/requests/{request_id}/close"), as_json)


def approve(
    request_id: str, step: Step, note: Note = "", person: AsPerson = "officer-lin", as_json: AsJson = False
) -> None:
    """Sign a step of a request's chain."""
    _decide(request_id, step, "approve", note, person, as_json)


def return_(request_id: str, step: Step, note: Note, person: AsPerson = "officer-lin", as_json: AsJson = False) -> None:
    """Send a request back for correction."""
    _decide(request_id, step, "return", note, person, as_json)


def deny(request_id: str, step: Step, note: Note, person: AsPerson = "officer-lin", as_json: AsJson = False) -> None:
    """Deny a request: the chain ends."""
    _decide(request_id, step, "deny", note, person, as_json)


def consult(request_id: str, step: Step, note: Note, person: AsPerson = "pr-yang", as_json: AsJson = False) -> None:
    """Give the opinion that the chain asks for."""
    _decide(request_id, step, "consult", note, person, as_json)


def view(
    request_id: str,
    accompanied_by: Annotated[str, typer.Option(help="Person id of the head or custodian who is present.")] = "",
    out: Annotated[Path | None, typer.Option(help="File for the picture; without it only what may be seen.")] = None,
    person: AsPerson = "officer-lin",
    as_json: AsJson = False,
) -> None:
    """View granted footage. The view is on the log before the first byte leaves."""
    client = Client(person)
    body = {"accompanied_by": accompanied_by}
    viewing = client.post("access", f"/requests/{request_id}/viewings", body)
    if out is not None:
        viewing = {**viewing, "bytes": _fetch(client, viewing, out)}
        client.post("access", f"/viewings/{viewing['viewing_id']}/end")
    answer(viewing, as_json)


@copy_app.command("make")
def make_copy(
    request_id: str,
    out: Annotated[Path, typer.Option(help="File for the copy.")],
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Make a numbered copy of granted footage."""
    client = Client(person)
    made = client.post("access", f"/requests/{request_id}/copies")
    with out.open("wb") as into:
        client.download("access", f"/copies/{made['copy_id']}/media", into)
    answer(made, as_json)


@copy_app.command("sign")
def sign_copy(copy_id: str, person: AsPerson = "officer-lin", as_json: AsJson = False) -> None:
    """Sign for a copy."""
    answer(Client(person).post("access", f"/copies/{copy_id}/sign"), as_json)


def _decide(request_id: str, step: str, decision: str, note: str, person: str, as_json: bool) -> None:
    body = {"decision": decision, "note": note, "opinion": note if decision == "consult" else ""}
    answer(Client(person).post("access", f"/requests/{request_id}/steps/{step}", body), as_json)


def _fetch(client: Client, viewing: dict[str, object], out: Path) -> int:
    footage = viewing["footage"]
    assert isinstance(footage, list)
    with out.open("wb") as into:
        path = f"/viewings/{viewing['viewing_id']}/media"
        return sum(
            client.download("access", path, into, camera=one["camera_id"], start=one["started_at"]) for one in footage
        )


def _form(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    try:
        facts = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        fail(WRONG_USE, f"{path}: {error}")
    if not isinstance(facts, dict):
        fail(WRONG_USE, f"{path} holds {type(facts).__name__}, an object with facts is needed")
    console.print(f"[dim]{len(facts)} facts from {path}[/dim]")
    return facts
