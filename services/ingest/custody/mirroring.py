"""Mirror protections to stores that can lock: a second guard for what the protection log already protects.

It follows custody and never leads it: a hold is effective by HoldApplied, whether a bucket took its legal hold or not.
What could not be mirrored is a difference. Only a legal hold that this module put is ever lifted by it.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.catalog import differences, saying
from services.ingest.catalog import store as catalog
from services.ingest.catalog.comparing import BEGINNING
from services.ingest.catalog.differences import HOLD_EXTRA, HOLD_MISSING, Difference
from services.ingest.catalog.footage import Footage
from services.ingest.custody import facts, legal_holds, store
from services.ingest.custody.forbids import Forbids
from services.ingest.ledger import Ledger
from services.ingest.storage.adapter import LegalHolds, Location, NotStored, StorageError
from services.ingest.storage.copies import Stores
from services.kernel.batches import hour_of
from services.kernel.ids import EPOCH
from services.kernel.mark import CLOCK_MARGIN, SegmentState
from services.kernel.protection import Protection, covering, is_active
from services.runtime.database import db_now
from services.runtime.logs import logger

RULE = "rule.mirror"
HOURS_A_TICK = 40
COPIES_A_TURN = 200  # of one hour; the rest of it comes again behind the others
TICK_S = 20.0  # a slow store must not make this part of the process count as dead
CHECKED_A_TICK = 20
ASKED_A_TICK = 50  # copies for which the store itself is asked, for each question costs money in most clouds
Hour = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One place of a segment, whether it must be locked, and whether we have locked it."""

    footage: Footage
    place: str
    wanted: bool
    noted: bool


