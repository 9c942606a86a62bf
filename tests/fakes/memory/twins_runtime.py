"""Twins of the runtime's own SQL: offsets, outbox, dead letters, the clock, advisory locks."""

# ruff: noqa: ARG001 - every twin is called with a session and with values, whether it needs them or not.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.runtime import aside, offsets, outbox
from tests.fakes.memory.database import MustWait, Row, Session
from tests.fakes.memory.twin import twin

Given = Mapping[str, Any]


@twin("SELECT clock_timestamp()")
def clock(s: Session, given: Given) -> list[Row]:
    return [{"clock_timestamp": s.database.clock()}]


@twin("SELECT pg_try_advisory_lock(:key)")
def try_advisory_lock(s: Session, given: Given) -> list[Row]:
    try:
        s.lock(("advisory", given["key"]), session=True)
    except MustWait:
        return [{"pg_try_advisory_lock": False}]
    return [{"pg_try_advisory_lock": True}]


@twin("SELECT pg_advisory_lock(:key)")
def advisory_lock(s: Session, given: Given) -> list[Row]:
    s.lock(("advisory", given["key"]), session=True)
    return [{"pg_advisory_lock": ""}]


@twin("SELECT pg_advisory_unlock(:key)")
def advisory_unlock(s: Session, given: Given) -> list[Row]:
    return [{"pg_advisory_unlock": True}]  # The fake's sessions end with their block, and their locks with them.


@twin(offsets.START)
def start(s: Session, given: Given) -> list[Row]:
    key = (given["consumer"], given["topic"], given["partition"])
    s.lock_row("consumer_offset", key)
    row = s.get("consumer_offset", key)
    if row is None:
        row = {**given, "next_offset": 0}
        s.put("consumer_offset", row)
    return [{"next_offset": row["next_offset"]}]


@twin(offsets.CLAIM)
def claim(s: Session, given: Given) -> int:
    claimed = 0
    spans = zip(given["topics"], given["partitions"], given["starts"], given["stops"], strict=True)
    for topic, partition, begins, stops in spans:
        row = s.get("consumer_offset", (given["consumer"], topic, partition))
        if row is not None and row["next_offset"] == begins:
            s.put("consumer_offset", row | {"next_offset": stops})
            claimed += 1
    return claimed


@twin(offsets.STORED)
def stored(s: Session, given: Given) -> list[Row]:
    mine = [row for row in s.rows("consumer_offset") if row["consumer"] == given["consumer"]]
    return [{name: row[name] for name in ("topic", "partition", "next_offset")} for row in mine]


@twin(offsets.OF_TOPIC)
def of_topic(s: Session, given: Given) -> list[Row]:
    rows = s.rows("consumer_offset")
    mine = [row for row in rows if (row["consumer"], row["topic"]) == (given["consumer"], given["topic"])]
    return [{name: row[name] for name in ("partition", "next_offset")} for row in mine]


@twin(offsets.MOVE_ON)
def move_on(s: Session, given: Given) -> int:
    row = s.get("consumer_offset", (given["consumer"], given["topic"], given["partition"]))
    before = row["next_offset"] if row else 0
    s.put("consumer_offset", {**given, "next_offset": max(before, given["next_offset"])})
    return 1


@twin(outbox.INSERT)
def queue(s: Session, given: Given) -> int:
    s.put("outbox", {"id": s.database.next_id("outbox.id"), **given})
    return 1


@twin(aside.LETTER)
def letter(s: Session, given: Given) -> int:
    at = ("consumer", "topic", "partition", "offset")
    if any(all(row[name] == given[name] for name in at) for row in s.rows("dead_letter")):
        return 0
    columns = s.database.metadata.tables["dead_letter"].columns
    row = dict.fromkeys(column.name for column in columns) | dict(given)
    return int(s.insert("dead_letter", row | {"id": s.database.next_id("dead_letter.id")}))


@twin(aside.BLOCK)
def block(s: Session, given: Given) -> int:
    return int(s.insert("blocked_key", dict(given)))


@twin(aside.BLOCKED)
def blocked(s: Session, given: Given) -> list[Row]:
    mine = [row for row in s.rows("blocked_key") if row["consumer"] == given["consumer"]]
    return sorted(({"topic": row["topic"], "key": row["key"]} for row in mine), key=lambda row: tuple(row.values()))
