"""``camledger hold`` and ``deletion``: what must not go, what is due, and what went with which receipt."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.client import Client
from services.cli.show import AsJson, AsPerson, answer

hold_app = typer.Typer(help="Legal holds.", no_args_is_help=True)
deletion_app = typer.Typer(help="The deletion queue and its receipts.", no_args_is_help=True)

COLUMNS = ("hold_id", "kind", "matter", "state", "review_by", "protects_until")
Cameras = Annotated[list[str] | None, typer.Option("--camera", help="Camera id; repeatable; none means any.")]


@hold_app.command()
def place(
    matter: Annotated[str, typer.Option(help="Case or matter number.")],
    authority: Annotated[str, typer.Option(help="Who ordered it, and under which clause.")],
    start: Annotated[str, typer.Option("--from", help="ISO 8601 instant.")],
    end: Annotated[str | None, typer.Option("--to", help="ISO 8601 instant; open without it.")] = None,
    camera: Cameras = None,
    area: Annotated[str, typer.Option()] = "",
    officer: Annotated[str, typer.Option(help="Person id.")] = "",
    incident: Annotated[str, typer.Option()] = "",
    kind: Annotated[str, typer.Option(help="Kind of hold of the policy.")] = "preservation",
    review_by: Annotated[str | None, typer.Option(help="ISO 8601 instant.")] = None,
    confirmed_count: Annotated[
        int | None, typer.Option(help="For a scope of everything: the count that the first answer showed.")
    ] = None,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Place a hold. The answer says whether it is received, accepted or effective, and names what is in flight."""
    body = {
        "matter": matter,
        "authority": authority,
        "hold_kind": kind,
        "review_by": review_by,
        "confirmed_count": confirmed_count,
        "scope": scope(camera, area, officer, incident, start, end),
    }
    answer(Client(person).post("access", "/holds", body), as_json)


@hold_app.command("list")
def list_holds(person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """List holds, open requests and rescues with their states."""
    answer(Client(person).get("access", "/holds"), as_json, COLUMNS, "holds")


@hold_app.command()
def show(hold_id: str, person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """Show one hold with custody's three lists: secured, being destroyed, gone."""
    answer(Client(person).get("access", f"/holds/{hold_id}"), as_json)


@hold_app.command()
def extend(
    hold_id: str,
    start: Annotated[str, typer.Option("--from")],
    end: Annotated[str | None, typer.Option("--to")] = None,
    camera: Cameras = None,
    review_by: Annotated[str | None, typer.Option()] = None,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Add to what a hold covers, or move its review date."""
    body = {"scope": scope(camera, "", "", "", start, end), "review_by": review_by}
    answer(Client(person).post("access", f"/holds/{hold_id}/extend", body), as_json)


@hold_app.command("propose-release")
def propose_release(
    hold_id: str,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Propose to release a hold; a second person confirms."""
    answer(Client(person).post("access", f"/holds/{hold_id}/propose-release"), as_json)


@hold_app.command()
def release(
    hold_id: str,
    person: AsPerson = "supervisor-kao",
    as_json: AsJson = False,
) -> None:
    """Confirm a proposed release: the hold gets an end, and nothing goes before it."""
    answer(Client(person).post("access", f"/holds/{hold_id}/release"), as_json)


@deletion_app.command()
def queue(
    start: Annotated[str | None, typer.Option("--from")] = None,
    end: Annotated[str | None, typer.Option("--to")] = None,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Show what goes, when, and by which rule."""
    answer(Client(person).get("retention", "/due", **{"from": start, "to": end}), as_json)


@deletion_app.command()
def overdue(person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """Show what is past its maximum: overdue, or lawfully protected."""
    answer(Client(person).get("retention", "/overdue"), as_json)


@deletion_app.command()
def restore(
    camera_id: str,
    start: Annotated[str, typer.Option("--from")],
    end: Annotated[str, typer.Option("--to")],
    until: Annotated[str, typer.Option(help="ISO 8601 instant at which the rescue ends.")],
    reason: Annotated[str, typer.Option()],
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Rescue footage from the deletion queue until an instant before its maximum."""
    body = {"scope": scope([camera_id], "", "", "", start, end), "until": until, "reason": reason}
    answer(Client(person).post("access", "/rescues", body), as_json)


@deletion_app.command()
def receipts(
    camera: Annotated[str | None, typer.Option()] = None,
    start: Annotated[str | None, typer.Option("--from")] = None,
    end: Annotated[str | None, typer.Option("--to")] = None,
    person: AsPerson = "auditor-fong",
    as_json: AsJson = False,
) -> None:
    """List receipts of destruction."""
    found = Client(person).get("ingest", "/receipts", camera=camera, **{"from": start, "to": end})
    columns = ("camera_id", "started_at", "generation", "destroyed_at", "method", "destroyed_by", "rule_ids")
    answer(found, as_json, columns, "receipts")


def scope(
    cameras: list[str] | None, area: str, officer: str, incident: str, start: str, end: str | None
) -> dict[str, object]:
    """Return a scope as the API takes it."""
    return {
        "cameras": cameras or [],
        "area": area,
        "officer": officer,
        "incident": incident,
        "from": start,
        "to": end,
    }
