"""``camledger source``: where footage comes from, and how each source is doing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.cli.client import Client
from services.cli.show import AsJson, AsPerson, answer
from services.cli.typed import Camera, name

source_app = typer.Typer(help="Sources of footage: watched folders, and clocks of files that are handed over.")

LISTED = ("source_id", "camera_id", "folder", "zone", "name_pattern", "afterwards", "attested", "watched")
DOING = ("source_id", "camera_id", "taken", "last_taken", "waiting", "refused", "last_refused", "refusal")

Zone = Annotated[str, typer.Option(help="IANA zone of the clock that names its files, such as Asia/Taipei.")]
Pattern = Annotated[str, typer.Option(help="How its names tell the start: %Y%m%d%H%M%S and so on, * for the rest.")]
Afterwards = Annotated[str, typer.Option(help="What becomes of a file that was taken in: leave, move or remove.")]
Attested = Annotated[bool, typer.Option("--attested", help="Somebody answers for this source's clock.")]


@source_app.command()
def add(
    source_id: Annotated[str, typer.Argument(parser=name, metavar="SOURCE_ID")],
    camera: Camera,
    zone: Zone,
    folder: Annotated[Path | None, typer.Option(help="Folder to watch; none: its files are handed over.")] = None,
    pattern: Pattern = "",
    afterwards: Afterwards = "leave",
    attested: Attested = False,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Add a source, or change one. Its folder is watched from now on, without a restart."""
    body = {
        "source_id": source_id,
        "camera_id": camera,
        "zone": zone,
        "folder": str(folder.resolve()) if folder else "",
        "name_pattern": pattern,
        "afterwards": afterwards,
        "attested": attested,
        "watched": folder is not None,
    }
    answer(Client(person).post("ingest", "/sources", body), as_json)


@source_app.command("list")
def list_sources(person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """List sources with their settings."""
    answer(Client(person).get("ingest", "/sources"), as_json, LISTED, "sources")


@source_app.command()
def status(person: AsPerson = "sysman-wu", as_json: AsJson = False) -> None:
    """Show for each source its last file, what waits, what was refused and why, and since when it is silent."""
    answer(Client(person).get("ingest", "/sources"), as_json, (*DOING, "silent_since"), "sources")


def watch(
    folder: Path,
    camera: Camera,
    zone: Zone,
    source: Annotated[str, typer.Option(help="Id of the source; the camera's without it.")] = "",
    pattern: Pattern = "",
    afterwards: Afterwards = "leave",
    attested: Attested = False,
    person: AsPerson = "sysman-wu",
    as_json: AsJson = False,
) -> None:
    """Take in whatever a recorder writes into a folder, from now on: ``source add`` in one line."""
    add(source or camera, camera, zone, folder, pattern, afterwards, attested, person, as_json)
