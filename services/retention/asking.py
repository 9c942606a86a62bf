"""Queries behind the HTTP interface: one segment with all that explains it, the queue, overdue, held, status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.kernel.batches import HOUR, hour_start
from services.kernel.ids import EPOCH
from services.retention import breakers, buckets, waiting
from services.retention.bits import from_text
from services.retention.breaker import EVERYWHERE
from services.retention.bucket import MICROSECOND, Bucket, BucketKey
from services.retention.buckets import Connection
from services.retention.decider import Circumstances
from services.retention.explain import Case, Happened, Receipt
from services.retention.facts import filed
from services.retention.instants import iso
from services.retention.library import Library
from services.retention.projector import hour_and_offset
from services.retention.protections import Protections

ROWS_MAX = 10_000

HOT = "SELECT * FROM segment_hot WHERE camera_id = $1 AND started_at = $2 ORDER BY generation DESC"
RECEIPT = """
SELECT batch_id, started_event, started_marking_at, destroyed_event, destroyed_at FROM receipt
 WHERE camera_id = $1 AND started_at = $2 AND generation = $3
"""
TRAIL = """
SELECT event_id, event_type, recorded_at, note FROM trail
 WHERE camera_id = $1 AND hour = $2 AND generation = $3 AND $4 = ANY (offsets_us) ORDER BY recorded_at
"""
CLEARED = """
SELECT bool_or(cleared_seq IS NOT NULL) FROM outstanding
 WHERE camera_id = $1 AND hour = $2 AND generation = $3 AND $4 = ANY (offsets_us)
"""
# What a line of a list tells of a bucket: its maps, none of its arrays.
LINE = """b.camera_id, b.hour, b.retention_class, b.stage, b.remaining, b.due_at, b.queued::text, b.commanded::text,
       b.destroyed::text, b.overdue::text, b.past_maximum::text"""
DUE = f"""
SELECT {LINE} FROM segment_hour b
 WHERE b.stage IN ('queued', 'due', 'commanded', 'overdue') AND ($1::timestamptz IS NULL OR b.due_at >= $1)
   AND ($2::timestamptz IS NULL OR b.due_at < $2) AND ($3::text IS NULL OR b.camera_id = $3)
   AND b.stage NOT IN ('kept', 'gone')
 ORDER BY b.due_at, b.camera_id, b.hour LIMIT $4
"""  # noqa: S608 - put together from constants of this package
OVERDUE = f"""
SELECT {LINE} FROM segment_hour b
 WHERE b.stage NOT IN ('kept', 'gone') AND (b.overdue IS NOT NULL OR b.past_maximum IS NOT NULL)
 ORDER BY b.camera_id, b.hour LIMIT {ROWS_MAX}
"""  # noqa: S608 - put together from constants of this package
HELD = """
SELECT h.hold_id, h.camera_id, count(*) AS buckets, min(h.hour) AS first_hour, max(h.hour) AS last_hour,
       sum(cardinality(b.offsets_us))::int8 AS segments
  FROM held_due h JOIN segment_hour b USING (camera_id, hour, generation, chunk)
 GROUP BY h.hold_id, h.camera_id ORDER BY h.hold_id, h.camera_id
"""
STAGES = "SELECT stage, count(*) FROM segment_hour WHERE stage NOT IN ('kept', 'gone') GROUP BY stage"
CURSOR = "SELECT nullif(swept_to, '-infinity') AS swept_to, halted_at, halted_why FROM wheel_cursor"
TOTALS = """
SELECT (SELECT coalesce(max(seq), 0) FROM protection_record) AS read_seq,
       (SELECT coalesce(sum(stored), 0)::int8 FROM camera_fill) AS stored,
       (SELECT count(DISTINCT batch_id) FROM outstanding) AS outstanding_batches
"""
BREAKERS = 'SELECT camera_id, tripped_at, "limit", counted, proposed_by FROM breaker ORDER BY camera_id'


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Answers questions from the tables, by the packs and the protection log as they are now."""

    protections: Protections
    library: Library

    async def case(
        self, connection: Connection, camera_id: str, started_at: datetime, generation: int | None, now: datetime
    ) -> Case | None:
        """Return all about one segment, its newest generation if none is named; None if it isn't known here."""
        found = await _find(connection, camera_id, started_at, generation)
        if found is None:
            return None
        bucket, position = found
        here = (camera_id, bucket.key.hour, bucket.key.generation, bucket.offsets_us[position])
        events, receipt = await _past(connection, bucket, position, here)
        return Case(
            bucket=bucket,
            position=position,
            around=await self._around(connection, bucket, now),
            events=events,
            receipt=receipt,
            cleared=bool(await connection.fetchval(CLEARED, *here)),
        )

    async def _around(self, connection: Connection, bucket: Bucket, now: datetime) -> Circumstances:
        log = await self.protections.refresh(connection)
        waits = await waiting.read(connection, [(bucket.key.camera_id, bucket.key.hour)])
        tripped = await breakers.open_breakers(connection)
        return Circumstances(
            now=now,
            rules=self.library.rules(log, bucket.key.camera_id, bucket.retention_class, now),
            protections=tuple(log.protections.values()),
            facts=(await filed(connection, [bucket])).about,
            read_seq=log.seq,
            waits=waits.get((bucket.key.camera_id, bucket.key.hour, bucket.key.generation), ()),
            breaker_open=bool(tripped & {EVERYWHERE, bucket.key.camera_id}),
        )

    async def held(self, connection: Connection) -> list[dict[str, object]]:
        """Return what each hold keeps of what came up so far, by camera."""
        log = await self.protections.refresh(connection)
        return [
            {
                "hold_id": str(row["hold_id"]),
                "kind": found.kind if (found := log.protections.get(row["hold_id"])) else "",
                "matter": found.matter if found else "",
                "protects_until": iso(found.protects_until) if found else None,
                "camera_id": row["camera_id"],
                "segments_in_hours": row["segments"],
                "from": iso(hour_start(row["first_hour"])),
                "to": iso(hour_start(row["last_hour"]) + HOUR),
            }
            for row in await connection.fetch(HELD)
        ]


