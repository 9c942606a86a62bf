"""Say that catalog and storage differ, once for each difference, and that they don't any more."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.catalog import differences, store
from services.ingest.catalog.differences import ALARMS, OF_KEPT, Difference
from services.ingest.catalog.footage import Footage
from services.ingest.ledger import Because, Ledger, timer
from services.kernel.batches import SegmentKey
from services.kernel.events import DifferenceFound, DifferenceMended
from services.kernel.mark import SegmentState
from services.runtime.database import db_now
from services.runtime.logs import logger


async def found(engine: AsyncEngine, ledger: Ledger, difference: Difference, rule: str) -> bool:
    """Say DifferenceFound if that is news; False if it was said, or its footage was lawfully destroyed meanwhile."""
    key = difference.key
    async with engine.begin() as tx:
        if difference.difference in OF_KEPT and await kept(tx, key) is None:
            return False
        now = await db_now(tx)
        if not await differences.found(tx, difference, now):
            return False
        event = DifferenceFound(
            camera_id=key.camera_id,
            started_at=key.started_at,
            generation=key.generation,
            location=difference.place,
            difference=difference.difference,
        )
        because = Because(actor=timer(rule), at=now, reason=difference.difference)
        await ledger.append(tx, event, stream_id=_stream(difference), key=_key(difference), because=because)
    # Kept footage whose bytes are missing or others is the worst that can happen here: somebody must look now.
    alarm = logger().critical if difference.difference in ALARMS else logger().warning
    alarm("difference.found", place=difference.place, difference=difference.difference, camera_id=key.camera_id)
    return True


async def mended(tx: AsyncConnection, ledger: Ledger, difference: Difference, how: str) -> bool:
    """Say DifferenceMended if the difference stood."""
    if not await differences.mended(tx, difference):
        return False
    key = difference.key
    event = DifferenceMended(
        camera_id=key.camera_id,
        started_at=key.started_at,
        generation=key.generation,
        location=difference.place,
        difference=difference.difference,
        how=how,
    )
    because = Because(actor=timer("rule.compare"), at=await db_now(tx), reason=how)
    await ledger.append(tx, event, stream_id=_stream(difference), key=_key(difference), because=because)
    return True


async def kept(tx: AsyncConnection, key: SegmentKey) -> Footage | None:
    """Return footage that is still to be kept, or None."""
    rows = await store.starting_at(tx, key.camera_id, key.started_at)
    return next((row for row in rows if row.key == key and row.state is SegmentState.KEPT), None)


def _stream(difference: Difference) -> str:
    return f"difference/{difference.place}"


def _key(difference: Difference) -> str:
    return difference.key.camera_id or difference.place
