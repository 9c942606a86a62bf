"""SQL of custody: its start, its position in the protection log, parked records, batches, marks and receipts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.projector import key_row
from services.kernel.batches import HourLine, SegmentKey, hour_start
from services.kernel.events import DeletionCleared
from services.kernel.ids import from_micros
from services.kernel.mark import Parked
from services.kernel.protection import scope_from_json, scope_to_json
from services.kernel.scope import Scope

# Marks go in chunks of well under a second, so that a hold never waits longer for the gate (protocol.md section 3).
CHUNK_SEGMENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Part of a batch: segments of one camera, hour and generation that are judged in one transaction."""

    batch_id: UUID
    position: int
    camera_id: str
    hour: int
    generation: int
    offsets_us: tuple[int, ...]
    start_id: UUID
    seq: int  # of its clearance

    def segments(self) -> list[SegmentKey]:
        at = hour_start(self.hour)
        return [
            SegmentKey(camera_id=self.camera_id, started_at=at + timedelta(microseconds=us), generation=self.generation)
            for us in self.offsets_us
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedRow:
    """A record of the protection log that waits for two persons, or for the one before it."""

    parked_id: str
    hold_id: str
    log_offset: int
    raw: bytes
    seq: int | None
    error: str
    proposed_by: str
    how: str


async def begin(tx: AsyncConnection, start_id: UUID, gate_offset: int, at: datetime) -> None:
    """Pass the start gate: from now on only ``start_id`` may mark, and only what is cleared from the offset on."""
    row = {"id": start_id, "gate": gate_offset, "at": at}
    await tx.execute(_BEGIN, row)


async def start_id(tx: AsyncConnection) -> UUID | None:
    """Return the id of the process that holds custody now."""
    found: UUID | None = (await tx.execute(text("select start_id from custody_start where one = 1"))).scalar()
    return found


async def gate_offset(tx: AsyncConnection) -> int | None:
    """Return the offset of hold.events from which clearances count."""
    found: int | None = (await tx.execute(text("select gate_offset from custody_start where one = 1"))).scalar()
    return found


async def advance(tx: AsyncConnection, seq: int, log_offset: int, *, unread: int) -> None:
    """Move the position in the protection log."""
    await tx.execute(_ADVANCE, {"seq": seq, "offset": log_offset, "unread": unread})


async def reload_needed(tx: AsyncConnection) -> None:
    """Tell every reader's memory that records were put in behind the position."""
    await tx.execute(text("update custody_position set reloads = reloads + 1"))


async def keep(tx: AsyncConnection, seq: int, log_offset: int, raw: bytes) -> None:
    """Keep a record of the protection log as it came."""
    await tx.execute(_KEEP, {"seq": seq, "offset": log_offset, "raw": raw})


async def park(tx: AsyncConnection, row: ParkedRow, scope: Scope | None, *, everywhere: bool) -> None:
    """Park a record: nothing inside its scope is marked until it is settled."""
    scoped = None if scope is None or everywhere else json.dumps(scope_to_json(scope))
    values = {"id": row.parked_id, "hold": row.hold_id, "offset": row.log_offset, "raw": row.raw}
    await tx.execute(_PARK, values | {"seq": row.seq, "error": row.error, "scope": scoped})


async def parked_scopes(tx: AsyncConnection) -> list[Parked]:
    """Return what parked records may cover: a record without a readable scope covers everything."""
    rows = await tx.execute(text("select log_offset, scope from parked where settled_at is null"))
    return [Parked(offset=row.log_offset, scope=scope_from_json(row.scope) if row.scope else None) for row in rows]


async def parked_of(tx: AsyncConnection, hold_id: str) -> list[ParkedRow]:
    """Return the open parked records of one hold in the order of the log."""
    return [_parked(row) for row in await tx.execute(_PARKED_OF, {"hold": hold_id})]


async def parked_row(tx: AsyncConnection, parked_id: str) -> ParkedRow | None:
    """Return one open parked record, locked."""
    row = (await tx.execute(_PARKED_ONE, {"id": parked_id})).one_or_none()
    return None if row is None else _parked(row)


async def parked_open(tx: AsyncConnection) -> list[ParkedRow]:
    """Return all open parked records."""
    return [_parked(row) for row in await tx.execute(_PARKED_ALL)]


async def propose_settling(tx: AsyncConnection, parked_id: str, person: str, how: str) -> None:
    """Note the first of the two persons."""
    await tx.execute(_PROPOSE, {"id": parked_id, "person": person, "how": how})


async def settle(tx: AsyncConnection, parked_ids: Sequence[str], at: datetime) -> None:
    """Close parked records."""
    await tx.execute(
        text("update parked set settled_at = :at where parked_id = any(:ids)"), {"at": at, "ids": list(parked_ids)}
    )


async def open_batch(tx: AsyncConnection, event: DeletionCleared, start: UUID) -> bool:
    """Write a cleared batch in chunks; False if this id was seen before, for a closed id is never executed again."""
    row = {"id": event.batch_id, "camera": event.camera_id, "seq": event.seq, "start": start}
    if (await tx.execute(_BATCH, row)).scalar() is None:
        return False
    rows = [
        {
            "batch": event.batch_id,
            "position": position,
            "camera": line.camera_id,
            "hour": line.hour,
            "generation": line.generation,
            "offsets": list(line.offsets_us),
        }
        for position, line in enumerate(chunks(event.lines))
    ]
    if rows:
        await tx.execute(_LINE, rows)
    return True


def chunks(lines: Sequence[HourLine]) -> list[HourLine]:
    """Cut lines so that each is marked in one short transaction; camera, hour and start rise (oldest first)."""
    ordered = sorted(lines, key=lambda line: (line.camera_id, line.hour, line.generation))
    return [
        HourLine(
            camera_id=line.camera_id,
            hour=line.hour,
            generation=line.generation,
            offsets_us=tuple(sorted(line.offsets_us)[at : at + CHUNK_SEGMENTS]),
        )
        for line in ordered
        for at in range(0, len(line.offsets_us), CHUNK_SEGMENTS)
    ]


async def next_line(tx: AsyncConnection) -> Line | None:
    """Return the first unanswered line of the oldest open batch, locked."""
    row = (await tx.execute(_NEXT_LINE)).one_or_none()
    if row is None:
        return None
    values = row._asdict()
    return Line(**values | {"offsets_us": tuple(values["offsets_us"])})


async def answer_line(tx: AsyncConnection, batch_id: UUID, position: int, answers: list[dict[str, object]]) -> None:
    """Write the outcomes of one line."""
    row = {"batch": batch_id, "position": position, "answers": json.dumps(answers)}
    await tx.execute(_ANSWER, row)


async def answers_if_complete(tx: AsyncConnection, batch_id: UUID) -> list[dict[str, object]] | None:
    """Return all outcomes of a batch in order, or None while a line has none."""
    rows = (await tx.execute(_ANSWERS, {"batch": batch_id})).all()
    if any(row.answers is None for row in rows):
        return None
    return [answer for row in rows for answer in row.answers]


async def close_batch(tx: AsyncConnection, batch_id: UUID, at: datetime) -> None:
    """Close a batch for ever."""
    await tx.execute(text("update batch set closed_at = :at where batch_id = :id"), {"at": at, "id": batch_id})


async def open_batches(tx: AsyncConnection) -> list[tuple[UUID, str]]:
    """Return batches that have no answer, oldest first."""
    rows = await tx.execute(text("select batch_id, camera_id from batch where closed_at is null order by seq"))
    return [(row.batch_id, row.camera_id) for row in rows]


async def lines_of(tx: AsyncConnection, batch_id: UUID) -> list[Line]:
    """Return the unanswered lines of a batch."""
    rows = await tx.execute(_LINES_OF, {"batch": batch_id})
    return [Line(**row._asdict() | {"offsets_us": tuple(row.offsets_us)}) for row in rows]


async def queue_destruction(tx: AsyncConnection, key: SegmentKey) -> None:
    """Let the deleter have a segment whose DestructionStarted was read back from the log."""
    await tx.execute(_QUEUE, key_row(key))


async def due_destructions(tx: AsyncConnection, most: int) -> list[SegmentKey]:
    """Return segments whose bytes may go now."""
    return [_key(row) for row in await tx.execute(_DUE, {"most": most})]


async def is_replica_due(tx: AsyncConnection, key: SegmentKey) -> bool:
    """Tell whether a replica of this segment was to be made and hasn't been recorded yet."""
    return (await tx.execute(_REPLICA_DUE, key_row(key))).scalar() is not None


async def unqueue_replica(tx: AsyncConnection, key: SegmentKey) -> None:
    """No replica is made of what is no more."""
    await tx.execute(_NO_REPLICA, key_row(key))


async def claim_receipt(tx: AsyncConnection, key: SegmentKey) -> UUID | None:
    """Compare and set destroying -> gone (C5). None if somebody else wrote the receipt, or there was no mark."""
    await tx.execute(_UNQUEUE, key_row(key))
    found: UUID | None = (await tx.execute(_GONE, key_row(key))).scalar()
    return found


async def named_without_mark(tx: AsyncConnection) -> list[SegmentKey]:
    """Return what an answer called ``destroying`` though its DestructionStarted is on no log: it must be said now."""
    return [_key(row) for row in await tx.execute(_NAMED)]


async def copies_of(tx: AsyncConnection, key: SegmentKey) -> list[str]:
    """Return the replicas of a segment as ``<store>:<location>``."""
    return [row.location for row in await tx.execute(_COPIES, key_row(key))]


def _key(row: Row[Any]) -> SegmentKey:
    return SegmentKey(
        camera_id=row.camera_id,
        started_at=from_micros(row.started_us),
        generation=row.generation,
    )


def _parked(row: Row[Any]) -> ParkedRow:
    values = row._asdict()
    return ParkedRow(**values | {"raw": bytes(values["raw"])})


_BEGIN = text("""
insert into custody_start (one, start_id, gate_offset, started_at) values (1, :id, :gate, :at)
on conflict (one) do update set start_id = excluded.start_id, gate_offset = excluded.gate_offset,
                                started_at = excluded.started_at
""")
_ADVANCE = text("""
insert into custody_position (one, seq, log_offset, unread, reloads) values (1, :seq, :offset, :unread, 0)
on conflict (one) do update set seq = greatest(custody_position.seq, excluded.seq),
                                log_offset = excluded.log_offset, unread = excluded.unread
""")
_KEEP = text("insert into protection_log (seq, log_offset, raw) values (:seq, :offset, :raw) on conflict do nothing")
_PARK = text("""
insert into parked (parked_id, hold_id, log_offset, scope, raw, seq, error)
values (:id, :hold, :offset, cast(:scope as jsonb), :raw, :seq, :error) on conflict do nothing
""")
_PARKED = (
    "select parked_id, hold_id, log_offset, raw, seq, error, proposed_by, how from parked where settled_at is null"
)
_PARKED_OF = text(_PARKED + " and hold_id = :hold and hold_id <> '' order by log_offset")
_PARKED_ONE = text(_PARKED + " and parked_id = :id for update")
_PARKED_ALL = text(_PARKED + " order by log_offset")
_PROPOSE = text("update parked set proposed_by = :person, how = :how where parked_id = :id")
_BATCH = text("""
insert into batch (batch_id, camera_id, seq, start_id) values (:id, :camera, :seq, :start)
on conflict do nothing returning batch_id
""")
_LINE = text("""
insert into batch_line (batch_id, position, camera_id, hour, generation, offsets_us)
values (:batch, :position, :camera, :hour, :generation, :offsets)
""")
_NEXT_LINE = text("""
select l.batch_id, l.position, l.camera_id, l.hour, l.generation, l.offsets_us, b.start_id, b.seq
  from batch b join batch_line l using (batch_id)
 where b.closed_at is null and l.answers is null
 order by b.seq, l.position limit 1 for update of l skip locked
""")
_LINES_OF = text("""
select l.batch_id, l.position, l.camera_id, l.hour, l.generation, l.offsets_us, b.start_id, b.seq
  from batch b join batch_line l using (batch_id)
 where b.batch_id = :batch and l.answers is null order by l.position
""")
_ANSWER = text("""
update batch_line set answers = cast(:answers as jsonb) where batch_id = :batch and position = :position
""")
_ANSWERS = text("select answers from batch_line where batch_id = :batch order by position")
_QUEUE = text("""
insert into destruction_due (camera_id, started_us, generation)
select camera_id, started_us, generation from segment_state
 where camera_id = :camera_id and started_us = :started_us and generation = :generation and state = 'destroying'
on conflict do nothing
""")
_DUE = text("""
select camera_id, started_us, generation from destruction_due order by tried_at nulls first, started_us limit :most
""")
_UNQUEUE = text("""
delete from destruction_due
 where camera_id = :camera_id and started_us = :started_us and generation = :generation
""")
_GONE = text("""
update segment_state set state = 'gone'
 where camera_id = :camera_id and started_us = :started_us and generation = :generation and state = 'destroying'
returning coalesce(batch_id, '00000000-0000-0000-0000-000000000000'::uuid)
""")
_NAMED = text(
    "select camera_id, started_us, generation from segment_state where state = 'destroying' and batch_id is null"
)
_REPLICA_DUE = text("""
select 1 from replica_due where camera_id = :camera_id and started_us = :started_us and generation = :generation
""")
_NO_REPLICA = text("""
delete from replica_due where camera_id = :camera_id and started_us = :started_us and generation = :generation
""")
_COPIES = text("""
select location from segment_copy
 where camera_id = :camera_id and started_us = :started_us and generation = :generation order by location
""")
