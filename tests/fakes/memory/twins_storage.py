"""Twins of storage's SQL: the manifest of a destruction, the differences that it ends, stores without room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.ingest.catalog import differences
from services.ingest.custody import destroying
from services.ingest.intake import store as intake
from tests.fakes.memory.database import Row, Session
from tests.fakes.memory.twin import twin
from tests.fakes.memory.twins_ingest import change, key, some

Given = Mapping[str, Any]
SHOWN = ("place", "what", "versions", "absent_at")


def manifest(s: Session, given: Given) -> list[Row]:
    """Return the manifest of one segment, the original first."""
    rows = [row for row in s.rows("destruction_place") if key(row) == key(given)]
    return sorted(rows, key=lambda row: (row["what"], row["place"]))


@twin(destroying._LISTED)
def listed(s: Session, given: Given) -> list[Row]:
    return [some(row, *SHOWN) for row in manifest(s, given)]


@twin(destroying._LIST)
def write_down(s: Session, given: Given) -> int:
    if s.insert("destruction_place", dict(given) | {"absent_at": None}):
        return 1
    return change(s, "destruction_place", (*key(given), given["place"]), {"versions": given["versions"]})


@twin(destroying._PROVED)
def proved(s: Session, given: Given) -> int:
    return change(s, "destruction_place", (*key(given), given["place"]), {"absent_at": given["at"]})


@twin(destroying._FORGET)
def forget(s: Session, given: Given) -> int:
    rows = manifest(s, given)
    for row in rows:
        s.remove("destruction_place", (*key(row), row["place"]))
    return len(rows)


@twin(destroying._TRIED)
def tried(s: Session, given: Given) -> int:
    return change(s, "destruction_due", key(given), {"tried_at": given["at"]})


@twin(destroying._TRANSFERS)
def transfers(s: Session, given: Given) -> list[Row]:
    rows = [row for row in s.rows("segment_transfer") if key(row) == key(given)]
    return sorted((some(row, "repository_id", "case_number") for row in rows), key=str)


@twin(differences._MENDED)
def mended(s: Session, given: Given) -> list[Row]:
    at = (given["location"], given["difference"])
    if s.get("difference", at) is None:
        return []
    s.remove("difference", at)
    return [{"location": given["location"]}]


@twin(intake._IS_FULL)
def full_since(s: Session, given: Given) -> list[Row]:
    row = s.get("store_state", (given["store"],))
    return [] if row is None or row["exhausted_since"] is None else [some(row, "exhausted_since")]
