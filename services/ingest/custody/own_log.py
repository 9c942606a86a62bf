"""Read ingest's own log back: what a restored database forgot comes back, what is delivered may be deleted (F8, F9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.custody import store
from services.ingest.projector import is_known, project
from services.kernel.batches import SegmentKey
from services.kernel.events import DestructionStarted
from services.runtime.received import Received

CONSUMER = "ingest.own"
TOPICS = ("camera.events", "shift.events", "segment.events", "custody.events")


@dataclass(frozen=True, slots=True)
class OwnLogReader:
    """The handler of the worker ``ingest.own``. It emits nothing."""

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        """Write what the rows don't contain, and let the deleter have what is known outside this database."""
        for received in batch:
            if not await is_known(tx, received.recorded):
                await project(tx, received.recorded)
            if isinstance(received.recorded.event, DestructionStarted):
                await store.queue_destruction(tx, _key(received.recorded.event))


def _key(event: DestructionStarted) -> SegmentKey:
    return SegmentKey(camera_id=event.camera_id, started_at=event.started_at, generation=event.generation)
