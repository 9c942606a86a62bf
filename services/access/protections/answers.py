"""A6 and the copies of custody's facts: what HoldApplied, amendments, outcomes and cameras change in our tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.ledger import SYSTEM, Desk
from services.access.protections.projector import lines_to_json
from services.access.protections.wording import iso
from services.access.tables import answer, answer_amendment, batch_answer, camera, clearance, parked
from services.kernel.envelope import Recorded
from services.kernel.events import (
    ActRefused,
    BatchAnswered,
    CameraMoved,
    CameraRegistered,
    CameraRetired,
    FieldValue,
    HoldAnswerAmended,
    HoldApplied,
    MaskAttested,
    ProtectionParked,
    ProtectionSettled,
    SecuredSpan,
)
from services.kernel.position import recorded_position
from services.runtime.worker import Received


class AnswerHandler:
    """Worker ``access.answers``: custody.events and camera.events into our own tables.

    With a desk, an answer to a batch that nobody here cleared is put on record as refused (I9); a rebuild has none.
    """

    def __init__(self, desk: Desk | None = None) -> None:
        self._desk = desk

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        for received in batch:
            answered = received.recorded.event
            if self._desk is not None and isinstance(answered, BatchAnswered) and await _is_foreign(tx, answered):
                ledger = await self._desk.ledger(tx, SYSTEM, causes=(received,))
                await ledger.append(f"refusal/{answered.batch_id}", _foreign(answered), str(answered.batch_id))
            await apply(tx, received.recorded)


async def _is_foreign(tx: AsyncConnection, event: BatchAnswered) -> bool:
    """Whether access never cleared this batch; told once, for the answer itself is kept after that."""
    mine = await tx.scalar(select(clearance.c.seq).where(clearance.c.batch_id == event.batch_id))
    told = await tx.scalar(select(batch_answer.c.batch_id).where(batch_answer.c.batch_id == event.batch_id))
    return mine is None and told is None


def _foreign(event: BatchAnswered) -> ActRefused:
    return ActRefused(
        act="batch.answer",
        subject=str(event.batch_id),
        refusal="UnknownCommand",
        rule="protocol.A6",
        clause="",
        explanation=f"custody answered batch {event.batch_id} for {event.camera_id}, which access never cleared",
    )


async def apply(tx: AsyncConnection, record: Recorded) -> None:
    """Write one answer or fact; repeats change nothing."""
    match record.event:
        case HoldApplied() as event:
            await tx.execute(insert(answer).values(_applied(record, event)).on_conflict_do_nothing())
        case HoldAnswerAmended() as event:
            await tx.execute(insert(answer_amendment).values(_amended(record, event)).on_conflict_do_nothing())
        case BatchAnswered(batch_id=batch_id):
            row = {"batch_id": batch_id, "answered_at": record.envelope.recorded_at}
            await tx.execute(insert(batch_answer).values(row).on_conflict_do_nothing())
        case ProtectionParked() as event:
            await tx.execute(insert(parked).values(_parked(event)).on_conflict_do_nothing())
        case ProtectionSettled(parked_id=parked_id):
            await tx.execute(update(parked).where(parked.c.parked_id == parked_id).values(settled=True))
        case _:
            await _camera(tx, record)


async def _camera(tx: AsyncConnection, record: Recorded) -> None:
    match record.event:
        case CameraRegistered() as event:
            await tx.execute(insert(camera).values(_registered(record, event)).on_conflict_do_nothing())
        case CameraMoved(camera_id=camera_id, area=area, place=place, values=values):
            # Where it stood is no longer where it stands: without a new point it is on no map.
            await _change(tx, record, camera_id, {"area": area, "place": place, **_point(values)})
        case CameraRetired(camera_id=camera_id):
            await _change(tx, record, camera_id, {"retired": True})
        case MaskAttested() as event:
            await _mask(tx, record, event)
        case _:
            pass


async def _mask(tx: AsyncConnection, record: Recorded, event: MaskAttested) -> None:
    masks = await tx.scalar(select(camera.c.masks).where(camera.c.camera_id == event.camera_id)) or []
    attested = {"version": event.mask_version, "areas": list(event.areas), "valid_from": iso(event.valid_from)}
    await _change(tx, record, event.camera_id, {"masks": [*masks, attested]})


async def _change(tx: AsyncConnection, record: Recorded, camera_id: str, values: dict[str, object]) -> None:
    version = record.envelope.stream_version
    newer = (camera.c.camera_id == camera_id) & (camera.c.version < version)
    await tx.execute(update(camera).where(newer).values(version=version, **values))


def _registered(record: Recorded, event: CameraRegistered) -> dict[str, object]:
    return {
        "camera_id": event.camera_id,
        "version": record.envelope.stream_version,
        "kind": event.kind,
        "agency": event.agency,
        "area": event.area,
        "place": event.place,
        "mask_areas": list(event.mask_areas),
        "masks": [],
        "retired": False,
        **_point(event.values),
    }


def _point(values: Iterable[FieldValue]) -> dict[str, float | None]:
    position = recorded_position(values)
    if position is None:
        return {"latitude": None, "longitude": None}
    return {"latitude": position.latitude, "longitude": position.longitude}


def _applied(record: Recorded, event: HoldApplied) -> dict[str, object]:
    return {
        "hold_id": event.hold_id,
        "seq": event.seq,
        "secured": [_span(span) for span in event.secured],
        "destroying": lines_to_json(event.destroying),
        "gone": lines_to_json(event.gone),
        "applied_at": record.envelope.recorded_at,
    }


def _span(span: SecuredSpan) -> dict[str, object]:
    return {
        "camera_id": span.camera_id,
        "segments": span.segments,
        "first_started_at": iso(span.first_started_at),
        "last_started_at": iso(span.last_started_at),
        "digest": span.digest,
    }


def _amended(record: Recorded, event: HoldAnswerAmended) -> dict[str, object]:
    return {
        "hold_id": event.hold_id,
        "stream_version": record.envelope.stream_version,
        "seq": event.seq,
        "newly_secured": lines_to_json(event.newly_secured),
        "found_gone": lines_to_json(event.found_gone),
        "about": event.fact,
        "amended_at": record.envelope.recorded_at,
    }


def _parked(event: ProtectionParked) -> dict[str, object]:
    return {
        "parked_id": event.parked_id,
        "hold_id": event.hold_id,
        "everywhere": event.everywhere,
        "error": event.error,
        "settled": False,
    }
