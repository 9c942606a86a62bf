"""One record of our own streams into the tables that are read by column. The same for deciding and for rebuilding."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.protections import projector as protections
from services.access.tables import bulk_viewing, footage_copy, policy_version, programme_end, viewing
from services.kernel.envelope import Recorded
from services.kernel.events import (
    BulkViewingFound,
    BulkViewingReviewed,
    CopyMade,
    PolicyVersionAdopted,
    ProgrammeEnded,
    ViewingScheduled,
)
from services.kernel.ids import PROTECTION_LOG


async def apply(tx: AsyncConnection, record: Recorded) -> None:
    """Write what one record changes. Requests are folded from their streams instead (``requests.listing``)."""
    if record.envelope.stream_id == PROTECTION_LOG:
        await protections.apply(tx, record)
        return
    match record.event:
        case ViewingScheduled(viewing_id=viewing_id, request_id=request_id):
            await tx.execute(insert(viewing).values(viewing_id=viewing_id, request_id=request_id))
        case BulkViewingFound() as event:
            await _found(tx, record, event)
        case BulkViewingReviewed(viewing_id=viewing_id):
            reviewed = update(bulk_viewing).where(bulk_viewing.c.viewing_id == viewing_id)
            await tx.execute(reviewed.values(reviewed_version=record.envelope.stream_version))
        case CopyMade(copy_id=copy_id, request_id=request_id):
            await tx.execute(insert(footage_copy).values(copy_id=copy_id, request_id=request_id))
        case PolicyVersionAdopted() as event:
            await _adopted(tx, record, event)
        case ProgrammeEnded() as event:
            row = {"policy_id": event.policy_id, "ended_at": event.ended_at, "decision": event.decision}
            await tx.execute(insert(programme_end).values(row).on_conflict_do_nothing())
        case _:
            pass


async def _found(tx: AsyncConnection, record: Recorded, event: BulkViewingFound) -> None:
    row = {
        "viewing_id": event.viewing_id,
        "request_id": event.request_id,
        "person": event.person,
        "found_at": record.envelope.recorded_at,
        "found_version": record.envelope.stream_version,
    }
    await tx.execute(insert(bulk_viewing).values(row))


async def _adopted(tx: AsyncConnection, record: Recorded, event: PolicyVersionAdopted) -> None:
    row = {
        "policy_id": event.policy_id,
        "version": event.version,
        "digest": event.digest,
        "instrument": event.instrument,
        "approved_by": list(event.approved_by),
        "adopted_at": record.envelope.recorded_at,
    }
    await tx.execute(insert(policy_version).values(row).on_conflict_do_nothing())
