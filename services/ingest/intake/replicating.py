"""Second copies, compared in both directions before they count (NPA-08); cards are cleared after that (NPA-05)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.catalog import store as catalog
from services.ingest.catalog.footage import Footage
from services.ingest.custody.forbids import Forbids
from services.ingest.ledger import Because, Ledger, timer
from services.ingest.policy import Packs, bound, may
from services.ingest.projector import key_row
from services.ingest.registry import store as registry
from services.ingest.storage.adapter import Location, LocationTaken, StorageError, Store, StoredObject
from services.ingest.storage.copies import Stores, verify
from services.kernel.batches import SegmentKey
from services.kernel.envelope import Actor
from services.kernel.events import CardCleared, SegmentReplicated, Sha256
from services.kernel.ids import from_micros, segment_stream
from services.kernel.mark import SegmentState
from services.runtime.database import db_now
from services.runtime.logs import logger
from services.runtime.refusal import Refusal

A_TICK_MAX = 100
log = logger()
_DUE = text("select camera_id, started_us, generation from replica_due order by started_us limit :most")
_DONE = text("""
delete from replica_due where camera_id = :camera_id and started_us = :started_us and generation = :generation
""")
# Destroyed already, and a copy may have landed since: the deleter comes again. It writes no second receipt.
_GOES_TOO = text("""
insert into destruction_due (camera_id, started_us, generation) values (:camera_id, :started_us, :generation)
on conflict do nothing
""")
_COPIED = text("""
select count(*) from segment_copy
 where camera_id = :camera_id and started_us = :started_us and generation = :generation
""")


@dataclass(slots=True)
class Replicator:
    """Copies new footage to every replica store. A copy that can't be proved equal isn't recorded, and tried again."""

    ledger: Ledger
    stores: Stores

    async def tick(self, engine: AsyncEngine) -> None:
        """Copy what is due; a store that can't be reached leaves it for the next time."""
        async with engine.begin() as tx:
            rows = (await tx.execute(_DUE, {"most": A_TICK_MAX})).all()
        for row in rows:
            key = SegmentKey(camera_id=row.camera_id, started_at=from_micros(row.started_us), generation=row.generation)
            try:
                await self._replicate(engine, key)
            except StorageError as failed:
                log.warning("replica.waits", camera_id=key.camera_id, reason=str(failed))
                return

    async def _replicate(self, engine: AsyncEngine, key: SegmentKey) -> None:
        async with engine.begin() as tx:
            found = [f for f in await catalog.starting_at(tx, key.camera_id, key.started_at) if f.key == key]
        for footage in found:
            if footage.state is not SegmentState.KEPT:
                # The line stays: it tells custody that a copy may lie there, and custody takes both away.
                await self._too_late(engine, footage)
                return
            for target in self.stores.replicas:
                copy = await asyncio.to_thread(self._copy, footage, target)
                if not await self._say(engine, footage, copy):
                    return
        async with engine.begin() as tx:
            await tx.execute(_DONE, key_row(key))

    async def _too_late(self, engine: AsyncEngine, footage: Footage) -> None:
        if footage.state is SegmentState.GONE:
            async with engine.begin() as tx:
                await tx.execute(_GOES_TOO, key_row(footage.key))

    def _copy(self, footage: Footage, target: Store) -> StoredObject:
        original = StoredObject(
            store=self.stores.first.name,
            location=Location(footage.location),
            sha256=footage.sha256.hex(),
            size_bytes=footage.size_bytes,
        )
        try:
            return self.stores.replicate(original, target)
        except LocationTaken:
            # A killed replicator got as far as the copy: it counts if it reads back equal.
            there = StoredObject(
                store=target.name,
                location=original.location,
                sha256=original.sha256,
                size_bytes=original.size_bytes,
            )
            verify(target, there)
            return there

    async def _say(self, engine: AsyncEngine, footage: Footage, copy: StoredObject) -> bool:
        """Record the copy; False if its footage was marked meanwhile, for then the copy goes with it."""
        event = SegmentReplicated(
            camera_id=footage.camera_id,
            started_at=footage.started_at,
            generation=footage.generation,
            location=f"{copy.store}:{copy.location}",
            sha256=Sha256(footage.sha256),
            verified_forward=True,
            verified_backward=True,
        )
        async with engine.begin() as tx:
            if (await tx.execute(_COPIED, key_row(footage.key))).scalar_one() >= len(self.stores.replicas):
                return True
            rows = await catalog.starting_at(tx, footage.camera_id, footage.started_at)
            if not any(row.key == footage.key and row.state is SegmentState.KEPT for row in rows):
                return False
            because = Because(actor=timer("rule.replicate"), at=await db_now(tx))
            stream = segment_stream(footage.camera_id, footage.started_at, footage.generation)
            await self.ledger.append(tx, event, stream_id=stream, key=footage.camera_id, because=because)
            return True


@dataclass(slots=True)
class Cards:
    """Clearing of memory cards: only after the backup of everything that was on the card is confirmed (NPA-05)."""

    ledger: Ledger
    forbids: Forbids
    packs: Packs

    async def clear(self, tx: AsyncConnection, camera_id: str, card_id: str, actor: Actor) -> CardCleared:
        """Record that a card may be, and is, cleared. Raises Refusal."""
        rows, now = await catalog.of_source(tx, camera_id, card_id), await db_now(tx)
        confirmed = bool(rows) and all([await self._has_copy(tx, row) for row in rows])
        await self._permitted(tx, camera_id, now, confirmed=confirmed, written=bool(rows))
        event = CardCleared(camera_id=camera_id, card_id=card_id, segments=len(rows), cleared_at=now)
        because = Because(actor=actor, at=now)
        await self.ledger.append(tx, event, stream_id=f"card/{camera_id}/{card_id}", key=camera_id, because=because)
        return event

    async def _has_copy(self, tx: AsyncConnection, footage: Footage) -> bool:
        return bool((await tx.execute(_COPIED, key_row(footage.key))).scalar_one())

    async def _permitted(
        self, tx: AsyncConnection, camera_id: str, now: datetime, *, confirmed: bool, written: bool
    ) -> None:
        camera = await registry.camera(tx, camera_id)
        await self.forbids.catch_up(tx)
        by = bound(self.forbids.log, self.packs, camera_id, camera.kind, now) if camera else None
        asked = {"at": now, "backup": {"confirmed": confirmed}, "catalog": {"written": written}}
        verdict = may(by, "card_clear", asked) if by else None
        if confirmed and (verdict is None or verdict.allowed):
            return
        raise Refusal(
            "BackupNotConfirmed",
            status=409,
            title="The card must not be cleared yet",
            detail="its footage is not catalogued" if not written else "no verified second copy of its footage exists",
            rule=verdict.rule if verdict else "",
            clauses=verdict.clauses if verdict else ("NPA-05",),
            remedy="Take its files in and wait until each has a verified replica.",
            message=by.pack.says(verdict.rule) if by and verdict else {},
        )
