"""Twins of custody's SQL: gate, position, parked records, batches, marks and receipts."""

# ruff: noqa: ARG001 - every twin is called with a session and with values, whether it needs them or not.

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from services.ingest.custody import batch_lines, forbids, gate, store
from tests.fakes.memory.database import Row, Session
from tests.fakes.memory.twin import twin
from tests.fakes.memory.twins_ingest import NOBODY, change, key, some

Given = Mapping[str, Any]
LINE = ("batch_id", "position", "camera_id", "hour", "generation", "offsets_us")


@twin(gate._EXCLUSIVE)
def exclusive(s: Session, given: Given) -> list[Row]:
    s.lock(("advisory", given["key"]))
    return [{"pg_advisory_xact_lock": ""}]


@twin(gate._SHARED)
def shared(s: Session, given: Given) -> list[Row]:
    s.lock(("advisory", given["key"]), shared=True)
    return [{"pg_advisory_xact_lock_shared": ""}]


@twin(forbids._POSITION)
def position(s: Session, given: Given) -> list[Row]:
    row = s.get("custody_position", (1,))
    return [] if row is None else [some(row, "seq", "log_offset", "unread", "reloads")]


@twin(forbids._SINCE)
def since(s: Session, given: Given) -> list[Row]:
    rows = [row for row in s.rows("protection_log") if row["seq"] > given["seq"]]
    return sorted((some(row, "seq", "raw") for row in rows), key=lambda row: int(row["seq"]))


@twin(store._BEGIN)
def begin(s: Session, given: Given) -> int:
    row = {"one": 1, "start_id": given["id"], "gate_offset": given["gate"], "started_at": given["at"]}
    s.put("custody_start", row)
    return 1


@twin("select start_id from custody_start where one = 1")
def start_id(s: Session, given: Given) -> list[Row]:
    row = s.get("custody_start", (1,))
    return [] if row is None else [{"start_id": row["start_id"]}]


@twin("select gate_offset from custody_start where one = 1")
def gate_offset(s: Session, given: Given) -> list[Row]:
    row = s.get("custody_start", (1,))
    return [] if row is None else [{"gate_offset": row["gate_offset"]}]


@twin(store._ADVANCE)
def advance(s: Session, given: Given) -> int:
    s.lock_row("custody_position", (1,))
    row = s.get("custody_position", (1,)) or {"one": 1, "seq": given["seq"], "reloads": 0}
    seq = max(row["seq"], given["seq"])
    s.put("custody_position", row | {"seq": seq, "log_offset": given["offset"], "unread": given["unread"]})
    return 1


@twin("update custody_position set reloads = reloads + 1")
def reload_needed(s: Session, given: Given) -> int:
    row = s.get("custody_position", (1,))
    return 0 if row is None else change(s, "custody_position", (1,), {"reloads": row["reloads"] + 1})


@twin(store._KEEP)
def keep(s: Session, given: Given) -> int:
    return int(s.insert("protection_log", {"seq": given["seq"], "log_offset": given["offset"], "raw": given["raw"]}))


@twin(store._PARK)
def park(s: Session, given: Given) -> int:
    row = {"parked_id": given["id"], "hold_id": given["hold"], "log_offset": given["offset"], "raw": given["raw"]}
    row |= {"scope": None if given["scope"] is None else json.loads(given["scope"]), "seq": given["seq"]}
    return int(s.insert("parked", row | {"error": given["error"], "proposed_by": "", "how": "", "settled_at": None}))


def waiting(s: Session) -> list[Row]:
    """Return what is parked and not settled, in the order of the log."""
    return sorted((r for r in s.rows("parked") if r["settled_at"] is None), key=lambda r: int(r["log_offset"]))


PARKED = ("parked_id", "hold_id", "log_offset", "raw", "seq", "error", "proposed_by", "how")


@twin("select log_offset, scope from parked where settled_at is null")
def parked_scopes(s: Session, given: Given) -> list[Row]:
    return [some(row, "log_offset", "scope") for row in waiting(s)]


@twin(store._PARKED_OF)
def parked_of(s: Session, given: Given) -> list[Row]:
    return [some(row, *PARKED) for row in waiting(s) if row["hold_id"] == given["hold"] != ""]


@twin(store._PARKED_ONE)
def parked_one(s: Session, given: Given) -> list[Row]:
    found = [row for row in waiting(s) if row["parked_id"] == given["id"]]
    for row in found:
        s.lock_row("parked", (row["parked_id"],))
    return [some(row, *PARKED) for row in found]


@twin(store._PARKED_ALL)
def parked_all(s: Session, given: Given) -> list[Row]:
    return [some(row, *PARKED) for row in waiting(s)]


@twin(store._PROPOSE)
def propose(s: Session, given: Given) -> int:
    return change(s, "parked", (given["id"],), {"proposed_by": given["person"], "how": given["how"]})


