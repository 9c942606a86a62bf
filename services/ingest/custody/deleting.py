"""C4 and C5: take the bytes of marked footage away, ask every location, write the receipt. Repeatable at any point."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.catalog import saying
from services.ingest.catalog import store as catalog
from services.ingest.catalog.differences import DELETION_REFUSED, RETURNED, Difference
from services.ingest.catalog.footage import Footage
from services.ingest.custody import destroying, store
from services.ingest.custody.destroying import ORIGINAL, REPLICA, Place
from services.ingest.custody.forbids import Forbids
from services.ingest.ledger import Because, Ledger, timer
from services.ingest.policy import Bound, Packs, bound, times
from services.ingest.storage.adapter import BadLocation, Location, RefusedByLock, StorageError, StoreUnreachable
from services.ingest.storage.copies import Stores
from services.ingest.storage.removal import Removal
from services.kernel.batches import SegmentKey
from services.kernel.events import Residual, SegmentDestroyed, Sha256, StorageAnswer
from services.kernel.ids import segment_stream
from services.runtime.database import db_now
from services.runtime.logs import logger

A_TICK_MAX = 100
RULE = "custody"
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
    backups: Mapping[str, int] = field(default_factory=dict)  # days that each backup of the stores lives
    parallel: int = 1  # a bucket answers in milliseconds, many of them at once
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def tick(self, engine: AsyncEngine) -> None:
        """Delete what is due. A store that can't be reached leaves its segments for the next time."""
        async with engine.begin() as tx:
            due = await store.due_destructions(tx, A_TICK_MAX)
        for at in range(0, len(due), self.parallel):
            if not await self._together(engine, due[at : at + self.parallel]):
                return

    async def _together(self, engine: AsyncEngine, keys: Sequence[SegmentKey]) -> bool:
        if self.parallel == 1:
            return await self._try(engine, keys[0])
        return all(await asyncio.gather(*(self._try(engine, key) for key in keys)))

    async def _try(self, engine: AsyncEngine, key: SegmentKey) -> bool:
        """Destroy one; False if its store can't be reached, so that nothing else needs to be tried now."""
        try:
            await self.destroy(engine, key)
        except (RefusedByLock, BadLocation) as refused:
            # One object that the store keeps, or behind a link, must not stop the others.
            log.warning("deletion.refused", camera_id=key.camera_id, reason=str(refused))
            await self._to_the_end(engine, key)
        except StorageError as unreachable:
            log.warning("deletion.waits", camera_id=key.camera_id, reason=str(unreachable))
            # It may be this one alone, in a block that the disk can't read: the next time another comes first.
            await self._to_the_end(engine, key)
            return False
        return True

    async def _to_the_end(self, engine: AsyncEngine, key: SegmentKey) -> None:
        async with engine.begin() as tx:
            await destroying.tried(tx, key, await db_now(tx))

    async def destroy(self, engine: AsyncEngine, key: SegmentKey) -> None:
        """Write the manifest down, delete and ask place by place, write the receipt. No lock is held while bytes go."""
        async with engine.begin() as tx:
            generations = await catalog.starting_at(tx, key.camera_id, key.started_at)
            footage = next(each for each in generations if each.generation == key.generation)
            known = {each.place: each for each in await destroying.listed(tx, key)}
            places = await self._places(tx, footage)
        seen = [await asyncio.to_thread(self._look, what, place, known.get(place)) for place, what in places.items()]
        async with engine.begin() as tx:
            await destroying.write_down(tx, key, seen)
            manifest = await destroying.listed(tx, key)
        gone = list[str]()
        try:
            for each in manifest:
                if each.absent_at is None and await self._take(engine, key, each.place):
                    gone.append(each.place)
        except StorageError:
            async with engine.begin() as tx:
                await destroying.proved(tx, key, gone, await db_now(tx))
            raise
        async with engine.begin() as tx:
            await self._finish(tx, footage, gone)

    async def _places(self, tx: AsyncConnection, footage: Footage) -> dict[str, str]:
        """Every place where bytes are or may be: a replica that was just being made has no event yet."""
        places = {f"{self.stores.first.name}:{footage.location}": ORIGINAL}
        places |= dict.fromkeys(await store.copies_of(tx, footage.key), REPLICA)
        if await store.is_replica_due(tx, footage.key):
            places |= {f"{replica.name}:{footage.location}": REPLICA for replica in self.stores.replicas}
        return places

    def _look(self, what: str, place: str, known: Place | None) -> Place:
        name, location = self._at(place)
        # What an earlier try deleted stays in the manifest beside what lies there now.
        before = known.versions if known else ()
        now = tuple(version for version in self.stores.by_name[name].versions(location) if version)
        return Place(place=place, what=what, versions=tuple(dict.fromkeys((*before, *now))))

    async def _take(self, engine: AsyncEngine, key: SegmentKey, place: str) -> bool:
        name, location = self._at(place)
        try:
            await asyncio.to_thread(self.removals[name].delete, location)
        except RefusedByLock:
            await saying.found(engine, self.ledger, Difference(place=place, difference=DELETION_REFUSED, key=key), RULE)
            raise
        return await asyncio.to_thread(self.stores.by_name[name].absent, location)

    def _at(self, place: str) -> tuple[str, Location]:
        name, _, location = place.partition(":")
        if name not in self.removals:
            raise StoreUnreachable(f"{place!r} lies in a store that isn't configured: name it in CAMLEDGER_STORAGE*")
        return name, Location(location)

    async def _finish(self, tx: AsyncConnection, footage: Footage, gone: Sequence[str]) -> None:
        key = footage.key
        await destroying.proved(tx, key, gone, await db_now(tx))
        manifest = await destroying.listed(tx, key)
        if any(each.absent_at is None for each in manifest):
            return
        await store.unqueue_replica(tx, key)
        batch_id = await store.claim_receipt(tx, key)
        if batch_id is None:
            # It has a receipt: these bytes had come back, or another deleter was quicker. One segment, one receipt.
            for each in manifest:
                returned = Difference(place=each.place, difference=RETURNED, key=key)
                await saying.mended(tx, self.ledger, returned, "destroyed_again")
        else:
            await self._receipt(tx, footage, batch_id, manifest)
            for each in manifest:
                refused = Difference(place=each.place, difference=DELETION_REFUSED, key=key)
                await saying.mended(tx, self.ledger, refused, "found_mended")
        await destroying.forget(tx, key)

    async def _receipt(self, tx: AsyncConnection, footage: Footage, batch_id: UUID, manifest: Sequence[Place]) -> None:
        # The memory of the protection log is one for all of them.
        async with self._reading:
            await self.forbids.catch_up(tx)
        now = await db_now(tx)
        by = bound(self.forbids.log, self.packs, footage.camera_id, footage.retention_class, now)
        residuals = self._residuals(await destroying.transfers(tx, footage.key), now)
        event = replace(self._event(footage, batch_id, manifest, by, now), residuals=residuals)
        stream = segment_stream(footage.camera_id, footage.started_at, footage.generation)
        because = Because(actor=timer(event.destroyed_by.split(";")[0]), at=now, causation_id=str(batch_id))
        await self.ledger.append(tx, event, stream_id=stream, key=footage.camera_id, because=because)

    def _residuals(self, transfers: Sequence[str], now: datetime) -> tuple[Residual, ...]:
        left = [Residual(what="transferred", where=where, expires_at=None) for where in transfers]
        for name, days in self.backups.items():
            left.append(Residual(what="backup", where=name, expires_at=now + timedelta(days=days)))
        return tuple(left)

    def _event(
        self,
        footage: Footage,
        batch_id: UUID,
        manifest: Sequence[Place],
        by: Bound | None,
        now: datetime,
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
            method="; ".join(sorted({self.removals[self._at(each.place)[0]].method for each in manifest})),
            place=self.place,
            destroyed_at=now,
            destroyed_by=f"{next(iter(rules), 'policy')}; custodian {self.custodian}",
            rule_ids=rules,
            kept_from=footage.started_at,
            destroyable_from=when.destroyable_from if when and when.destroyable_from else footage.ended_at,
            destroy_by=when.interval.destroy_by if when else None,
            answers=tuple(_answer(each, now) for each in manifest),
        )


def _answer(place: Place, now: datetime) -> StorageAnswer:
    return StorageAnswer(
        location=place.place,
        answer="absent",
        asked_at=place.absent_at or now,
        what=place.what,
        versions=place.versions,
    )
