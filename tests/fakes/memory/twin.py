"""The register of twins: what each SQL text of the services does, told in Python to the database in memory.

A twin is found by the text itself, and ``pinned.json`` pins the text that it was written for: SQL that changes without
its twin makes a test fail, and the contract suite runs every guard on both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import TextClause

from tests.fakes.memory.database import Row, Session

Twin = Callable[[Session, Mapping[str, Any]], list[Row] | int]
TWINS: dict[str, Twin] = {}
PINNED = Path(__file__).with_name("pinned.json")


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


def digests() -> dict[str, str]:
    """Return for each twin the digest of the SQL that it stands for, whatever its white space."""
    load_twins()
    found = sorted((f"{does.__module__.rpartition('.')[2]}.{does.__name__}", sql) for sql, does in TWINS.items())
    return {name: sha256(" ".join(sql.split()).encode()).hexdigest()[:12] for name, sql in found}


if __name__ == "__main__":
    from tests.fakes.memory import twin as this  # the module that the twins know, not this script

    this.PINNED.write_text(json.dumps(this.digests(), indent=1) + "\n", "utf-8")