@twin("update parked set settled_at = :at where parked_id = any(:ids)")
def settle(s: Session, given: Given) -> int:
    return sum(change(s, "parked", (one,), {"settled_at": given["at"]}) for one in given["ids"])


@twin(batch_lines._BATCH)
def open_batch(s: Session, given: Given) -> list[Row]:
    row = {"batch_id": given["id"], "camera_id": given["camera"], "seq": given["seq"], "start_id": given["start"]}
    return [{"batch_id": given["id"]}] if s.insert("batch", row | {"closed_at": None}) else []


@twin(batch_lines._LINE)
def line(s: Session, given: Given) -> int:
    row = {"batch_id": given["batch"], "position": given["position"], "camera_id": given["camera"]}
    row |= {"hour": given["hour"], "generation": given["generation"], "offsets_us": given["offsets"], "answers": None}
    inserted = s.insert("batch_line", row)
    assert inserted, given
    return 1


def unanswered(s: Session) -> list[Row]:
    """Return the lines without an answer with their batches, oldest clearance first."""
    found = []
    for row in s.rows("batch_line"):
        batch = s.get("batch", (row["batch_id"],))
        if batch is not None and row["answers"] is None:
            found.append(some(row, *LINE) | some(batch, "start_id", "seq") | {"closed_at": batch["closed_at"]})
    return sorted(found, key=lambda r: (r["seq"], r["position"]))


def shown(row: Row) -> Row:
    """Return a line as the statements select it."""
    return {name: value for name, value in row.items() if name != "closed_at"}


@twin(batch_lines._NEXT_LINE)
def next_line(s: Session, given: Given) -> list[Row]:
    for row in unanswered(s):
        at = (row["batch_id"], row["position"])
        if row["closed_at"] is None and not s.is_locked_elsewhere("batch_line", at):
            s.lock_row("batch_line", at)
            return [shown(row)]
    return []


@twin(batch_lines._LINES_OF)
def lines_of(s: Session, given: Given) -> list[Row]:
    return [shown(row) for row in unanswered(s) if row["batch_id"] == given["batch"]]


@twin(batch_lines._ANSWER)
def answer(s: Session, given: Given) -> int:
    return change(s, "batch_line", (given["batch"], given["position"]), {"answers": json.loads(given["answers"])})


@twin(batch_lines._ANSWERS)
def answers(s: Session, given: Given) -> list[Row]:
    rows = [row for row in s.rows("batch_line") if row["batch_id"] == given["batch"]]
    return [{"answers": row["answers"]} for row in sorted(rows, key=lambda row: int(row["position"]))]


@twin("update batch set closed_at = :at where batch_id = :id")
def close_batch(s: Session, given: Given) -> int:
    return change(s, "batch", (given["id"],), {"closed_at": given["at"]})


@twin("select batch_id, camera_id from batch where closed_at is null order by seq")
def open_batches(s: Session, given: Given) -> list[Row]:
    rows = sorted((row for row in s.rows("batch") if row["closed_at"] is None), key=lambda row: int(row["seq"]))
    return [some(row, "batch_id", "camera_id") for row in rows]


@twin(store._QUEUE)
def queue(s: Session, given: Given) -> int:
    state = s.get("segment_state", key(given))
    if state is None or state["state"] != "destroying":
        return 0
    return int(s.insert("destruction_due", dict(given)))


@twin(store._DUE)
def due(s: Session, given: Given) -> list[Row]:
    rows = sorted(s.rows("destruction_due"), key=lambda row: int(row["started_us"]))
    return rows[: given["most"]]


def delete(s: Session, table: str, given: Given) -> int:
    """Delete a segment's row, if it is there."""
    if s.get(table, key(given)) is None:
        return 0
    s.remove(table, key(given))
    return 1


@twin(store._UNQUEUE)
def unqueue(s: Session, given: Given) -> int:
    return delete(s, "destruction_due", given)


@twin(store._NO_REPLICA)
def no_replica(s: Session, given: Given) -> int:
    return delete(s, "replica_due", given)


@twin(store._GONE)
def claim_receipt(s: Session, given: Given) -> list[Row]:
    row = s.get("segment_state", key(given))
    if row is None or row["state"] != "destroying":
        return []
    change(s, "segment_state", key(given), {"state": "gone"})
    return [{"coalesce": row["batch_id"] or NOBODY}]


@twin(store._NAMED)
def named(s: Session, given: Given) -> list[Row]:
    rows = [row for row in s.rows("segment_state") if row["state"] == "destroying" and row["batch_id"] is None]
    return [some(row, "camera_id", "started_us", "generation") for row in rows]


@twin(store._REPLICA_DUE)
def replica_due(s: Session, given: Given) -> list[Row]:
    return [] if s.get("replica_due", key(given)) is None else [{"one": 1}]


@twin(store._COPIES)
def copies(s: Session, given: Given) -> list[Row]:
    rows = [row for row in s.rows("segment_copy") if key(row) == key(given)]
    return sorted(({"location": row["location"]} for row in rows), key=lambda row: str(row["location"]))
