"""C4 and C5: take the bytes of marked footage away, ask every location, write the receipt. Repeatable at any point."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.catalog import store as catalog
from services.ingest.catalog.footage import Footage
from services.ingest.custody import store
from services.ingest.custody.forbids import Forbids
from services.ingest.ledger import Because, Ledger, timer
from services.ingest.policy import Bound, Packs, bound, times
from services.ingest.storage.adapter import Location, StorageError
from services.ingest.storage.copies import Stores
from services.ingest.storage.removal import Removal
from services.kernel.batches import SegmentKey
from services.kernel.events import SegmentDestroyed, Sha256, StorageAnswer
from services.kernel.ids import segment_stream
from services.runtime.database import db_now
from services.runtime.logs import logger

A_TICK_MAX = 200
log = logger()


@dataclass(slots=True)
class Deleter:
    """Takes what ``destruction_due`` lists: marked, and its DestructionStarted read back from the broker."""

    ledger: Ledger
    forbids: Forbids
    packs: Packs
    stores: Stores
    removals: Mapping[str, Removal]
    custodian: str
    place: str

    async def tick(self, engine: AsyncEngine) -> None:
        """Delete what is due. A store that can't be reached leaves its segments for the next time."""
        async with engine.begin() as tx:
            due = await store.due_destructions(tx, A_TICK_MAX)
        for key in due:
            try:
                await self.destroy(engine, key)
            except StorageError as unreachable:
                log.warning("deletion.waits", camera_id=key.camera_id, reason=str(unreachable))
                return

    async def destroy(self, engine: AsyncEngine, key: SegmentKey) -> None:
        """Delete every copy, ask every location, write the receipt. No lock is held while bytes go."""
        async with engine.begin() as tx:
            generations = await catalog.starting_at(tx, key.camera_id, key.started_at)
            footage = next(each for each in generations if each.generation == key.generation)
            manifest = await self._manifest(tx, footage)
        for place in manifest:
            await asyncio.to_thread(self._delete, place)
        absent = [place for place in manifest if await asyncio.to_thread(self._absent, place)]
        if absent == manifest:
            async with engine.begin() as tx:
                await store.unqueue_replica(tx, key)
                await self._receipt(tx, footage, manifest)

    async def _manifest(self, tx: AsyncConnection, footage: Footage) -> list[str]:
        """Every place where bytes are or may be: a replica that was just being made has no event yet."""
        places = [f"{self.stores.first.name}:{footage.location}", *await store.copies_of(tx, footage.key)]
        if await store.is_replica_due(tx, footage.key):
            places += [f"{replica.name}:{footage.location}" for replica in self.stores.replicas]
        return list(dict.fromkeys(places))

    def _delete(self, place: str) -> None:
        name, _, location = place.partition(":")
        self.removals[name].delete(Location(location))

    def _absent(self, place: str) -> bool:
        name, _, location = place.partition(":")
        return self.stores.by_name[name].absent(Location(location))

    async def _receipt(self, tx: AsyncConnection, footage: Footage, manifest: list[str]) -> None:
        batch_id = await store.claim_receipt(tx, footage.key)
        if batch_id is None:
            return  # Another deleter wrote it: one segment, one receipt.
        await self.forbids.catch_up(tx)
        now = await db_now(tx)
        by = bound(self.forbids.log, self.packs, footage.camera_id, footage.retention_class, now)
        event = self._event(footage, batch_id, manifest, by, now)
        stream = segment_stream(footage.camera_id, footage.started_at, footage.generation)
        because = Because(actor=timer(event.destroyed_by.split(";")[0]), at=now, causation_id=str(batch_id))
        await self.ledger.append(tx, event, stream_id=stream, key=footage.camera_id, because=because)

    def _event(
        self, footage: Footage, batch_id: UUID, manifest: list[str], by: Bound | None, now: datetime
    ) -> SegmentDestroyed:
        when = times(by, footage) if by else None
        rules = when.interval.rules if when else ()
        return SegmentDestroyed(
            camera_id=footage.camera_id,
            started_at=footage.started_at,
            ended_at=footage.ended_at,
            generation=footage.generation,
            batch_id=batch_id,
            retention_class=footage.retention_class,
            sha256=Sha256(footage.sha256),
            size_bytes=footage.size_bytes,
            method="; ".join(sorted({self.removals[p.partition(":")[0]].method for p in manifest})),
            place=self.place,
            destroyed_at=now,
            destroyed_by=f"{next(iter(rules), 'policy')}; custodian {self.custodian}",
            rule_ids=rules,
            kept_from=footage.started_at,
            destroyable_from=when.destroyable_from if when and when.destroyable_from else footage.ended_at,
            destroy_by=when.interval.destroy_by if when else None,
            answers=tuple(StorageAnswer(location=place, answer="absent", asked_at=now) for place in manifest),
        )
