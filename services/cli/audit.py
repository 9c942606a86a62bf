"""``camledger audit``: the audit log's root to keep, and the proof, checked here, that the log only grew since."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from services.cli.client import REFUSED, WRONG_USE, Client, Json, console, errors, fail
from services.cli.show import AsJson, AsPerson, answer
from services.kernel.merkle import consistent

audit_app = typer.Typer(help="The audit log: its root, and the proof that it only grew.", no_args_is_help=True)

HASH: Final = re.compile(r"[0-9a-f]{64}")
NO_WAY: Final = "the hashes don't lead from the log of {} entries to that of {}"
KEEP_IT: Final = "that the root of {size} is the one you knew: keep one (`audit root --out FILE`), give it with --since"


def _hash(text: str) -> str:
    if not HASH.fullmatch(text.lower()):
        raise typer.BadParameter(f"{text!r} can't be a root: 64 hexadecimal digits, as `audit root` shows them")
    return text.lower()


Root = Annotated[str | None, typer.Option(parser=_hash, metavar="HEX", help="Its root, as you knew it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A log as somebody remembers it; what he doesn't know is None."""

    size: int
    root: str | None
    origin: str | None = None


@audit_app.command()
def root(
    out: Annotated[Path | None, typer.Option(help="Write it into this file, to keep elsewhere.")] = None,
    person: AsPerson = "auditor-fong",
    as_json: AsJson = False,
) -> None:
    """Show origin, size and root of the log as it stands; kept elsewhere, it proves later that nothing was changed."""
    head = Client(person).get("analytics", "/audit/root")
    if out is not None:
        out.write_text(json.dumps(head) + "\n", "utf-8")
    answer(head, as_json)


@audit_app.command()
def consistency(
    from_: Annotated[int | None, typer.Option("--from", min=1, help="Entries that the log had then.")] = None,
    to: Annotated[int | None, typer.Option("--to", min=1, help="Entries that it had later; default: now.")] = None,
    from_root: Root = None,
    to_root: Root = None,
    since: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="What `audit root --out` wrote then.")
    ] = None,
    person: AsPerson = "auditor-fong",
    as_json: AsJson = False,
) -> None:
    """Prove that the log only grew between two sizes: fetches the hashes, checks them here. Exit code 1 if not."""
    then, client = _then(from_, from_root, since), Client(person)
    later = Known(size=to, root=to_root) if to else _now(client, to_root)
    proof = client.get("analytics", "/audit/consistency", **{"from": then.size, "to": later.size})
    found = faults(proof, then, later)
    unchecked = [] if then.root else [KEEP_IT.format(size=then.size)]
    if as_json:
        typer.echo(json.dumps({"consistent": not found, "faults": found, "unchecked": unchecked} | proof, indent=1))
    else:
        _tell(f"{proof['origin']}  {then.size} to {later.size} entries", proof, found, unchecked)
    raise typer.Exit(REFUSED if found else 0)


def faults(proof: Json, then: Known, later: Known) -> list[str]:
    """Return what is wrong with a proof, from its own bytes and what was known before; nothing it says is believed."""
    known = (
        ("origin", proof["origin"], then.origin),
        (f"root of {then.size}", proof["from_root"], then.root),
        (f"root of {later.size}", proof["to_root"], later.root),
    )
    found = [f"the {what} is {said} here and was {was}" for what, said, was in known if was not in (None, said)]
    return found if _leads(proof, then, later) else [*found, NO_WAY.format(then.size, later.size)]


def _leads(proof: Json, then: Known, later: Known) -> bool:
    try:
        return consistent(
            old_size=then.size,
            old_root=bytes.fromhex(then.root or proof["from_root"]),
            size=later.size,
            root=bytes.fromhex(later.root or proof["to_root"]),
            path=[bytes.fromhex(each) for each in proof["path"]],
        )
    except (ValueError, TypeError):
        return False


def _then(size: int | None, root: str | None, since: Path | None) -> Known:
    if since is not None and size is None and root is None:
        return _kept(since)
    if since is None and size is not None:
        return Known(size=size, root=root)
    return fail(WRONG_USE, "say what the log was then: --from SIZE, with --from-root if you know it, or --since FILE")


def _now(client: Client, to_root: str | None) -> Known:
    head = client.get("analytics", "/audit/root")
    # The head is kept beside the entries; the proof is made from the entries. Both have to say the same.
    return Known(size=head["size"], root=to_root or head["root"])


def _kept(file: Path) -> Known:
    try:
        told = json.loads(file.read_text("utf-8"))
        kept = Known(size=int(told["size"]), root=_hash(told["root"]), origin=str(told["origin"]))
    except (ValueError, KeyError, TypeError, AttributeError, typer.BadParameter) as error:
        fail(WRONG_USE, f"{file} is not what `audit root --out` writes ({error})")
    if not kept.size:
        fail(WRONG_USE, f"{file} is of a log without entries: every log begins so, there is nothing to prove")
    return kept


def _tell(about: str, proof: Json, found: list[str], unchecked: list[str]) -> None:
    head = "[bold red]not consistent[/bold red]" if found else "[bold green]consistent[/bold green]"
    console.print(f"{head}  {escape(about)}", highlight=False)
    for fault in found:
        errors.print(f"  {fault}", markup=False, highlight=False, soft_wrap=True)
    lines = [f"root of {proof[each]}: {proof[f'{each}_root']}" for each in ("from", "to")]
    if not found:
        lines.append(f"checked here: {len(proof['path'])} hashes lead to both roots (RFC 9162, 2.1.4.2)")
    for line in [*lines, *(f"not checked: {each}" for each in unchecked)]:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
