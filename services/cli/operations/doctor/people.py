"""Mistakes in the people file that let one person count as two, or nobody be told apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from services.cli.operations.doctor.finding import Finding
from services.runtime.identity import People, PeopleFileBroken

ALL_MAY_READ = 0o004


def people_findings(path: Path) -> list[Finding]:
    """Read the file of people."""
    if not path.exists():
        return [Finding(name="people-missing", where=str(path))]
    try:
        People.load(path)
        entries = (yaml.safe_load(path.read_text("utf-8")) or {}).get("people", [])
    except (OSError, yaml.YAMLError, PeopleFileBroken, AttributeError) as error:
        return [Finding(name="people-unreadable", where=str(path), found=str(error))]
    found = [*entry_findings(entries)]
    if path.stat().st_mode & ALL_MAY_READ:
        found.append(Finding(name="people-readable-by-all", where=str(path), found=oct(path.stat().st_mode & 0o777)))
    return found


def entry_findings(entries: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    """Return what is wrong with these entries."""
    accounts = Counter(entry["account"] for entry in entries)
    twice = {account: count for account, count in accounts.items() if count > 1}
    yield from (Finding(name="account-twice", where=name, found=f"{count} entries") for name, count in twice.items())
    yield from (Finding(name="token-missing", where=one["account"]) for one in entries if not one.get("token_sha256"))
    for token, named in _by(entries, "token_sha256", "account").items():
        if token and len(named) > 1:
            yield Finding(name="token-twice", where=", ".join(sorted(named)))
    for person, named in _by(entries, "person_id", "agency").items():
        if len(named) > 1:
            yield Finding(name="person-in-two-minds", where=person, found=", ".join(sorted(named)))


def _by(entries: Sequence[dict[str, Any]], key: str, value: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        found[entry.get(key, "")].add(entry.get(value, ""))
    return found
