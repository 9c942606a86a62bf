"""``camledger deletion certificate`` and ``verify``: what was destroyed on one file, and its check without network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.terminal import REFUSED, WRONG_USE, Lang, console, errors, fail
from services.cli.typed import instant, name, number

if TYPE_CHECKING:
    from services.kernel.certificate import Verified
    from services.kernel.policy import Pack

Camera = Annotated[str | None, typer.Argument(parser=name, metavar="[CAMERA_ID]", help="With a start, or with --hour.")]
Start = Annotated[
    str | None, typer.Argument(parser=instant, metavar="[START]", help="Start as `segment list` shows it.")
]


def certificate(
    camera: Camera = None,
    start: Start = None,
    hour: Annotated[str | None, typer.Option(parser=instant, help="Whole clock hour, such as 2026-03-01T08Z.")] = None,
    request: Annotated[str | None, typer.Option(parser=number, help="Everything that a request asked for.")] = None,
    generation: Annotated[int, typer.Option(min=1, help="Of footage recorded again at the same instant.")] = 1,
    out: Annotated[Path | None, typer.Option(help="File to write; default certificate-DIGEST.json here.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the page for paper into this file too.")] = None,
    lang: Annotated[Lang, typer.Option(help="Language of the page.")] = Lang.ZH_HANT,
    person: Annotated[str, typer.Option("--as", envvar="CAMLEDGER_AS", help="Account that asks.")] = "auditor-fong",
) -> None:
    """Certify a destruction: one file per segment, hour or request. What is held or kept is refused with the reason."""
    from services.cli.client import Client

    path = _path(camera, start, hour, request)
    client = Client(person)
    # The bytes as they came: another way to write the same JSON would break the seal.
    content = client.text("analytics", path, generation=generation).encode()
    document = json.loads(content)
    target = out or Path(f"certificate-{document['digest'][:12]}.json")
    target.write_bytes(content)
    console.print(f"{target}: {len(document['segments'])} destroyed, {len(document['kept'])} kept", highlight=False)
    if pdf is not None:
        with pdf.open("wb") as file:
            client.download("analytics", path, file, generation=generation, format="pdf", lang=lang.value)
        console.print(f"{pdf}: {pdf.stat().st_size} bytes", highlight=False)


def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Certificate (JSON).")],
    root: Annotated[str, typer.Option(help="The audit log's root as you know it from elsewhere, in hex.")] = "",
    policy: Annotated[
        list[Path] | None, typer.Option(file_okay=False, help="Folder of the policy's version; repeatable.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Outcome as JSON.")] = False,
) -> None:
    """Check a certificate offline, and say what that could and couldn't show. Exit 1 if anything is wrong with it."""
    from services.kernel.certificate import verify as verified

    packs = {each.digest: each for each in map(_pack, policy or [])}
    found = verified(file.read_bytes(), root=root, packs=packs)
    if as_json:
        told = {"valid": found.valid, "faults": found.faults, "checked": found.checked, "unchecked": found.unchecked}
        told["remarks"] = found.remarks
        typer.echo(json.dumps(told | {"root": found.root, "size": found.size}, ensure_ascii=False, indent=1))
    else:
        _show(file, found)
    raise typer.Exit(0 if found.valid else REFUSED)


def _path(camera: str | None, start: str | None, hour: str | None, request: str | None) -> str:
    if camera and start and not (hour or request):
        return f"/certificates/segments/{camera}/{start}"
    if camera and hour and not (start or request):
        return f"/certificates/hours/{camera}/{hour}"
    if request and not (camera or start or hour):
        return f"/certificates/requests/{request}"
    return fail(WRONG_USE, "name a camera and a start, a camera and --hour, or --request alone")


def _pack(folder: Path) -> Pack:
    from services.runtime.packs import PackBroken, load_pack

    try:
        return load_pack(folder)
    except PackBroken as broken:
        fail(REFUSED, str(broken))


def _show(file: Path, found: Verified) -> None:
    if found.valid:
        console.print(f"[bold green]valid[/bold green]  {file}  {_subject(found.subject or {})}", highlight=False)
    else:
        console.print(f"[bold red]not valid[/bold red]  {file}", highlight=False)
        for fault in found.faults:
            errors.print(f"  {fault}", markup=False, highlight=False)
    for title, lines in (("note", found.remarks), ("checked", found.checked), ("not checked", found.unchecked)):
        for line in lines:
            console.print(f"  {title}: {line}", markup=False, highlight=False)
    if found.root:
        console.print(f"  log: {found.size} entries, root {found.root}", markup=False, highlight=False, soft_wrap=True)


def _subject(subject: Mapping[str, object]) -> str:
    first = ("kind", "camera_id", "started_at", "hour", "request_id")
    return " ".join(str(subject[name]) for name in first if name in subject)
