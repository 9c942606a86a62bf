"""A6 and the copies of custody's facts: what HoldApplied, amendments, outcomes and cameras change in our tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.protections.projector import lines_to_json
from services.access.protections.wording import iso
from services.access.tables import answer, answer_amendment, batch_answer, camera, parked
from services.kernel.envelope import Recorded
from services.kernel.events import (
    BatchAnswered,
    CameraMoved,
    CameraRegistered,
    CameraRetired,
    HoldAnswerAmended,
    HoldApplied,
    MaskAttested,
    ProtectionParked,
    ProtectionSettled,
    SecuredSpan,
)
from services.runtime.worker import Received


class AnswerHandler:
    """Worker ``access.answers``: custody.events and camera.events into our own tables; emits nothing."""

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        for received in batch:
            await apply(tx, received.recorded)


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
        case CameraMoved(camera_id=camera_id, area=area, place=place):
            await _change(tx, record, camera_id, {"area": area, "place": place})
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
    }


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
