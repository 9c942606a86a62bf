"""The protection log into rows: the same fold as the kernel's, one record at a time."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Update

from services.access.tables import camera_binding, clearance, policy_binding, protection
from services.kernel.batches import HourLine
from services.kernel.envelope import Recorded
from services.kernel.events import (
    CameraBound,
    DeletionCleared,
    HoldExtended,
    HoldPlaced,
    HoldProposed,
    HoldReleased,
    HoldReleaseProposed,
    HoldReviewDue,
    PolicyInForce,
)
from services.kernel.protection import Protection, evolve, placed
from services.kernel.scope import scope_from_json, scope_to_json


async def apply(tx: AsyncConnection, record: Recorded) -> None:
    """Fold one record of the protection log into the tables."""
    match record.event:
        case HoldPlaced() as event:
            await _place(tx, record, event)
        case HoldExtended() | HoldReleaseProposed() | HoldReleased() as event:
            await _evolve(tx, event)
        case PolicyInForce() as event:
            await tx.execute(insert(policy_binding).values(_in_force(record, event)))
        case CameraBound() as event:
            await tx.execute(insert(camera_binding).values(_bound(event)))
        case DeletionCleared() as event:
            await tx.execute(insert(clearance).values(_cleared(event)))
        case HoldReviewDue(hold_id=hold_id):
            await tx.execute(_of(hold_id).values(review_told=True))
        case HoldProposed(hold_id=hold_id):
            await tx.execute(_of(hold_id).values(hold_proposed=True))
        case other:
            raise LookupError(f"{type(other).__name__} does not belong on the protection log")


def state_of(row: RowMapping) -> Protection:
    """Return the protection that a row of ``protection`` holds."""
    return Protection(
        hold_id=row["hold_id"],
        seq=row["seq"],
        kind=row["kind"],
        hold_kind=row["hold_kind"],
        scopes=tuple(scope_from_json(scope) for scope in row["scopes"]),
        matter=row["matter"],
        authority=row["authority"],
        review_by=row["review_by"],
        protects_until=row["protects_until"],
        request_id=row["request_id"],
        proposed_by=row["proposed_by"],
    )


async def load(tx: AsyncConnection, hold_id: UUID) -> Protection | None:
    """Return one protection, None if the log has none of this id."""
    row = (await tx.execute(select(protection).where(protection.c.hold_id == hold_id))).mappings().first()
    return state_of(row) if row is not None else None


def lines_to_json(lines: tuple[HourLine, ...]) -> list[dict[str, object]]:
    """Return lines as plain JSON values, as tables and answers hold them."""
    return [
        {
            "camera_id": line.camera_id,
            "hour": line.hour,
            "generation": line.generation,
            "offsets_us": list(line.offsets_us),
        }
        for line in lines
    ]


async def _place(tx: AsyncConnection, record: Recorded, event: HoldPlaced) -> None:
    before = await load(tx, event.hold_id)
    stated = {
        "kind": event.kind,
        "hold_kind": event.hold_kind,
        "matter": event.matter,
        "authority": event.authority,
        "request_id": event.request_id,
        "answer_seq": event.seq,
    }
    if before is not None:
        # Written again: who placed it, and when, stays.
        await tx.execute(_of(event.hold_id).values(_changing(evolve(before, event)) | stated))
        return
    first = {
        "hold_id": event.hold_id,
        "placed_by": record.envelope.on_behalf_of or record.envelope.actor_id,
        "placed_at": record.envelope.recorded_at,
        "review_told": False,
        "hold_proposed": False,
    }
    await tx.execute(insert(protection).values(_changing(placed(event)) | stated | first))


async def _evolve(tx: AsyncConnection, event: HoldExtended | HoldReleaseProposed | HoldReleased) -> None:
    before = await load(tx, event.hold_id)
    assert before is not None, event
    values = _changing(evolve(before, event))
    if isinstance(event, HoldExtended):
        values |= {"answer_seq": event.seq, "review_told": False}
    await tx.execute(_of(event.hold_id).values(values))


def _of(hold_id: UUID) -> Update:
    return update(protection).where(protection.c.hold_id == hold_id)


def _changing(state: Protection) -> dict[str, object]:
    return {
        "scopes": [scope_to_json(scope) for scope in state.scopes],
        "review_by": state.review_by,
        "protects_until": state.protects_until,
        "proposed_by": state.proposed_by,
        "seq": state.seq,
    }


def _in_force(record: Recorded, event: PolicyInForce) -> Mapping[str, object]:
    return {
        "seq": event.seq,
        "policy_id": event.policy_id,
        "version": event.version,
        "digest": event.digest,
        "binding_from": event.binding_from,
        "shortens": event.shortens,
        "recorded_at": record.envelope.recorded_at,
    }


def _bound(event: CameraBound) -> Mapping[str, object]:
    return {
        "seq": event.seq,
        "policy_id": event.policy_id,
        "camera_id": event.camera_id,
        "retention_class": event.retention_class,
        "binding_from": event.binding_from,
    }


def _cleared(event: DeletionCleared) -> Mapping[str, object]:
    return {
        "batch_id": event.batch_id,
        "seq": event.seq,
        "camera_id": event.camera_id,
        "lines": lines_to_json(event.lines),
    }
