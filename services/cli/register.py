"""``camledger register``: the catalog, the requests and every access, on screen, as JSON or as a spreadsheet file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.client import Client, console
from services.cli.show import AsJson, AsPerson, answer

register_app = typer.Typer(help="The three registers that the policies ask for.", no_args_is_help=True)

CATALOG = ("camera", "starts_at", "ends_at", "officer", "size_bytes", "stored_at", "destroyed_at", "destroyed_by")
REQUESTS = ("number", "submitted_at", "kind", "action", "requester", "footage_from", "footage_to", "outcome")
ACCESS = ("at", "person", "act", "request", "cameras", "footage_from", "footage_to", "accompanied_by", "signed_at")

Camera = Annotated[str | None, typer.Option(help="Only this camera.")]
From = Annotated[str | None, typer.Option("--from", help="Only from this instant on, such as 2026-11-22T00:00:00Z.")]
To = Annotated[str | None, typer.Option("--to", help="Only before this instant.")]
Request = Annotated[str | None, typer.Option(help="Only what belongs to this request.")]
Sheet = Annotated[Path | None, typer.Option("--csv", help="Write the whole register into this file.")]
Lang = Annotated[str, typer.Option(help="Headings of the file: en, zh-Hant or both.")]
Zone = Annotated[str, typer.Option(help="Time zone of the file, such as Asia/Taipei.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Rows on screen or as JSON.")]


@register_app.command()
def catalog(
    person: AsPerson = "auditor-fong",
    camera: Camera = None,
    from_: From = None,
    to: To = None,
    request: Request = None,
    csv: Sheet = None,
    lang: Lang = "both",
    zone: Zone = "UTC",
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """Every file, from storing to destruction (目錄清冊)."""
    asked = {"camera": camera, "from": from_, "to": to, "request": request}
    _register("catalog", CATALOG, Client(person), asked, csv, {"lang": lang, "zone": zone}, limit, as_json=as_json)


@register_app.command()
def requests(
    person: AsPerson = "auditor-fong",
    camera: Camera = None,
    from_: From = None,
    to: To = None,
    request: Request = None,
    csv: Sheet = None,
    lang: Lang = "both",
    zone: Zone = "UTC",
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """Every request with its signatures and its outcome (申請表)."""
    asked = {"camera": camera, "from": from_, "to": to, "request": request}
    _register("requests", REQUESTS, Client(person), asked, csv, {"lang": lang, "zone": zone}, limit, as_json=as_json)


@register_app.command()
def access(
    person: AsPerson = "auditor-fong",
    camera: Camera = None,
    from_: From = None,
    to: To = None,
    request: Request = None,
    csv: Sheet = None,
    lang: Lang = "both",
    zone: Zone = "UTC",
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """Every view and copy, to the second (紀錄清冊)."""
    asked = {"camera": camera, "from": from_, "to": to, "request": request}
    _register("access", ACCESS, Client(person), asked, csv, {"lang": lang, "zone": zone}, limit, as_json=as_json)


def _register(
    name: str,
    columns: tuple[str, ...],
    client: Client,
    asked: dict[str, Any],
    csv: Path | None,
    form: dict[str, str],
    limit: int,
    *,
    as_json: bool,
) -> None:
    if csv is not None:
        _write(name, client, csv, asked | form)
        return
    found = client.get("analytics", f"/registers/{name}", **asked, limit=limit)
    answer(found if as_json else found["rows"], as_json, columns)
    if found["more"] and not as_json:
        console.print(f"The first {limit} rows; --limit shows more, --csv writes all.", style="dim")


def _write(name: str, client: Client, path: Path, asked: dict[str, Any]) -> None:
    # Beside its final name first: a cut-off download must not pass for a whole register.
    partial = path.with_name(f"{path.name}.part")
    try:
        with partial.open("wb") as into:
            size = client.download("analytics", f"/registers/{name}.csv", into, **asked)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    console.print(f"{path}: {size} bytes")
