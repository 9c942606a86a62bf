"""Compare catalog and stores, a part at a time: bytes that are missing, that nobody knows, or that are others.

It finds and says, once for each difference. It removes nothing and writes nothing back: that is for a person.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.catalog import differences, store
from services.ingest.catalog.differences import MISSING, OTHER, UNKNOWN, Difference
from services.ingest.catalog.footage import Footage
from services.ingest.ledger import Because, Ledger, timer
from services.ingest.storage.adapter import (
    DifferentBytes,
    Location,
    NotStored,
    StorageError,
    Store,
    StoredObject,
)
from services.ingest.storage.copies import Stores, verify
from services.kernel.batches import SegmentKey
from services.kernel.events import DifferenceFound
from services.kernel.mark import SegmentState
from services.runtime import telemetry
from services.runtime.database import db_now
from services.runtime.logs import logger

HOURS_A_TICK = 20
FILES_A_TICK = 1_000
HASHED_A_TICK = 2
STANDING_MAX = 200
RULE = "rule.compare"


@dataclass(slots=True)
class Comparing:
    """A tick goes on where the last one stopped, so that a catalog of any size costs the same each minute."""

    ledger: Ledger
    stores: Stores
    _after: tuple[str, int] = ("", -(2**31))
    _listings: dict[str, Iterator[Location]] = field(default_factory=dict)

    async def tick(self, engine: AsyncEngine) -> None:
        """Look at the next part. A store that can't be reached proves nothing and waits."""
        try:
            await self._look_again(engine)
            await self._compare_catalog(engine)
            for each in self.stores.by_name.values():
                await self._compare_store(engine, each)
        except StorageError as unreachable:
            self._listings.clear()
            logger().warning("comparison.waits", reason=str(unreachable))
        async with engine.begin() as tx:
            for kind, number in (await differences.counts(tx)).items():
                telemetry.gauge("camledger_differences", number, difference=kind)

    async def _compare_catalog(self, engine: AsyncEngine) -> None:
        async with engine.begin() as tx:
            hours = await differences.next_hours(tx, self._after, HOURS_A_TICK)
            expected = [each for camera_id, hour in hours for each in await self._expected(tx, camera_id, hour)]
        self._after = hours[-1] if len(hours) == HOURS_A_TICK else ("", -(2**31))
        hashed = set(random.sample(range(len(expected)), min(HASHED_A_TICK, len(expected))))
        for number, (key, wanted) in enumerate(expected):
            kind = await asyncio.to_thread(self._differs, wanted, to_the_byte=number in hashed)
            if kind:
                await self._say(engine, Difference(place=_place(wanted), difference=kind, key=key))

    async def _expected(self, tx: AsyncConnection, camera_id: str, hour: int) -> list[tuple[SegmentKey, StoredObject]]:
        copies = await differences.copies_in(tx, camera_id, hour)
        found = []
        for row in await store.hour_rows(tx, camera_id, hour):
            if row.state is SegmentState.KEPT:
                places = [f"{self.stores.first.name}:{row.location}", *copies.get((row.started_at, row.generation), [])]
                found += [(row.key, _object(place, row)) for place in places]
        return found

    async def _compare_store(self, engine: AsyncEngine, each: Store) -> None:
        listing = self._listings.setdefault(each.name, each.list())
        part = await asyncio.to_thread(list, islice(listing, FILES_A_TICK))
        if len(part) < FILES_A_TICK:
            del self._listings[each.name]
        if not part:
            return
        async with engine.begin() as tx:
            known = await differences.known(tx, part)
        for location in part:
            state, key = known.get(location, ("", differences.NOBODY))
            # Listed first and asked afterwards: what came or went in between is there no more, or known by now.
            stray = state in {"", SegmentState.GONE.value}
            if stray and not await asyncio.to_thread(each.absent, location):
                await self._say(engine, Difference(place=f"{each.name}:{location}", difference=UNKNOWN, key=key))

    async def _look_again(self, engine: AsyncEngine) -> None:
        async with engine.begin() as tx:
            standing = await differences.standing(tx, STANDING_MAX)
        for each in standing:
            if not await self._still(engine, each):
                async with engine.begin() as tx:
                    await differences.mended(tx, each)

    async def _still(self, engine: AsyncEngine, difference: Difference) -> bool:
        name, _, location = difference.place.partition(":")
        if name not in self.stores.by_name:
            return True
        async with engine.begin() as tx:
            footage = await _kept(tx, difference.key)
            known = await differences.known(tx, [location])
        if difference.difference == UNKNOWN:
            state = known.get(location, ("", difference.key))[0]
            there = not await asyncio.to_thread(self.stores.by_name[name].absent, Location(location))
            return there and state in {"", SegmentState.GONE.value}
        if footage is None:
            return False
        wanted = _object(difference.place, footage)
        return bool(await asyncio.to_thread(self._differs, wanted, to_the_byte=difference.difference == OTHER))

    def _differs(self, wanted: StoredObject, *, to_the_byte: bool) -> str:
        store = self.stores.by_name.get(wanted.store)
        if store is None:
            return ""
        try:
            if store.size(wanted.location) != wanted.size_bytes:
                return OTHER
            if to_the_byte:
                verify(store, wanted)
        except DifferentBytes:
            return OTHER
        except NotStored:
            return MISSING if store.absent(wanted.location) else ""
        return ""

    async def _say(self, engine: AsyncEngine, difference: Difference) -> None:
        key = difference.key
        async with engine.begin() as tx:
            if difference.difference != UNKNOWN and await _kept(tx, key) is None:
                return  # It was lawfully destroyed while we looked.
            now = await db_now(tx)
            if not await differences.found(tx, difference, now):
                return
            event = DifferenceFound(
                camera_id=key.camera_id,
                started_at=key.started_at,
                generation=key.generation,
                location=difference.place,
                difference=difference.difference,
            )
            because = Because(actor=timer(RULE), at=now, reason=difference.difference)
            stream = f"difference/{difference.place}"
            await self.ledger.append(
                tx, event, stream_id=stream, key=key.camera_id or difference.place, because=because
            )
        # Kept footage whose bytes are missing or others is the worst that can happen here: somebody must look now.
        alarm = logger().warning if difference.difference == UNKNOWN else logger().critical
        alarm("difference.found", place=difference.place, difference=difference.difference, camera_id=key.camera_id)


async def _kept(tx: AsyncConnection, key: SegmentKey) -> Footage | None:
    rows = await store.starting_at(tx, key.camera_id, key.started_at)
    return next((row for row in rows if row.key == key and row.state is SegmentState.KEPT), None)


def _object(place: str, row: Footage) -> StoredObject:
    name, _, location = place.partition(":")
    return StoredObject(store=name, location=Location(location), sha256=row.sha256.hex(), size_bytes=row.size_bytes)


def _place(wanted: StoredObject) -> str:
    return f"{wanted.store}:{wanted.location}"
