"""The final table: what became of each segment, told by the log and by the database, and their content hash."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from rich.table import Table

from services.cli.demo.check import covering, protections_of
from services.cli.demo.history import History, key_of

COUNTS = ("recorded", "held", "destroyed with receipt", "kept", "refused", "viewed")


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One segment by its content: the same bytes of the same camera count as the same footage."""

    camera_id: str
    started_at: datetime
    sha256: str
    gone: bool


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


def content_hash(rows: list[Row]) -> str:
    """Return one hash over all rows: two tables are equal exactly if their hashes are."""
    told = "\n".join(f"{r.camera_id} {r.started_at.isoformat()} {r.sha256} {r.gone}" for r in sorted(rows))
    return sha256(told.encode()).hexdigest()


def draw(log: History) -> Table:
    """Return the table of the demo, a line per camera and one for all."""
    table = Table("camera", *COUNTS, title="what happened", title_justify="left")
    for name in COUNTS:
        table.columns[COUNTS.index(name) + 1].justify = "right"
    counted = _counts(log)
    for camera in sorted(counted):
        table.add_row(camera or "(requests)", *(str(counted[camera][name] or "·") for name in COUNTS))
    table.add_section()
    table.add_row("all", *(str(sum(one[name] for one in counted.values())) for name in COUNTS))
    return table


def _counts(log: History) -> dict[str, Counter[str]]:
    counted: dict[str, Counter[str]] = {}
    gone = {key_of(e) for e in log.of("SegmentDestroyed")}
    protections = protections_of(log)
    for segment in log.of("SegmentRecorded"):
        one = counted.setdefault(segment["camera_id"], Counter())
        one["recorded"] += 1
        if key_of(segment) in gone:
            one["destroyed with receipt"] += 1
        else:
            one["held" if covering(protections, segment, segment) else "kept"] += 1
    for refusal in log.of("SegmentRefused"):
        counted.setdefault(refusal["camera_id"], Counter())["refused"] += 1
    for view in log.of("FootageViewed"):
        for camera in {line["camera_id"] for line in view["footage"]}:
            counted.setdefault(camera, Counter())["viewed"] += 1
    counted.setdefault("", Counter())["refused"] += len(log.of("RequestRefused"))
    return counted
