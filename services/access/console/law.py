"""The wording of clauses in the page's language, and which of them stand behind one case.

The packs' tables tell the law in this project's own words. What an agency publishes itself stands beside them as soon
as it is laid into ``official.LANGUAGE.tsv``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from services.access.asking import settings_of
from services.access.console.visit import Visit
from services.access.requests.file import RequestFile
from services.kernel.policy import Pack
from services.kernel.policy.rules import Rule

TABLE: Final = "clauses.tsv"
TRANSLATED: Final = "clauses.{language}.tsv"
OFFICIAL: Final = "official.{language}.tsv"
WRITTEN_IN: Final = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause: where it stands in its text, and what it asks for in our own words, in ``language``."""

    id: str
    place: str = ""
    wording: str = ""
    language: str = WRITTEN_IN
    official: str = ""  # as the agency publishes it, where it has attached that


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A clause of a case with the titles of the rules that bring it in."""

    clause: Clause
    rules: tuple[Rule, ...]


def clauses_of(visit: Visit) -> dict[str, Clause]:
    """Return every clause that the installation's packs name, by id; in English where nobody has translated it."""
    folder = settings_of(visit.request).policies
    spoken = visit.language
    translated = {} if spoken == WRITTEN_IN else _rows(folder / TRANSLATED.format(language=spoken))
    official = _rows(folder / OFFICIAL.format(language=spoken))
    return {
        each: Clause(
            id=each,
            place=translated.get(each, row)["clause"],
            wording=translated.get(each, row)["requirement"],
            language=spoken if each in translated else WRITTEN_IN,
            official=official.get(each, {}).get("wording", ""),
        )
        for each, row in _rows(folder / TABLE).items()
    }


def _rows(table: Path) -> dict[str, dict[str, str]]:
    return _read(table, table.stat().st_mtime_ns) if table.exists() else {}


@lru_cache(maxsize=8)
def _read(table: Path, _changed: int) -> dict[str, dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}


def of_case(visit: Visit, pack: Pack, file: RequestFile) -> list[Cited]:
    """Return the clauses behind a request: of its kind, its chain, the rule that decided, and its holds."""
    head = file.submitted or file.refused
    assert head is not None
    rules: list[Rule | None] = [pack.rules.get(head.rule), pack.requests.get(head.kind)]
    rules += [pack.chains.get(file.submitted.chain)] if file.submitted is not None else []
    return cited(visit, [rule for rule in rules if rule is not None])


def cited(visit: Visit, rules: Iterable[Rule]) -> list[Cited]:
    """Return the clauses of some rules in the order of first mention, each with its rules."""
    known = clauses_of(visit)
    by_clause: dict[str, list[Rule]] = {}
    for rule in rules:
        for clause in rule.clauses:
            if rule not in by_clause.setdefault(clause, []):
                by_clause[clause].append(rule)
    return [Cited(clause=known.get(one) or Clause(id=one), rules=tuple(named)) for one, named in by_clause.items()]
