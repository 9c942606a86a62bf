"""``camledger segment`` and ``ingest``: what is stored, why it still is, and how it comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.cli.client import Client, console, path
from services.cli.show import AsJson, AsPerson, answer, listed, pairs
from services.cli.source import watch
from services.cli.terminal import Lang
from services.cli.typed import Camera, CameraId, InstantIfAny, OnlyCamera, StartedAt, instant, name

segment_app = typer.Typer(help="Segments of footage.", no_args_is_help=True)
ingest_app = typer.Typer(help="Take footage in.", no_args_is_help=True)
ingest_app.command()(watch)

FilePath = Annotated[Path, typer.Argument(metavar="PATH")]
COLUMNS = ("camera_id", "started_at", "ended_at", "state", "size_bytes")


@segment_app.command("list")
def list_segments(
    camera: OnlyCamera = None,
    start: Annotated[str, typer.Option("--from", parser=instant, help="Only from here on.")] = "1970-01-01T00:00:00Z",
    end: Annotated[str, typer.Option("--to", parser=instant, help="Only before this.")] = "2100-01-01T00:00:00Z",
    person: AsPerson = "auditor-fong",
    as_json: AsJson = False,
) -> None:
    """List segments of the catalog with their state."""
    found = Client(person).get("ingest", "/segments", camera=camera, **{"from": start, "to": end})
    answer(found, as_json, COLUMNS, "segments")


@segment_app.command()
def show(
    camera_id: CameraId, started_at: StartedAt, person: AsPerson = "auditor-fong", as_json: AsJson = False
) -> None:
    """Show one segment as the catalog has it."""
    found = Client(person).get("ingest", path("segments", camera_id, started_at))
    if as_json:
        answer(found, as_json)
    for generation in () if as_json else found["generations"]:
        console.print(pairs(generation))


@segment_app.command()
def explain(
    camera_id: CameraId,
    started_at: StartedAt,
    lang: Annotated[Lang, typer.Option(help="Language of the words.")] = Lang.EN,
    person: AsPerson = "auditor-fong",
    as_json: AsJson = False,
) -> None:
    """Tell why a segment still exists or why it is gone, from events and clauses."""
    told = Client(person).get("retention", path("segments", camera_id, started_at, "explain"), lang=lang)
    if as_json:
        answer(told, as_json)
        return
    told["rules"] = [{each: one for each, one in rule.items() if each != "titles"} for rule in told.get("rules") or ()]
    lists = {heading: value for heading, value in told.items() if isinstance(value, list)}
    console.print(pairs({heading: value for heading, value in told.items() if heading not in lists}))
    for heading, rows in lists.items():
        console.print(f"\n[bold]{heading.replace('_', ' ')}[/bold]")
        console.print(listed(rows) if rows and isinstance(rows[0], dict) else ", ".join(rows) or "none")


@ingest_app.command("file")
def ingest_file(
    file: FilePath,
    camera: Camera,
    source: Annotated[str, typer.Option(help="Id of a known source: its zone and names tell the start.")] = "",
    takeover: Annotated[str, typer.Option(help="Takeover id, for footage of an older recorder.")] = "",
    started_at: InstantIfAny = None,
    shift: Annotated[str, typer.Option()] = "",
    officer: Annotated[str, typer.Option(help="Person id.")] = "",
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Take one file in: probe, check by the policy, hash, store, catalogue."""
    body = {
        "path": str(file.resolve()),
        "camera_id": camera,
        "source_id": source or "command-line",
        "takeover_id": takeover,
        "started_at": started_at,
        "shift": shift,
        "officer": officer,
    }
    answer(Client(person).post("ingest", "/files", body), as_json)


@ingest_app.command()
def hook(
    file: FilePath,
    camera: Annotated[str, typer.Option(parser=name, metavar="CAMERA_ID", envvar="CAMLEDGER_CAMERA")],
    person: AsPerson = "sysman-wu",
) -> None:
    """For recorders that call a program when a file is complete (motion, MediaMTX, ZoneMinder)."""
    ingest_file(file, camera=camera, person=person, as_json=True)


@ingest_app.command()
def refusals(person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """List what was not taken in, and why."""
    found = Client(person).get("ingest", "/refusals")
    if not as_json:
        found = {"refusals": [{"recorded_at": one["recorded_at"], **one["body"]} for one in found["refusals"]]}
    answer(found, as_json, ("recorded_at", "camera_id", "source_path", "refusal", "explanation", "clause"), "refusals")


@ingest_app.command()
def gaps(person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """List intervals in which a camera should have recorded and did not."""
    found = Client(person).get("ingest", "/gaps")
    answer(found, as_json, ("camera_id", "gap_from", "gap_to", "found_by"), "gaps")
