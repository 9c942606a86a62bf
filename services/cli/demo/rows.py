"""One row per segment by its content: what should have become of it, what the log says, what the database says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from services.cli.demo.history import History, key_of
from services.cli.demo.plan import Plan

VANISHED = "vanished"


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One segment; the same bytes of the same camera at the same instant are the same footage."""

    camera_id: str
    started_at: datetime
    sha256: str
    gone: bool


def rows_expected(
    plan: Plan, old: dict[tuple[str, datetime], Path], live: dict[tuple[str, datetime], Path]
) -> list[Row]:
    """Return what must come out: the recorders' own files by their own bytes, destroyed if the plan says so."""
    due = {(one.camera, start) for one in plan.old if one.outcome == "destroyed" for start in one.starts}
    return sorted(Row(*key, _hash_of(path), key in due) for key, path in (old | live).items())


def rows_of_log(log: History) -> list[Row]:
    """Return the rows that the topics tell."""
    gone = {key_of(e) for e in log.of("SegmentDestroyed")}
    return sorted(
        Row(e["camera_id"], e["started_at"], e["sha256"].hex(), key_of(e) in gone) for e in log.of("SegmentRecorded")
    )


def rows_of_catalog(segments: list[dict[str, Any]]) -> list[Row]:
    """Return the rows that ingest's catalog tells."""
    return sorted(
        Row(s["camera_id"], datetime.fromisoformat(s["started_at"]), s["sha256"], s["state"] == "gone")
        for s in segments
    )


def content_hash(rows: Iterable[Row]) -> str:
    """Return one hash over all rows: two tables are equal exactly if their hashes are."""
    told = "\n".join(f"{r.camera_id} {r.started_at.isoformat()} {r.sha256} {r.gone}" for r in sorted(rows))
    return sha256(told.encode()).hexdigest()


def _hash_of(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return VANISHED
