"""What a killed intake left: bytes without a catalogue row are adopted if they are whole, else taken away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.intake import recording, store
from services.ingest.intake.commands import Came
from services.ingest.ledger import Ledger
from services.ingest.storage.adapter import DifferentBytes, Location, NotStored, StorageError, StoredObject
from services.ingest.storage.copies import Stores, verify
from services.ingest.storage.removal import Removal
from services.runtime.logs import logger

# No upload takes longer; one that did would find its journal row gone and be handed over again by its source.
OLDER_THAN_S = 900.0


@dataclass(slots=True)
class Reconcile:
    """Works off the journal of intakes that should be over. It lives here because only custody may delete."""

    ledger: Ledger
    stores: Stores
    removals: Mapping[str, Removal]

    async def tick(self, engine: AsyncEngine, older_than_s: float = OLDER_THAN_S) -> None:
        """Adopt or remove each unfinished intake; with 0 seconds only where nothing else can be under way.

        A store that can't be reached leaves them for the next time: custody must go on reading holds meanwhile.
        """
        try:
            while await self._one(engine, older_than_s):
                pass
        except StorageError as unreachable:
            logger().warning("reconcile.waits", reason=str(unreachable))

    async def _one(self, engine: AsyncEngine, older_than_s: float) -> bool:
        async with engine.begin() as tx:
            pending = await store.unfinished(tx, older_than_s)
            if pending is None:
                return False
            if await asyncio.to_thread(self._is_whole, pending):
                done = await recording.commit(tx, self.ledger, pending, replicate=bool(self.stores.replicas))
                if done.came is Came.RECORDED:
                    return True
            mine = await store.take_over(tx, pending.intake_id)
        # Committed before a byte goes. A lock wouldn't do: the server takes it from a process that is frozen here,
        # and the intake could record what we are about to delete.
        await asyncio.to_thread(self._remove, pending.location)
        async with engine.begin() as tx:
            await store.finish(tx, mine)
        return True

    def _is_whole(self, pending: store.Pending) -> bool:
        event, first = recording.from_json(pending.segment), self.stores.first
        expected = StoredObject(
            store=first.name,
            location=Location(pending.location),
            sha256=bytes(event.sha256).hex(),
            size_bytes=event.size_bytes,
        )
        try:
            verify(first, expected)
        except (NotStored, DifferentBytes):
            return False
        return True

    def _remove(self, location: str) -> None:
        name = self.stores.first.name
        self.removals[name].delete(Location(location))
