"""Whether older footage of the same camera could go first (DAAN-02: overwriting from the back to the front)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import store as catalog
from services.ingest.catalog.footage import Footage
from services.ingest.custody.facts import Filed
from services.ingest.policy import Bound, asks_for_the_oldest, times
from services.kernel.mark import SegmentState
from services.kernel.protection import ProtectionLog, covering

# Older than this and still kept: protected for long, or overdue and shown as such; either way no reason to wait.
LOOKED_BACK = timedelta(hours=48)


async def is_oldest_expired(
    tx: AsyncConnection, footage: Footage, filed: Filed, log: ProtectionLog, *, by: Bound, now: datetime
) -> bool:
    """Tell whether no older footage of the camera is expired and free. True where the pack doesn't ask."""
    if not asks_for_the_oldest(by):
        return True
    older = await catalog.between(tx, [footage.camera_id], footage.started_at - LOOKED_BACK, footage.started_at)
    return not any(
        each.started_at < footage.started_at and _could_go(each, filed, log, by, now)
        for each in older
        if each.state is SegmentState.KEPT
    )


def _could_go(footage: Footage, filed: Filed, log: ProtectionLog, by: Bound, now: datetime) -> bool:
    if covering(log.protections.values(), filed.of(footage), now):
        return False
    from_when = times(by, footage).destroyable_from
    return from_when is not None and now >= from_when
