"""SQL of custody: its start, its position in the protection log, parked records, marks and receipts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.projector import key_row
from services.kernel.batches import SegmentKey
from services.kernel.ids import from_micros
from services.kernel.mark import Parked
from services.kernel.scope import Scope, scope_from_json, scope_to_json


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
