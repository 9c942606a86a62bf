"""The register of twins: what each SQL text of the services does, told in Python to the database in memory.

A twin is found by the text itself, and ``DIGESTS`` pins the text that it was written for: SQL that changes without its
twin makes the simulation stop, and the contract suite runs every guard on both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import TextClause

from tests.fakes.memory.database import Row, Session

Twin = Callable[[Session, Mapping[str, Any]], list[Row] | int]
TWINS: dict[str, Twin] = {}


class NoTwin(LookupError):
    """A service runs a statement that the database in memory doesn't know: write its twin."""


def twin(statement: TextClause | str) -> Callable[[Twin], Twin]:
    """Register what a statement does: rows that it returns, or how many it changed."""

    def register(does: Twin) -> Twin:
        sql = statement if isinstance(statement, str) else statement.text
        assert sql not in TWINS, sql
        TWINS[sql] = does
        return does

    return register


def load_twins() -> None:
    """Import every module of twins beside this one; they register themselves."""
    for path in sorted(Path(__file__).parent.glob("twins_*.py")):
        import_module(f"{__package__}.{path.stem}")


def digest(sql: str) -> str:
    """Return a short fingerprint of a statement, whatever its white space."""
    return sha256(" ".join(sql.split()).encode()).hexdigest()[:12]
