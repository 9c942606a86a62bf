"""``camledger hold`` and ``deletion``: what must not go, what is due, and what went with which receipt."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.certificate import certificate, verify
from services.cli.client import Client, Json, path
from services.cli.hold_words import row, whole
from services.cli.show import AsJson, AsPerson, answer
from services.cli.terminal import Lang
from services.cli.typed import CameraId, Cameras, End, From, HoldId, InstantIfAny, OnlyCamera, Start, To, instant

hold_app = typer.Typer(help="Legal holds.", no_args_is_help=True)
deletion_app = typer.Typer(help="The deletion queue and its receipts.", no_args_is_help=True)

COUNT_MAX = 10**12  # more segments than any city records
Confirmed = Annotated[
    int | None,
    typer.Option(min=0, max=COUNT_MAX, help="For a scope of everything: the count that the first answer showed."),
]
MoreFrom = Annotated[str | None, typer.Option("--from", parser=instant, help="Start of what it covers besides.")]
Language = Annotated[Lang, typer.Option("--lang", help="Language of the words.")]
OpenEnd = Annotated[str | None, typer.Option("--to", parser=instant, help="Instant; open without it.")]


@hold_app.command()
def place(
    matter: Annotated[str, typer.Option(help="Case or matter number.")],
    authority: Annotated[str, typer.Option(help="Who ordered it, and under which clause.")],
    start: Start,
    end: OpenEnd = None,
    camera: Cameras = None,
    area: Annotated[str, typer.Option()] = "",
    officer: Annotated[str, typer.Option(help="Person id.")] = "",
    incident: Annotated[str, typer.Option()] = "",
    kind: Annotated[str, typer.Option(help="Kind of hold of the policy.")] = "preservation",
    review_by: InstantIfAny = None,
    confirmed_count: Confirmed = None,
    lang: Language = Lang.EN,
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
    _tell(Client(person).post("access", "/holds", body), lang, as_json)


@hold_app.command("list")
def list_holds(lang: Language = Lang.EN, person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """List holds, open requests and rescues with their states."""
    holds = Client(person).get("access", "/holds")["holds"]
    answer(holds if as_json else [row(hold, lang) for hold in holds], as_json)


@hold_app.command()
def show(hold_id: HoldId, lang: Language = Lang.EN, person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """Show one hold with custody's three lists: secured, being destroyed, gone."""
    _tell(Client(person).get("access", path("holds", hold_id)), lang, as_json)


@hold_app.command()
def extend(
    hold_id: HoldId,
    start: MoreFrom = None,
    end: OpenEnd = None,
    camera: Cameras = None,
    area: Annotated[str, typer.Option()] = "",
    officer: Annotated[str, typer.Option(help="Person id.")] = "",
    incident: Annotated[str, typer.Option()] = "",
    review_by: InstantIfAny = None,
    confirmed_count: Confirmed = None,
    lang: Language = Lang.EN,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Add to what a hold covers, or move its review date; with a review date alone it covers what it covered."""
    more = any([start, end, camera, area, officer, incident])
    body = {
        "scope": scope(camera, area, officer, incident, start, end) if more else None,
        "review_by": review_by,
        "confirmed_count": confirmed_count,
    }
    _tell(Client(person).post("access", path("holds", hold_id, "extend"), body), lang, as_json)


@hold_app.command("write-again")
def write_again(
    hold_id: HoldId,
    lang: Language = Lang.EN,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Write a hold again that custody can't read, as it stands; two persons then settle what is parked."""
    _tell(Client(person).post("access", path("holds", hold_id, "write-again")), lang, as_json)


@hold_app.command("propose-release")
def propose_release(
    hold_id: HoldId,
    lang: Language = Lang.EN,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Propose to release a hold; a second person confirms."""
    _tell(Client(person).post("access", path("holds", hold_id, "propose-release")), lang, as_json)


@hold_app.command()
def release(
    hold_id: HoldId,
    lang: Language = Lang.EN,
    person: AsPerson = "supervisor-kao",
    as_json: AsJson = False,
) -> None:
    """Confirm a proposed release: the hold gets an end, and nothing goes before it."""
    _tell(Client(person).post("access", path("holds", hold_id, "release")), lang, as_json)


@deletion_app.command()
def queue(
    start: From = None,
    end: To = None,
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
    camera_id: CameraId,
    start: Start,
    end: End,
    until: Annotated[str, typer.Option(parser=instant, help="Instant at which the rescue ends.")],
    reason: Annotated[str, typer.Option()],
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Rescue footage from the deletion queue until an instant before its maximum."""
    body = {"scope": scope([camera_id], "", "", "", start, end), "until": until, "reason": reason}
    answer(Client(person).post("access", "/rescues", body), as_json)


@deletion_app.command()
def receipts(
    camera: OnlyCamera = None,
    start: From = None,
    end: To = None,
    person: AsPerson = "auditor-fong",
    as_json: AsJson = False,
) -> None:
    """List receipts of destruction."""
    found = Client(person).get("ingest", "/receipts", camera=camera, **{"from": start, "to": end})
    columns = ("camera_id", "started_at", "generation", "destroyed_at", "method", "destroyed_by", "rule_ids")
    answer(found, as_json, columns, "receipts")


def _tell(hold: Json, lang: Lang, as_json: bool) -> None:
    answer(hold if as_json else whole(hold, lang), as_json)


def scope(
    cameras: list[str] | None, area: str, officer: str, incident: str, start: str | None, end: str | None
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


deletion_app.command("certificate")(certificate)
deletion_app.command("verify")(verify)