async def due(
    connection: Connection,
    since: datetime | None,
    until: datetime | None,
    *,
    camera: str | None = None,
    limit: int = ROWS_MAX,
) -> list[dict[str, object]]:
    """Return the buckets on their way out, by the instant of their next step; of one camera if asked."""
    rows = await connection.fetch(DUE, since, until, camera, limit)
    return [_line(row) | {"next_at": iso(row["due_at"])} for row in rows]


async def overdue(connection: Connection) -> list[dict[str, object]]:
    """Return what is past its maximum, the two outcomes apart (decision 8)."""
    return [
        _line(row) | {"outcome": outcome, "segments": number}
        for row in await connection.fetch(OVERDUE)
        for outcome, map_ in (
            ("overdue", _map(row, "overdue") & ~_map(row, "past_maximum")),
            ("past_maximum_protected", _map(row, "past_maximum")),
        )
        if (number := (map_ & ~_map(row, "destroyed")).bit_count())
    ]


async def status(connection: Connection, now: datetime, *, counted: bool = True) -> dict[str, object]:
    """Return where retention stands: position, cursor, breakers, and what is on its way out if it is to be counted."""
    totals, cursor = await connection.fetchrow(TOTALS), await connection.fetchrow(CURSOR)
    assert totals is not None
    swept_to = cursor["swept_to"] if cursor else None
    return {
        **dict(totals),
        "swept_to": iso(swept_to),
        "sweep_lag_s": (now - swept_to).total_seconds() if swept_to else None,
        "clock_halted": cursor["halted_why"] if cursor else "",
        "buckets": {row["stage"]: row["count"] for row in await connection.fetch(STAGES)} if counted else None,
        "breakers": [dict(row) | {"tripped_at": iso(row["tripped_at"])} for row in await connection.fetch(BREAKERS)],
    }


async def _find(
    connection: Connection, camera_id: str, started_at: datetime, generation: int | None
) -> tuple[Bucket, int] | None:
    hour, offset = hour_and_offset(started_at)
    hot = [_from_hot(row, hour, offset) for row in await connection.fetch(HOT, camera_id, started_at)]
    cold = [b for b in await buckets.read_hour(connection, camera_id, hour) if offset in b.offsets_us]
    known = {b.key.generation: b for b in (*hot, *cold)}
    bucket = known.get(generation or max(known, default=0))
    return (bucket, bucket.offsets_us.index(offset)) if bucket else None


def _from_hot(row: asyncpg.Record, hour: int, offset: int) -> Bucket:
    """A segment of the open hour as a bucket of its own."""
    return Bucket(
        key=BucketKey(camera_id=row["camera_id"], hour=hour, generation=row["generation"], chunk=0),
        retention_class=row["retention_class"],
        officer=row["officer"],
        shift=row["shift"],
        offsets_us=(offset,),
        lengths_us=((row["ended_at"] - row["started_at"]) // MICROSECOND,),
        lags_us=((row["recorded_at"] - row["ended_at"]) // MICROSECOND,),
        recoveries_us=((row["recovery_from"] - EPOCH) // MICROSECOND,),
        destroyed=int(row["destroyed"]),
    )


async def _past(
    connection: Connection, bucket: Bucket, position: int, here: Sequence[Any]
) -> tuple[list[Happened], Receipt | None]:
    happened = [
        Happened(event_id=row["event_id"], type=row["event_type"], at=row["recorded_at"], note=row["note"])
        for row in await connection.fetch(TRAIL, *here)
    ]
    started_at, generation = bucket.started_at(position), bucket.key.generation
    row = await connection.fetchrow(RECEIPT, bucket.key.camera_id, started_at, generation)
    if row is None:
        return happened, None
    steps = (
        ("DestructionStarted", row["started_event"], row["started_marking_at"]),
        ("SegmentDestroyed", row["destroyed_event"], row["destroyed_at"]),
    )
    happened += [Happened(event_id=event, type=name, at=at) for name, event, at in steps if event]
    return happened, Receipt(batch_id=row["batch_id"], destroyed_at=row["destroyed_at"])


def _line(row: asyncpg.Record) -> dict[str, object]:
    queued, commanded, destroyed = (_map(row, name) for name in ("queued", "commanded", "destroyed"))
    return {
        "camera_id": row["camera_id"],
        "hour": iso(hour_start(row["hour"])),
        "retention_class": row["retention_class"],
        "stage": row["stage"],
        "segments": row["remaining"],
        "queued": (queued & ~destroyed & ~commanded).bit_count(),
        "commanded": (commanded & ~destroyed).bit_count(),
    }


def _map(row: asyncpg.Record, name: str) -> int:
    return from_text(row[name])
