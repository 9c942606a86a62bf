"""Twins of ingest's SQL: streams, projector, facts, catalogue, intake's journal, registry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from services.ingest import projector, streams, tables
from services.ingest.catalog import store as catalog
from services.ingest.custody import counting, facts
from services.ingest.intake import store as intake
from services.ingest.registry import store as registry
from services.kernel.ids import from_micros
from services.kernel.scope import FootageFacts, Scope, covers
from tests.fakes.memory.database import Key, Row, Session
from tests.fakes.memory.twin import twin

Given = Mapping[str, Any]
SEGMENT = ("camera_id", "started_us", "generation")


def key(given: Given) -> Key:
    """Return the primary key of a segment's row."""
    return (given["camera_id"], given["started_us"], given["generation"])


def some(row: Row, *names: str) -> Row:
    """Return some columns of a row."""
    return {name: row[name] for name in names}


@twin(streams._NEXT)
def next_version(s: Session, given: Given) -> list[Row]:
    s.lock_row("stream", (given["id"],))
    row = s.get("stream", (given["id"],))
    version = given["first"] if row is None else row["version"] + 1
    s.put("stream", {"stream_id": given["id"], "version": version})
    return [{"version": version}]


@twin(streams._SEEN)
def seen(s: Session, given: Given) -> int:
    s.lock_row("stream", (given["id"],))
    row = s.get("stream", (given["id"],))
    version = given["version"] if row is None else max(row["version"], given["version"])
    s.put("stream", {"stream_id": given["id"], "version": version})
    return 1


@twin(streams._VERSION)
def version_of(s: Session, given: Given) -> list[Row]:
    row = s.get("stream", (given["id"],))
    return [] if row is None else [{"version": row["version"]}]


@twin(projector._MOVED)
def moved(s: Session, given: Given) -> int:
    return change(s, "camera", (given["camera_id"],), some(dict(given), "area", "place", "direction"))


@twin(projector._RETIRED)
def retired(s: Session, given: Given) -> int:
    return change(s, "camera", (given["camera_id"],), {"retired_at": given["at"]})


def change(s: Session, table: str, at: Key, values: Row) -> int:
    """Update one row by its key."""
    row = s.get(table, at)
    if row is None:
        return 0
    s.put(table, row | values)
    return 1


STATE = {"batch_id": None, "mark_seq": 0, "destroyable_from": None, "receipt": None}


@twin(projector._DESTROYING)
def destroying(s: Session, given: Given) -> int:
    if s.insert("segment_state", STATE | dict(given) | {"state": "destroying"}):
        return 1
    s.lock_row("segment_state", key(given))
    row = s.get("segment_state", key(given))
    assert row is not None
    if row["batch_id"] is not None:
        return 0
    return change(s, "segment_state", key(given), some(dict(given), "batch_id", "mark_seq", "destroyable_from"))


@twin(projector._NAMED)
def named(s: Session, given: Given) -> int:
    return int(s.insert("segment_state", STATE | dict(given) | {"state": "destroying"}))


@twin(projector._GONE)
def gone(s: Session, given: Given) -> int:
    values = {**given, "state": "gone", "receipt": json.loads(given["receipt"])}
    if s.insert("segment_state", STATE | values):
        return 1
    return change(s, "segment_state", key(given), values)


# Facts.
def wanted(rows: Iterable[Row], column: str, cameras: list[str] | None) -> list[Row]:
    """Return the rows of some cameras, or of all."""
    return [row for row in rows if cameras is None or row[column] in cameras]


@twin(facts._CAMERAS)
def fact_cameras(s: Session, given: Given) -> list[Row]:
    return [some(row, "camera_id", "kind") for row in wanted(s.rows("camera"), "camera_id", given["c"])]


@twin(facts._PLACES)
def fact_places(s: Session, given: Given) -> list[Row]:
    rows = wanted(s.rows("camera_place"), "camera_id", given["c"])
    return sorted(rows, key=lambda row: (row["camera_id"], row["from_us"]))


@twin(facts._SHIFTS)
def fact_shifts(s: Session, given: Given) -> list[Row]:
    rows = wanted(s.rows("shift"), "device_id", given["c"])
    return sorted(rows, key=lambda row: (row["device_id"], row["from_us"]))


# The catalogue. Hours are not folded in the simulation, so the view is the hot table with its attributes.
def segments(s: Session, rows: Iterable[Row]) -> list[Row]:
    """Return rows of the hot table as the view shows them, joined with their state."""
    found = []
    for row in rows:
        attributes = s.get("segment_attr", (row["attr_id"],))
        assert attributes is not None
        state = s.get("segment_state", key(row))
        shown = {**row, **attributes}
        del shown["attr_id"]
        shown["state"] = "kept" if state is None else state["state"]
        shown["mark_seq"] = 0 if state is None else state["mark_seq"]
        found.append(shown)
    return found


