"""``camledger policy simulate``: another version, or another date, on a running installation or on an exported log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from services.runtime.settings import REPOSITORY

if TYPE_CHECKING:
    from services.kernel.binding import PolicyBinding
    from services.kernel.policy import Pack

SHOWN = ("earlier", "later", "unchanged", "would_go_at_once")
POLL_S = 1.0

Report = dict[str, Any]
Log = Annotated[Path | None, typer.Option("--log", file_okay=False, help="Exported log; none asks the installation.")]
Picture = Annotated[
    Path | None, typer.Option(help="Write what goes when as STEM.en.html and STEM.zh-Hant.html.", metavar="STEM")
]


def simulate(
    pack: Annotated[str, typer.Argument(help="Pack id; with --log also a folder.")],
    log: Log = None,
    as_of: Annotated[str, typer.Option(help="Look at another date; such a report can't be cited.")] = "",
    since: Annotated[str, typer.Option(help="Let it bind from this instant only; can't be cited either.")] = "",
    against: Annotated[Path | None, typer.Option(file_okay=False, help="With --log: baseline for all footage.")] = None,
    replaces: Annotated[str, typer.Option(help="Another policy, in whose place it stands.")] = "",
    policies: Annotated[Path, typer.Option(envvar="CAMLEDGER_POLICIES", file_okay=False)] = REPOSITORY / "policies",
    out: Annotated[Path | None, typer.Option(help="Write the report's canonical bytes into this file.")] = None,
    picture: Picture = None,
    person: Annotated[str, typer.Option("--as", envvar="CAMLEDGER_AS", help="Account that acts.")] = "admin-root",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Digest and report as JSON.")] = False,
) -> None:
    """What another version would have done: footage that goes earlier or later, requests and holds that it would hit.

    On an installation the report is on its log when this ends, and a shortening can cite its digest for 14 days.
    """
    from services.kernel.simulation import canonical, digest_of

    if log is None:
        report = _asked(pack, {"replaces": replaces, "as_of": as_of or None, "since": since or None}, person)
    else:
        report = _offline(log, pack, policies, as_of=as_of, since=since, against=against, replaces=replaces)
    digest = digest_of(report)
    if out is not None:
        out.write_bytes(canonical(report))
    if picture is not None:
        _draw(report, digest, picture)
    if as_json:
        typer.echo(json.dumps({"report_digest": digest, "report": report}, ensure_ascii=False, indent=1))
    else:
        _show(report, digest)


def export_log(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Folder to write into.")],
    data: Annotated[Path | None, typer.Option(help="Data folder; default CAMLEDGER_HOME or .camledger.")] = None,
) -> None:
    """Write what a simulation reads, and every adopted version, into a folder: it can be simulated anywhere."""
    import shutil

    from services.cli.operations.installed import installed
    from services.cli.terminal import console
    from services.kernel.simulation import TOPICS_READ
    from services.runtime.codec import Codec
    from services.runtime.log_folder import export
    from services.runtime.registry import open_registry

    with installed(data) as settings:
        written = export(settings, Codec(open_registry(settings)), TOPICS_READ, folder)
        for kept in (settings.home / "access" / "policies").glob("*/*/policy.yaml"):
            target = folder / "policies" / f"{kept.parent.parent.name}-{kept.parent.name}"
            shutil.copytree(kept.parent, target, dirs_exist_ok=True)
    for topic, count in written.items():
        console.print(f"{topic}: {count} records", highlight=False)


def _asked(pack: str, body: dict[str, object], person: str) -> Report:
    from time import sleep

    from services.cli.client import Client

    client = Client(person)
    told = client.post("access", f"/policies/{pack}/simulations", body)
    while told["state"] == "running":
        # The service answers within 20 seconds by itself; this only keeps a quick "running" from becoming a storm.
        sleep(POLL_S)
        told = client.get("access", f"/policies/{pack}/simulations/{told['run_id']}")
    return dict(told["report"])


def _offline(
    log: Path, pack: str, policies: Path, *, as_of: str, since: str, against: Path | None, replaces: str
) -> Report:
    from services.kernel.ids import EPOCH
    from services.kernel.protection import OutOfOrder
    from services.kernel.simulation import TOPICS_READ, History, PackMissing, Question
    from services.kernel.simulation import simulate as judge
    from services.runtime.codec import Codec
    from services.runtime.log_folder import FolderBroken, records
    from services.runtime.registry import open_registry
    from services.runtime.settings import Settings

    question = Question(
        pack=_pack(pack, policies),
        replaces=replaces,
        since=_instant(since) or EPOCH,
        as_of=_instant(as_of),
        against=_pack(str(against), policies) if against is not None else None,
    )
    history, codec = History(until=question.as_of), Codec(open_registry(Settings()))
    try:
        for topic in TOPICS_READ:
            for record in records(log, topic, codec):
                history.apply(topic, record)
        return judge(history, question, _packs(log, policies))
    except PackMissing as missing:
        _fail(f"{missing}: put its folder below {log / 'policies'}, or name a baseline with --against")
    except (FolderBroken, OutOfOrder) as broken:
        _fail(str(broken))


def _packs(log: Path, policies: Path) -> Callable[[PolicyBinding], Pack | None]:
    from services.runtime.packs import folder_digest, load_pack, pack_folders

    def here() -> Iterator[tuple[str, Path]]:
        for folder in (*pack_folders(log / "policies"), *pack_folders(policies)):
            yield folder_digest(folder), folder

    found, loaded = dict(here()), dict[str, "Pack"]()

    def find(binding: PolicyBinding) -> Pack | None:
        if binding.digest not in loaded and binding.digest in found:
            loaded[binding.digest] = load_pack(found[binding.digest])
        return loaded.get(binding.digest)

    return find


def _pack(name: str, policies: Path) -> Pack:
    from services.runtime.packs import PackBroken, load_pack

    for folder in (policies / name, Path(name)):
        if (folder / "policy.yaml").is_file():
            try:
                return load_pack(folder)
            except PackBroken as broken:
                _fail(str(broken))
    raise typer.BadParameter(f"there is no pack {name!r} in {policies}, and it is no folder with a policy.yaml")


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no ISO 8601 instant such as 2026-11-22T00:00:00Z") from error
    if found.tzinfo is None:
        raise typer.BadParameter(f"{text!r} may mean two instants: write it with Z or an offset")
    return found


def _draw(report: Report, digest: str, stem: Path) -> None:
    from services.access.policies.picture.page import LANGUAGES, page
    from services.cli.terminal import console

    for language in LANGUAGES:
        path = stem.with_name(f"{stem.name}.{language}.html")
        path.write_text(page(report, digest, language), "utf-8")
        console.print(f"picture: {path}", highlight=False)


def _show(report: Report, digest: str) -> None:
    from services.cli.show import listed
    from services.cli.terminal import console

    against = ", ".join(f"{each['policy_id']}@{each['version']}" for each in report["against"]) or "nothing"
    policy = report["policy"]
    console.print(f"{policy['policy_id']}@{policy['version']} against {against}, as of {report['as_of']}")
    rows = [{"": name.replace("_", " "), **report["totals"][name]} for name in SHOWN]
    console.print(listed(rows, ("", "segments", "hours", "bytes", "cameras")))
    for kind in ("requests", "holds"):
        hit = [_line(each) for each in report[kind] if each["lost"]["segments"]]
        console.print(f"\n[bold]{kind} that would have come too late: {len(hit)}[/bold]", highlight=False)
        if hit:
            console.print(listed(hit, ()))
    reality = report["reality"]
    early, due = reality["destroyed_too_early"], reality["due_and_not_destroyed"]
    style = "bold red" if early else "default"
    console.print(f"\non the log: {reality['destroyed']} destroyed, {due} due and not destroyed", highlight=False)
    console.print(f"{early} destroyed before their instant", style=style, highlight=False)
    console.print(f"\nreport digest {digest}", highlight=False, soft_wrap=True)


def _line(each: Report) -> dict[str, object]:
    lost = each["lost"]
    name = each["request_id"] or each["hold_id"]
    return {
        "name": name,
        "matter": each["matter"],
        "placed_at": each["placed_at"],
        "segments": lost["segments"],
        "cameras": ", ".join(lost["cameras"]),
        "from": lost["from"],
        "to": lost["to"],
    }


def _fail(message: str) -> NoReturn:
    from services.cli.terminal import REFUSED, fail

    fail(REFUSED, message)
