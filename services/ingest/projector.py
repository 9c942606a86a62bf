"""From ingest's own events to its rows. Decisions and rebuilds go through the same code, so they can't differ."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import Table

from services.ingest import streams, tables
from services.ingest.catalog import store as catalog
from services.ingest.plain import plain
from services.kernel import events as e
from services.kernel.batches import SegmentKey, keys
from services.kernel.envelope import Recorded
from services.kernel.ids import micros

# The place at registration counts from before all footage.
FROM_THE_BEGINNING = -(2**62)

_MOVED = text("update camera set area = :area, place = :place, direction = :direction where camera_id = :camera_id")
_PLACED = text("update camera set field_values = field_values || cast(:values as jsonb) where camera_id = :camera_id")
_RETIRED = text("update camera set retired_at = :at where camera_id = :camera_id")
_DESTROYING = text("""
insert into segment_state (camera_id, started_us, generation, state, batch_id, mark_seq, destroyable_from)
values (:camera_id, :started_us, :generation, 'destroying', :batch_id, :mark_seq, :destroyable_from)
on conflict (camera_id, started_us, generation) do update
   set batch_id = excluded.batch_id, mark_seq = excluded.mark_seq, destroyable_from = excluded.destroyable_from
 where segment_state.batch_id is null
""")
_NAMED = text("""
insert into segment_state (camera_id, started_us, generation, state, mark_seq)
values (:camera_id, :started_us, :generation, 'destroying', :mark_seq) on conflict do nothing
""")
_GONE = text("""
insert into segment_state (camera_id, started_us, generation, state, batch_id, mark_seq, destroyable_from, receipt)
values (:camera_id, :started_us, :generation, 'gone', :batch_id, 0, :destroyable_from, cast(:receipt as jsonb))
on conflict (camera_id, started_us, generation) do update
   set state = 'gone', batch_id = excluded.batch_id, destroyable_from = excluded.destroyable_from,
       receipt = excluded.receipt
