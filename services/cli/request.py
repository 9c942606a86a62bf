"""``camledger request`` and the verbs of its chain: approve, return, deny, consult, view, copy."""

from __future__ import annotations

import json
from io import BytesIO
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated

import typer

from services.cli.camera import named, now
from services.cli.client import WRONG_USE, Client, console, fail, path
from services.cli.show import AsJson, AsPerson, answer
from services.cli.terminal import Lang
from services.cli.typed import Camera, Cameras, CopyId, End, InstantIfAny, RequestId, Start, ViewingId, instant, name

request_app = typer.Typer(help="Requests for footage.", no_args_is_help=True)
view_app = typer.Typer(help="Viewings of footage.", no_args_is_help=True)
copy_app = typer.Typer(help="Copies of footage.", no_args_is_help=True)

COLUMNS = ("request_id", "kind", "action", "state", "submitted_at", "term_ends_at")
Note = Annotated[str, typer.Option(help="What the person says to it.")]
Step = Annotated[
    str, typer.Argument(parser=name, metavar="STEP", help="Step of the chain, as `request show` lists it.")
]
Out = Annotated[Path | None, typer.Option(help="File to write; default form-ID.pdf here.")]
Language = Annotated[Lang | None, typer.Option("--lang", help="Language, where the form has two; else the agency's.")]


@request_app.command()
def submit(
    policy: Annotated[str, typer.Option(help="Pack that decides.")],
    kind: Annotated[str, typer.Option(help="Kind of request in the pack.")],
    action: Annotated[str, typer.Option(help="view, copy, preserve, ...")],
    start: Start,
    end: End,
    camera: Cameras = None,
    fact: Annotated[list[str] | None, typer.Option(help="request.NAME=value or requester.NAME=value.")] = None,
    document: Annotated[list[str] | None, typer.Option(help="Document that is attached; repeatable.")] = None,
    form: Annotated[Path | None, typer.Option(help="JSON file with facts, named as --fact names them.")] = None,
    person: AsPerson = "officer-lin",
    as_json: AsJson = False,
) -> None:
    """Hand in a request. A rule that refuses it does so at once, with its clause."""
    facts = {**_form(form), **named(fact or [])}
    asked = {"kind": kind, "action": action, "cameras": camera or [], "interval": [start, end]}
    body = {
        "policy_id": policy,
        "requester": _of("requester", facts),
        "request": {**asked, **_of("request", facts)},
        "documents": document or [],
    }
    answer(Client(person).post("access", "/requests", body), as_json)