@dataclass(slots=True)
class Mirror:
    """Works off camera-hours. One instance follows what changes, another one checks all of them in turn."""

    ledger: Ledger
    forbids: Forbids
    stores: Stores
    _seq: int = 0
    _at: datetime = EPOCH
    _waiting: dict[Hour, None] = field(default_factory=dict)
    _new: dict[Hour, None] = field(default_factory=dict)
    _after: Hour = BEGINNING

    async def tick(self, engine: AsyncEngine) -> None:
        """Put and lift where protections changed, then where footage came in."""
        try:
            await self._changed(engine)
            until = monotonic() + TICK_S
            for queue in (self._waiting, self._new):
                for hour in list(queue)[:HOURS_A_TICK]:
                    if monotonic() < until:
                        del queue[hour]
                        await self._hour(engine, hour, queue)
        except StorageError as unreachable:
            logger().warning("mirror.waits", reason=str(unreachable))

    async def check(self, engine: AsyncEngine) -> None:
        """Look at the next hours: make good what facts filed late have changed, and ask stores what is locked there."""
        try:
            await self._check(engine)
        except StorageError as unreachable:
            logger().warning("mirror.waits", reason=str(unreachable))

    async def _changed(self, engine: AsyncEngine) -> None:
        """Note the hours of what was placed, extended or released since, of what ended, and of what came in."""
        async with engine.begin() as tx:
            seq, now = await self.forbids.catch_up(tx), await _now(tx)
            for each in self.forbids.log.protections.values():
                if each.seq > self._seq or self._ended(each, now):
                    await self._note(tx, each)
            if cameras := self._cameras(now):
                since = (self._at if self._at > EPOCH else now) + CLOCK_MARGIN
                self._new |= dict.fromkeys(await legal_holds.came_in(tx, since, cameras))
        self._seq, self._at = seq, now

    def _all(self) -> tuple[Protection, ...]:
        return tuple(self.forbids.log.protections.values())

    def _cameras(self, now: datetime) -> frozenset[str]:
        """Return the cameras that are protected now; an empty name stands for all."""
        scopes = [scope for each in self._all() if is_active(each, now) for scope in each.scopes]
        return frozenset(camera for scope in scopes for camera in scope.cameras or ("",))

    def _ended(self, protection: Protection, now: datetime) -> bool:
        return protection.protects_until is not None and self._at < protection.protects_until <= now

    async def _note(self, tx: AsyncConnection, protection: Protection) -> None:
        for scope in protection.scopes:
            async for hour in catalog.hours_of(tx, scope.cameras, scope.starts_at, scope.ends_at):
                self._waiting[hour] = None

    async def _hour(self, engine: AsyncEngine, hour: Hour, queue: dict[Hour, None]) -> None:
        async with engine.begin() as tx:
            copies = await self._copies(tx, *hour)
        try:
            missing = [each for each in copies if each.wanted and not each.noted]
            over = [each for each in copies if each.noted and not each.wanted]
            for each in missing[:COPIES_A_TURN]:
                await self._mirror(engine, each, ask=False)
            if over:
                await self._lift(engine, hour)
            if max(len(missing), len(over)) > COPIES_A_TURN:
                queue[hour] = None
        except StorageError:
            queue[hour] = None  # Behind the others: one object that is refused must not keep them from theirs.
            raise

    async def _check(self, engine: AsyncEngine) -> None:
        async with engine.begin() as tx:
            await self.forbids.catch_up(tx)
            hours = await differences.next_hours(tx, self._after, CHECKED_A_TICK)
            copies = [each for hour in hours for each in await self._copies(tx, *hour)]
            if self._after == BEGINNING:
                await legal_holds.forget_gone(tx)
        self._after = hours[-1] if len(hours) == CHECKED_A_TICK else BEGINNING
        for hour in {_hour_of(each) for each in copies if each.wanted != each.noted}:
            await self._hour(engine, hour, {})
        asked = [each for each in copies if each.wanted == each.noted]
        for each in random.sample(asked, min(ASKED_A_TICK, len(asked))):
            await self._mirror(engine, each, ask=True)

    async def _copies(self, tx: AsyncConnection, camera_id: str, hour: int) -> list[Copy]:
        now, filed = await _now(tx), await facts.filed(tx, [camera_id])
        noted, found = await legal_holds.noted(tx, camera_id, hour), list[Copy]()
        replicas = await differences.copies_in(tx, camera_id, hour)
        for row in await catalog.hour_rows(tx, camera_id, hour):
            if row.state is SegmentState.GONE:
                continue
            kept = row.state is SegmentState.KEPT
            wanted = kept and bool(covering(self._all(), filed.of(row), now))
            places = [f"{self.stores.first.name}:{row.location}", *replicas.get((row.started_at, row.generation), [])]
            for place in places:
                if place.partition(":")[0] in self.stores.locks:
                    found.append(Copy(footage=row, place=place, wanted=wanted, noted=place in noted))
        return found

    async def _mirror(self, engine: AsyncEngine, copy: Copy, *, ask: bool) -> None:
        name, _, location = copy.place.partition(":")
        lock, missing = self.stores.locks[name], self._difference(copy, HOLD_MISSING)
        try:
            is_on = await asyncio.to_thread(lock.is_on, Location(location)) if ask else copy.noted
            if copy.wanted and copy.noted and not is_on:
                # Somebody took it off. It is put on again below, and said, for it may not be the last attempt.
                await saying.found(engine, self.ledger, missing, RULE)
            await self._set(engine, copy, lock, is_on=is_on)
        except NotStored:
            return  # The comparison says what is missing.
        except StorageError:
            if copy.wanted:
                await saying.found(engine, self.ledger, missing, RULE)
            raise

    async def _set(self, engine: AsyncEngine, copy: Copy, lock: LegalHolds, *, is_on: bool) -> None:
        location, extra = Location(copy.place.partition(":")[2]), self._difference(copy, HOLD_EXTRA)
        if copy.wanted:
            if not is_on:
                await asyncio.to_thread(lock.put, location)
            async with engine.begin() as tx:
                await legal_holds.put(tx, copy.place, copy.footage.key, await db_now(tx))
                await saying.mended(tx, self.ledger, self._difference(copy, HOLD_MISSING), "found_mended")
                await saying.mended(tx, self.ledger, extra, "found_mended")
        elif is_on:
            await saying.found(engine, self.ledger, extra, RULE)
        else:
            async with engine.begin() as tx:
                await saying.mended(tx, self.ledger, extra, "found_mended")

    async def _lift(self, engine: AsyncEngine, hour: Hour) -> None:
        # Read again: a hold may have been placed since. What can't be read may be one, so then nothing is lifted.
        async with engine.begin() as tx:
            await self.forbids.catch_up(tx)
            copies = [] if await store.parked_scopes(tx) else await self._copies(tx, *hour)
        for each in [each for each in copies if each.noted and not each.wanted][:COPIES_A_TURN]:
            name, _, location = each.place.partition(":")
            await asyncio.to_thread(self.stores.locks[name].lift, Location(location))
            async with engine.begin() as tx:
                await legal_holds.lifted(tx, each.place)
                await saying.mended(tx, self.ledger, self._difference(each, HOLD_MISSING), "found_mended")

    def _difference(self, copy: Copy, kind: str) -> Difference:
        return Difference(place=copy.place, difference=kind, key=copy.footage.key)


async def _now(tx: AsyncConnection) -> datetime:
    """Return an instant that is over by every clock: a legal hold ends no sooner than the mark lets footage go."""
    return await db_now(tx) - CLOCK_MARGIN


def _hour_of(copy: Copy) -> Hour:
    return copy.footage.camera_id, hour_of(copy.footage.started_at)