@twin(catalog._ATTR)
def attributes(s: Session, given: Given) -> list[Row]:
    for row in s.rows("segment_attr"):
        if all(row[name] == given[name] for name in tables.ATTRIBUTES):
            return [{"attr_id": row["attr_id"]}]
    attr_id = s.database.next_id("segment_attr.attr_id")
    s.put("segment_attr", {"attr_id": attr_id, **{name: given[name] for name in tables.ATTRIBUTES}})
    return [{"attr_id": attr_id}]


@twin(catalog._ADD)
def add(s: Session, given: Given) -> int:
    row = {"camera_id": given["camera"], "started_us": given["us"], "generation": given["generation"]}
    row |= {"hour": given["hour"], "ended_us": given["ended"], "attr_id": given["attr"], "size_bytes": given["size"]}
    row |= {"sha256": given["sha256"], "arrived_us": given["arrived"], "recorded_us": given["recorded"]}
    row |= {"recovery_us": given["recovery"], "location": given["location"]}
    return int(s.insert("segment_hot", row))


@twin(catalog._IN_HOUR)
def in_hour(s: Session, given: Given) -> list[Row]:
    mine = (given["camera"], given["hour"], given["generation"])
    return segments(s, [r for r in s.rows("segment_hot") if (r["camera_id"], r["hour"], r["generation"]) == mine])


@twin(catalog._STARTING)
def starting(s: Session, given: Given) -> list[Row]:
    mine = (given["camera"], given["us"])
    rows = [r for r in s.rows("segment_hot") if (r["camera_id"], r["started_us"]) == mine]
    return segments(s, sorted(rows, key=lambda r: int(r["generation"])))


@twin(catalog._BETWEEN)
def between(s: Session, given: Given) -> list[Row]:
    rows = [
        row
        for row in wanted(s.rows("segment_hot"), "camera_id", given["cameras"])
        if given["first"] <= row["hour"] <= given["last"]
        and row["started_us"] < given["ends"]
        and row["ended_us"] > given["starts"]
    ]
    return segments(s, sorted(rows, key=key)[: given["most"]])


@twin(catalog._LATEST_HOUR)
def latest_hour(s: Session, given: Given) -> list[Row]:
    rows = wanted(s.rows("segment_hot"), "camera_id", [given["camera"]])
    return [{"greatest": max((r["hour"] for r in rows if r["hour"] <= given["hour"]), default=None)}]


@twin(catalog._LATEST_END)
def latest_end(s: Session, given: Given) -> list[Row]:
    rows = [r for r in wanted(s.rows("segment_hot"), "camera_id", [given["camera"]]) if r["hour"] == given["hour"]]
    ends = [r["ended_us"] for r in segments(s, rows) if r["clock_source"] != "attested"]
    return [{"max": max(ends, default=None)}]


@twin(catalog._HOURS)
def hours(s: Session, given: Given) -> list[Row]:
    rows = wanted(s.rows("segment_hot"), "camera_id", given["cameras"])
    found = {(r["camera_id"], r["hour"]) for r in rows if given["first"] <= r["hour"] <= given["last"]}
    return [{"camera_id": camera, "hour": hour} for camera, hour in sorted(found)]


@twin(catalog.FILMED)
def filmed(s: Session, given: Given) -> list[Row]:
    rows = wanted(s.rows("segment_hot"), "camera_id", given["cameras"])
    return segments(s, sorted((r for r in rows if given["first"] <= r["hour"] <= given["last"]), key=key))


def countable(s: Session, given: Given) -> list[Row]:
    """Return what cameras and time cover, as the kernel says it: the SQL has to agree with that."""
    starts, ends = from_micros(given["starts"]), given["ends"]
    scope = Scope(cameras=tuple(given["cameras"] or ()), starts_at=starts, ends_at=from_micros(ends) if ends else None)
    rows = wanted(s.rows("segment_hot"), "camera_id", given["cameras"])
    rows = segments(s, sorted((r for r in rows if given["first"] <= r["hour"] <= given["last"]), key=key))
    return [row for row in rows if covers(scope, facts_of(row))]


def facts_of(row: Row) -> FootageFacts:
    start, end = from_micros(row["started_us"]), from_micros(row["ended_us"])
    return FootageFacts(camera_id=row["camera_id"], started_at=start, ended_at=end)


@twin(counting.SPANS)
def spans(s: Session, given: Given) -> list[Row]:
    kept = [row for row in countable(s, given) if row["state"] == "kept"]
    return [span(camera, list(run)) for camera, run in groupby(kept, key=itemgetter("camera_id"))]