@request_app.command("list")
def list_requests(person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """List requests with their state and the steps that wait."""
    answer(Client(person).get("access", "/requests"), as_json, COLUMNS, "requests")


@request_app.command()
def show(request_id: RequestId, person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """Show one request with its chain."""
    answer(Client(person).get("access", path("requests", request_id)), as_json)


@request_app.command("form")
def print_form(
    request_id: RequestId,
    out: Out = None,
    lang: Language = None,
    person: AsPerson = "sysman-wu",
) -> None:
    """Write a request's application form as PDF, in the agency's own layout, with its signatures."""
    _print(path("requests", request_id, "form.pdf"), out or Path(f"form-{request_id}.pdf"), lang, person)


@request_app.command("project-form")
def print_project_form(
    project_id: Annotated[str, typer.Argument(parser=name, metavar="PROJECT_ID", help="Live project.")],
    out: Out = None,
    lang: Language = None,
    person: AsPerson = "sysman-wu",
) -> None:
    """Write a live project's sheet with its five decisions as PDF."""
    _print(path("projects", project_id, "form.pdf"), out or Path(f"form-{project_id}.pdf"), lang, person)


@request_app.command()
def withdraw(request_id: RequestId, person: AsPerson = "officer-lin", as_json: AsJson = False) -> None:
    """Take a request back."""
    answer(Client(person).post("access", path("requests", request_id, "withdraw")), as_json)


@request_app.command()
def close(request_id: RequestId, person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """Close a request that has been carried out."""
    answer(Client(person).post("access", path("requests", request_id, "close")), as_json)


def approve(
    request_id: RequestId, step: Step, note: Note = "", person: AsPerson = "officer-lin", as_json: AsJson = False
) -> None:
    """Sign a step of a request's chain."""
    _decide(request_id, step, "approve", note, person, as_json)


def return_(
    request_id: RequestId, step: Step, note: Note, person: AsPerson = "officer-lin", as_json: AsJson = False
) -> None:
    """Send a request back for correction."""
    _decide(request_id, step, "return", note, person, as_json)


def deny(
    request_id: RequestId, step: Step, note: Note, person: AsPerson = "officer-lin", as_json: AsJson = False
) -> None:
    """Deny a request: the chain ends."""
    _decide(request_id, step, "deny", note, person, as_json)


def consult(
    request_id: RequestId, step: Step, note: Note, person: AsPerson = "pr-yang", as_json: AsJson = False
) -> None:
    """Give the opinion that the chain asks for."""
    _decide(request_id, step, "consult", note, person, as_json)


@view_app.command()
def schedule(
    request_id: RequestId,
    at: Annotated[str | None, typer.Option(parser=instant, help="Instant; now without it.")] = None,
    accompanied_by: Annotated[str, typer.Option(help="Person id of the head or custodian who comes along.")] = "",
    person: AsPerson = "officer-lin",
    as_json: AsJson = False,
) -> None:
    """Agree a viewing under a granted request."""
    body = {"agreed_time": at or now(), "accompanied_by": accompanied_by}
    answer(Client(person).post("access", path("requests", request_id, "viewings"), body), as_json)


@view_app.command()
def accompany(viewing_id: ViewingId, person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """Say that one is there: only who comes along can say so."""
    answer(Client(person).post("access", path("viewings", viewing_id, "accompany")), as_json)


@view_app.command()
def watch(
    viewing_id: ViewingId,
    out: Annotated[Path, typer.Option(help="Folder for the clips.")],
    person: AsPerson = "officer-lin",
    as_json: AsJson = False,
) -> None:
    """Watch a viewing's footage. The view is on the log before the first byte leaves."""
    client = Client(person)
    opened = client.post("access", path("viewings", viewing_id, "open"))
    out.mkdir(parents=True, exist_ok=True)
    for clip in opened["footage"]:
        name = f"{clip['camera']}_{clip['start'].replace(':', '')}.mp4"
        with (out / name).open("wb") as into:
            client.download(
                "access", path("viewings", viewing_id, "media"), into, camera=clip["camera"], start=clip["start"]
            )
    answer(client.post("access", path("viewings", viewing_id, "end")), as_json)


@copy_app.command("make")
def make_copy(
    request_id: RequestId,
    camera: Camera,
    start: Annotated[str, typer.Option(parser=instant, help="Start of the segment, as `segment list` shows it.")],
    out: Annotated[Path, typer.Option(help="File for the copy.")],
    return_by: InstantIfAny = None,
    person: AsPerson = "officer-lin",
    as_json: AsJson = False,
) -> None:
    """Make a numbered copy of granted footage."""
    client = Client(person)
    body = {"camera": camera, "start": start, "return_by": return_by}
    made = client.post("access", path("requests", request_id, "copies"), body)
    with out.open("wb") as into:
        client.download("access", path("copies", made["copy_id"], "media"), into)
    answer(made, as_json)


@copy_app.command("redact")
def redact_copy(
    copy_id: CopyId,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The redacted file: MP4, Matroska or AVI.")],
    why: Annotated[str, typer.Option(help="What was made unrecognisable, and why: it stands on the log.")],
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Hand in a copy that was redacted elsewhere; it is linked to its original. Who asked for the copy can't."""
    declared = guess_type(file.name)[0] or "application/octet-stream"
    with file.open("rb") as source:
        done = Client(person).upload("access", path("copies", copy_id, "redacted"), source, declared, why=why)
    answer(done, as_json)


@copy_app.command("sign")
def sign_copy(
    copy_id: CopyId,
    role: Annotated[str, typer.Option(help="As whom: applicant, recipient, ...")] = "applicant",
    person: AsPerson = "officer-lin",
    as_json: AsJson = False,
) -> None:
    """Sign for a copy."""
    answer(Client(person).post("access", path("copies", copy_id, "sign"), {"role": role}), as_json)


def _decide(request_id: str, step: str, decision: str, note: str, person: str, as_json: bool) -> None:
    body = {"decision": decision, "note": note, "opinion": note if decision == "consult" else ""}
    answer(Client(person).post("access", path("requests", request_id, "steps", step), body), as_json)


def _print(resource: str, out: Path, lang: Lang | None, person: str) -> None:
    content = BytesIO()
    # Nothing is left behind where the service refuses.
    Client(person).download("access", resource, content, lang=lang.value if lang is not None else None)
    out.write_bytes(content.getvalue())
    console.print(f"{out}: {len(content.getvalue())} bytes", highlight=False)


def _of(kind: str, facts: dict[str, object]) -> dict[str, object]:
    """Return the facts named ``<kind>.<name>``, by name."""
    return {name.removeprefix(f"{kind}."): value for name, value in facts.items() if name.startswith(f"{kind}.")}


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
