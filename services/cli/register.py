"""``camledger register``: the catalog, the requests and every access, on screen, as JSON, spreadsheet or PDF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from services.cli.client import WRONG_USE, Client, console, fail, path
from services.cli.show import AsJson, AsPerson, answer
from services.cli.typed import From, OnlyCamera, To, number

register_app = typer.Typer(help="The three registers that the policies ask for.", no_args_is_help=True)


class Register(NamedTuple):
    """One register: its name, what it holds, and the columns that a screen has room for."""

    name: str
    holds: str
    columns: tuple[str, ...]


REGISTERS = (
    Register(
        "catalog",
        "Every file, from storing to destruction (目錄清冊).",
        ("camera", "starts_at", "ends_at", "officer", "size_bytes", "stored_at", "destroyed_at", "destroyed_by"),
    ),
    Register(
        "requests",
        "Every request with its signatures and its outcome (申請表).",
        ("number", "submitted_at", "kind", "action", "requester", "footage_from", "footage_to", "outcome"),
    ),
    Register(
        "access",
        "Every view and copy, to the second (紀錄清冊).",
        ("at", "person", "act", "request", "cameras", "footage_from", "footage_to", "accompanied_by", "signed_at"),
    ),
)

Request = Annotated[str | None, typer.Option(parser=number, help="Only what belongs to this request.")]
Search = Annotated[str | None, typer.Option(help="Only where each of these words stands.")]
Sheet = Annotated[Path | None, typer.Option("--csv", help="Write the whole register into this file.")]
Paper = Annotated[Path | None, typer.Option("--pdf", help="Write the register for paper into this file: 300 entries.")]
Policy = Annotated[str | None, typer.Option(help="For --pdf: whose columns, clock and language; every column without.")]
Lang = Annotated[
    str, typer.Option(help="Headings of the CSV: en, zh-Hant or both; language of the PDF: one of the two.")
]
Zone = Annotated[str, typer.Option(help="Time zone of the CSV, such as Asia/Taipei.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Rows on screen or as JSON.")]


def _verb(register: Register) -> Callable[..., None]:
    def show(
        person: AsPerson = "auditor-fong",
        camera: OnlyCamera = None,
        from_: From = None,
        to: To = None,
        request: Request = None,
        search: Search = None,
        csv: Sheet = None,
        pdf: Paper = None,
        policy: Policy = None,
        lang: Lang = "both",
        zone: Zone = "UTC",
        limit: Limit = 100,
        as_json: AsJson = False,
    ) -> None:
        asked = {"camera": camera, "from": from_, "to": to, "request": request, "search": search}
        client = Client(person)
        if csv is not None:
            _write(client, csv, "analytics", f"/registers/{register.name}.csv", {**asked, "lang": lang, "zone": zone})
        if pdf is not None:
            one = None if lang == "both" else lang
            _write(client, pdf, "access", f"/registers/{register.name}.pdf", {**asked, "policy": policy, "lang": one})
        if csv is None and pdf is None:
            _show(register, client, {**asked, "limit": str(limit)}, as_json)

    return show


for each in REGISTERS:
    register_app.command(each.name, help=each.holds)(_verb(each))


def _show(register: Register, client: Client, asked: dict[str, str | None], as_json: bool) -> None:
    found = client.get("analytics", path("registers", register.name), **asked)
    answer(found if as_json else found["rows"], as_json, register.columns)
    if found["more"] and not as_json:
        console.print(f"The first {asked['limit']} rows; --limit shows more, --csv writes all.", style="dim")


def _write(client: Client, file: Path, service: str, route: str, asked: dict[str, str | None]) -> None:
    if not file.parent.is_dir():
        fail(WRONG_USE, f"{file.parent} is no folder: name a file in one that exists")
    # Beside its final name first: a cut-off download must not pass for a whole register.
    partial = file.with_name(f"{file.name}.part")
    try:
        with partial.open("wb") as into:
            size = client.download(service, route, into, **asked)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    console.print(f"{file}: {size} bytes")
