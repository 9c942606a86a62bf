"""``camledger people``: entries of the people file. A token is shown once; the file keeps only its sha256."""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from services.cli.client import REFUSED, console, fail
from services.cli.operations.doctor.people import entry_findings
from services.cli.show import AsJson, answer
from services.runtime.settings import Settings

AtFile = Annotated[Path | None, typer.Option("--file", help="The people file; default CAMLEDGER_PEOPLE.")]

people_app = typer.Typer(help="People and services that may call.", no_args_is_help=True)


@people_app.command()
def add(
    account: Annotated[str, typer.Argument(help="Name of the account, such as officer-lin.")],
    person: Annotated[str, typer.Option(help="Person id, such as p-0001; two accounts of one person share it.")],
    role: Annotated[list[str], typer.Option(help="A role; give the option once for each.")],
    name: Annotated[str, typer.Option(help="For display only.")] = "",
    rank: Annotated[str, typer.Option(help="Rank, where a chain of signatures asks for one.")] = "",
    agency: Annotated[str, typer.Option(help="Agency that the person belongs to.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Give an existing account a new entry and token.")] = False,
    file: AtFile = None,
) -> None:
    """Write an entry and print its token, which nobody can read again. Restart the services to make it count."""
    path = file or Settings().people
    entries, token = _entries(path), secrets.token_urlsafe(32)
    others = [one for one in entries if one["account"] != account]
    if len(others) < len(entries) and not replace:
        fail(REFUSED, f"{account} stands in {path} already: --replace gives it a new token")
    entry = {
        "person_id": person,
        "account": account,
        "name": name or account,
        "roles": role,
        "rank": rank,
        "agency": agency,
        "token_sha256": sha256(token.encode()).hexdigest(),
    }
    for finding in entry_findings([*others, entry]):
        if account in finding.where or person in finding.where:
            fail(REFUSED, f"{finding.where}: {finding.why('en')} {finding.remedy('en')}")
    _write(path, [*others, entry])
    console.print(token, highlight=False, soft_wrap=True)


@people_app.command("list")
def list_(file: AtFile = None, as_json: AsJson = False) -> None:
    """List accounts with their persons and roles, without what tokens leave behind."""
    path = file or Settings().people
    if not path.exists():
        fail(
            REFUSED, f"no people file at {path}: name it with --file; `camledger up` has people.yaml in its data folder"
        )
    shown = ("account", "person_id", "name", "roles", "rank", "agency")
    rows = [{key: one.get(key, "") for key in shown} for one in _entries(path)]
    answer(rows, as_json, columns=shown)


def _entries(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    found: list[dict[str, Any]] = (yaml.safe_load(path.read_text("utf-8")) or {}).get("people", [])
    return found


def _write(path: Path, entries: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f"{path.suffix}.{os.getpid()}.new")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        yaml.safe_dump({"people": entries}, file, sort_keys=False, allow_unicode=True)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