def span(camera: str, run: list[Row]) -> Row:
    named = "".join(f"{row['started_us']}/{row['generation']}\n" for row in run)
    first, last = run[0]["started_us"], run[-1]["started_us"]
    digest = hashlib.sha256(named.encode()).hexdigest()
    return {"camera_id": camera, "segments": len(run), "first_us": first, "last_us": last, "digest": digest}


@twin(counting.EXCEPTIONS)
def exceptions(s: Session, given: Given) -> list[Row]:
    return [row for row in countable(s, given) if row["state"] != "kept"]


@twin(catalog._HOUR_ROWS)
def hour_rows(s: Session, given: Given) -> list[Row]:
    mine = (given["camera"], given["hour"])
    return segments(s, [r for r in s.rows("segment_hot") if (r["camera_id"], r["hour"]) == mine])


# Intake.
@twin(intake._LOCK)
def lock_start(s: Session, given: Given) -> list[Row]:
    s.lock(("advisory", given["name"]))
    return [{"pg_advisory_xact_lock": ""}]


@twin(intake._BEGIN)
def begin(s: Session, given: Given) -> int:
    row = {"intake_id": given["id"], "location": given["location"], "segment": json.loads(given["segment"])}
    inserted = s.insert("intake_journal", row | {"begun_at": s.database.clock()})
    assert inserted, given
    return 1


@twin("delete from intake_journal where intake_id = :id")
def finish(s: Session, given: Given) -> int:
    if s.get("intake_journal", (given["id"],)) is None:
        return 0
    s.remove("intake_journal", (given["id"],))
    return 1


@twin(intake._OLD)
def unfinished(s: Session, given: Given) -> list[Row]:
    until = s.database.clock() - timedelta(seconds=given["seconds"])
    old = sorted((r for r in s.rows("intake_journal") if r["begun_at"] <= until), key=lambda r: r["begun_at"])
    for row in old:
        if not s.is_locked_elsewhere("intake_journal", (row["intake_id"],)):
            s.lock_row("intake_journal", (row["intake_id"],))
            return [some(row, "intake_id", "location", "segment")]
    return []


@twin(intake._TAKE_OVER)
def take_over(s: Session, given: Given) -> int:
    row = s.get("intake_journal", (given["id"],))
    if row is None:
        return 0
    s.remove("intake_journal", (given["id"],))
    s.put("intake_journal", row | {"intake_id": given["mine"]})
    return 1


@twin(intake._ENDED)
def programme_ended(s: Session, given: Given) -> list[Row]:
    row = s.get("programme_end", (given["id"],))
    return [] if row is None else [{"ended_at": row["ended_at"]}]


@twin(intake._FULL)
def full(s: Session, given: Given) -> list[Row]:
    s.lock_row("store_state", (given["store"],))
    row = s.get("store_state", (given["store"],))
    if row is not None and row["exhausted_since"] is not None:
        return []
    s.put("store_state", {"store": given["store"], "exhausted_since": given["at"]})
    return [{"store": given["store"]}]


@twin(intake._ROOM)
def room(s: Session, given: Given) -> int:
    return change(s, "store_state", (given["store"],), {"exhausted_since": None})


@twin(intake._REPLICATE)
def replicate(s: Session, given: Given) -> int:
    return int(s.insert("replica_due", dict(given)))


# Registry.
@twin(registry._CAMERA)
def camera(s: Session, given: Given) -> list[Row]:
    row = s.get("camera", (given["id"],))
    names = ("camera_id", "kind", "agency", "device_owner", "mask_areas", "retired_at")
    return [] if row is None else [some(row, *names)]


@twin(registry._MASK_AT)
def mask_at(s: Session, given: Given) -> list[Row]:
    rows = [r for r in s.rows("mask") if r["camera_id"] == given["id"] and r["valid_from"] <= given["at"]]
    newest = sorted(rows, key=lambda r: r["valid_from"])[-1:]
    return [{"mask_version": row["mask_version"]} for row in newest]


@twin(registry._SHIFT)
def shift_of(s: Session, given: Given) -> list[Row]:
    row = s.get("shift", (given["device"], given["shift"]))
    return [] if row is None else [some(row, "shift", "officer", "from_us", "to_us")]


@twin(registry._WORN)
def worn_at(s: Session, given: Given) -> list[Row]:
    rows = wanted(s.rows("shift"), "device_id", [given["device"]])
    on = sorted((r for r in rows if r["from_us"] <= given["at"] < r["to_us"]), key=lambda r: r["from_us"])
    return [some(row, "shift", "officer") for row in on[-1:]]


NOBODY = UUID(int=0)