""")


async def is_known(tx: AsyncConnection, record: Recorded) -> bool:
    """Tell whether the rows already contain this event: a relay may send one twice, our own log comes back whole."""
    stream, version = record.envelope.stream_id, record.envelope.stream_version
    if isinstance(record.event, e.SegmentRecorded):
        event = record.event
        found = await catalog.starting_at(tx, event.camera_id, event.started_at)
        return any(each.generation == event.generation for each in found)
    return version <= await streams.version_of(tx, stream)


async def project(tx: AsyncConnection, record: Recorded) -> None:
    """Write the rows of one event. Only for events that are not known yet; in the order of their stream."""
    await streams.seen(tx, record.envelope.stream_id, record.envelope.stream_version)
    match record.event:
        case e.SegmentRecorded() as event:
            await catalog.add(tx, event, record.envelope.recorded_at)
        case e.DestructionStarted() | e.SegmentDestroyed() | e.SegmentReplicated() | e.SegmentTransferred() as event:
            await _segment(tx, event)
        case e.HoldApplied() | e.HoldAnswerAmended():
            await _answer(tx, record)
        case e.SegmentRefused() | e.RecordingGapFound() | e.ShiftFiled() | e.TakeoverAdmitted():
            await _filed(tx, record)
        case e.CameraRegistered() | e.CameraMoved() | e.CameraRetired() | e.MaskAttested():
            await _camera(tx, record)
        case e.PermitRecorded() | e.InspectionRecorded() | e.MaintenanceWitnessed() as event:
            kind, body = type(event).__name__, plain(event)
            note = {"event_id": str(record.envelope.event_id), "camera_id": event.camera_id, "kind": kind, "body": body}
            await _put(tx, tables.camera_note, note)
        case _:
            pass  # Its stream's version is all that we keep of it.


async def _segment(
    tx: AsyncConnection,
    event: e.DestructionStarted | e.SegmentDestroyed | e.SegmentReplicated | e.SegmentTransferred,
) -> None:
    key = SegmentKey(camera_id=event.camera_id, started_at=event.started_at, generation=event.generation)
    row, more = key_row(key), dict[str, Any]()
    match event:
        case e.SegmentReplicated():
            await _put(tx, tables.segment_copy, row | {"location": event.location, "sha256": bytes(event.sha256)})
        case e.SegmentTransferred():
            more = {"repository_id": event.repository_id, "case_number": event.case_number}
            await _put(tx, tables.segment_transfer, row | more)
        case e.DestructionStarted():
            more = {"batch_id": event.batch_id, "mark_seq": event.mark_seq, "destroyable_from": event.destroyable_from}
            await tx.execute(_DESTROYING, row | more)
        case e.SegmentDestroyed():
            more = {"batch_id": event.batch_id, "destroyable_from": event.destroyable_from}
            await tx.execute(_GONE, row | more | {"receipt": json.dumps(plain(event))})


async def _answer(tx: AsyncConnection, record: Recorded) -> None:
    event, envelope = record.event, record.envelope
    assert isinstance(event, e.HoldApplied | e.HoldAnswerAmended)
    row = {"hold_id": str(event.hold_id), "version": envelope.stream_version, "seq": event.seq}
    body = {"type": type(event).__name__, **_mapping(plain(event))}
    await _put(tx, tables.hold_answer, row | {"body": body, "recorded_us": micros(envelope.recorded_at)})
    if isinstance(event, e.HoldApplied):
        # A relay that crosses two topics may have delivered this before the DestructionStarted that it names.
        for key in keys(event.destroying):
            await tx.execute(_NAMED, key_row(key) | {"mark_seq": event.seq - 1})


async def _filed(tx: AsyncConnection, record: Recorded) -> None:
    row: dict[str, Any]
    match record.event:
        case e.SegmentRefused() as event:
            row = {"stream_id": record.envelope.stream_id, "camera_id": event.camera_id, "refusal": event.refusal}
            row |= {"body": plain(event), "recorded_at": record.envelope.recorded_at}
            await _put(tx, tables.refusal, row)
        case e.RecordingGapFound() as event:
            row = {"camera_id": event.camera_id, "from_us": micros(event.gap_from), "to_us": micros(event.gap_to)}
            await _put(tx, tables.gap, row | {"found_by": event.found_by}, update=("to_us", "found_by"))
        case e.ShiftFiled() as event:
            row = {"device_id": event.device_id, "shift": event.shift, "officer": event.officer}
            row |= {"from_us": micros(event.shift_from), "to_us": micros(event.shift_to)}
            row |= {"incidents": list(event.incidents)}
            await _put(tx, tables.shift, row, update=("officer", "from_us", "to_us", "incidents"))
        case e.TakeoverAdmitted() as event:
            names = [column.name for column in tables.takeover.columns]
            row = {name: getattr(event, name) for name in names}
            await _put(tx, tables.takeover, row, update=("recovery_waived_by",))
        case other:
            raise AssertionError(other)


async def _camera(tx: AsyncConnection, record: Recorded) -> None:
    row: dict[str, Any]
    match record.event:
        case e.CameraRegistered() as event:
            await _registered(tx, event, record.envelope.recorded_at)
        case e.CameraMoved() as event:
            place = {"area": event.area, "place": event.place, "direction": event.direction}
            await tx.execute(_MOVED, {"camera_id": event.camera_id, **place})
            if event.values:
                stated = json.dumps({each.name: each.value for each in event.values})
                await tx.execute(_PLACED, {"camera_id": event.camera_id, "values": stated})
            row = {"camera_id": event.camera_id, "from_us": micros(event.moved_at), **place}
            await _put(tx, tables.camera_place, row, update=tuple(place))
        case e.CameraRetired() as event:
            await tx.execute(_RETIRED, {"camera_id": event.camera_id, "at": event.retired_at})
        case e.MaskAttested() as event:
            row = {
                "camera_id": event.camera_id,
                "mask_version": event.mask_version,
                "areas": list(event.areas),
            }
            row |= {"valid_from": event.valid_from, "attested_by": record.envelope.actor_id}
            await _put(tx, tables.mask, row, update=("areas", "valid_from", "attested_by"))
        case other:
            raise AssertionError(other)


async def _registered(tx: AsyncConnection, event: e.CameraRegistered, at: datetime) -> None:
    place = {"camera_id": event.camera_id, "area": event.area, "place": event.place, "direction": event.direction}
    row: dict[str, Any] = {**place, "kind": event.kind, "agency": event.agency, "mask_areas": list(event.mask_areas)}
    row |= {"device_owner": event.device_owner, "field_values": {v.name: v.value for v in event.values}}
    await _put(tx, tables.camera, row | {"registered_at": at})
    await _put(tx, tables.camera_place, place | {"from_us": FROM_THE_BEGINNING})


async def ended(tx: AsyncConnection, event: e.ProgrammeEnded) -> None:
    """Note when a programme ended; the first end stands."""
    await _put(tx, tables.programme_end, {"policy_id": event.policy_id, "ended_at": event.ended_at})


def key_row(key: SegmentKey) -> dict[str, Any]:
    """Return a segment's key as the columns of the tables name it."""
    return {"camera_id": key.camera_id, "started_us": micros(key.started_at), "generation": key.generation}


def _mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


async def _put(tx: AsyncConnection, table: Table, row: dict[str, Any], update: tuple[str, ...] = ()) -> None:
    statement = insert(table).values(row)
    if update:
        primary = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in update}
        await tx.execute(statement.on_conflict_do_update(index_elements=primary, set_=changed))
    else:
        await tx.execute(statement.on_conflict_do_nothing())
