"""Compare catalog and stores, a part at a time: bytes that are missing, others, doubled, unknown, or back again.

It finds and says, once for each difference, and writes nothing back: that is for a person. Only bytes of footage that
has its receipt are handed to custody's deleter again, for their destruction was decided and proved before.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.catalog import differences, saying, store
from services.ingest.catalog.differences import EXTRA, MISSING, OTHER, RETURNED, UNKNOWN, Difference
from services.ingest.ledger import Ledger
from services.ingest.storage.adapter import DifferentBytes, Location, NotStored, Seen, StorageError, StoredObject
from services.ingest.storage.copies import Stores, verify
from services.kernel.batches import SegmentKey
from services.kernel.mark import SegmentState
from services.runtime import telemetry
from services.runtime.logs import logger

HOURS_A_STEP = 20
FILES_A_STEP = 1_000
HASHED_A_STEP = 2
STANDING_MAX = 200
STEP_S = 20.0  # a slow store must not make this part of the process count as dead
RULE = "rule.compare"
BEGINNING = ("", -(2**31))
Expected = tuple[SegmentKey, StoredObject]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one pass has come: through the catalog by camera and hour, through each store by location."""

    hour: tuple[str, int] | None = BEGINNING
    listed: tuple[tuple[str, str], ...] = ()  # stores that aren't through yet, and the last location of each

    @property
    def complete(self) -> bool:
        return self.hour is None and not self.listed


@dataclass(slots=True)
class Comparing:
    """A tick goes on where the last one stopped, so that a catalog of any size costs the same each minute."""

    ledger: Ledger
    stores: Stores
    _progress: Progress | None = None
    _folders: dict[str, dict[Location, Seen]] = field(default_factory=dict)

    async def tick(self, engine: AsyncEngine) -> None:
        """Look at the next part. A store that can't be reached proves nothing and waits."""
        try:
            await self._look_again(engine)
            progress = await self.step(engine, self._progress or self.beginning())
            self._progress = None if progress.complete else progress
        except StorageError as unreachable:
            logger().warning("comparison.waits", reason=str(unreachable))
        async with engine.begin() as tx:
            for kind, number in (await differences.counts(tx)).items():
                telemetry.gauge("camledger_differences", number, difference=kind)

    def beginning(self) -> Progress:
        """Return where a pass begins."""
        return Progress(listed=tuple((name, "") for name in self.stores.by_name))

    async def step(self, engine: AsyncEngine, at: Progress, *, to_the_byte: bool = False) -> Progress:
        """Compare one part of the catalog and of every store; return where to go on. Raises StorageError."""
        if at.hour is not None:
            at = replace(at, hour=await self._compare_catalog(engine, at.hour, to_the_byte=to_the_byte))
        listed = [(name, await self._compare_store(engine, name, after)) for name, after in at.listed]
        return replace(at, listed=tuple((name, after) for name, after in listed if after is not None))

    async def _compare_catalog(
        self, engine: AsyncEngine, after: tuple[str, int], *, to_the_byte: bool
    ) -> tuple[str, int] | None:
        until = monotonic() + STEP_S
        async with engine.begin() as tx:
            hours = await differences.next_hours(tx, after, HOURS_A_STEP)
        read = random.choice(hours) if hours else None  # noqa: S311 (a sample, not a secret)
        self._folders.clear()
        for hour in hours:
            async with engine.begin() as tx:
                expected = await self._expected(tx, *hour)
            whole = len(expected) if to_the_byte else HASHED_A_STEP if hour == read else 0
            await self._compare_hour(engine, expected, random.sample(expected, min(whole, len(expected))))
            if monotonic() > until:
                return hour
        return hours[-1] if len(hours) == HOURS_A_STEP else None

    async def _compare_hour(self, engine: AsyncEngine, expected: list[Expected], whole: list[Expected]) -> None:
        for each in expected:
            key, wanted = each
            kind = await asyncio.to_thread(self._differs_in_listing, wanted)
            if not kind and each in whole:
                kind = await asyncio.to_thread(self._differs, wanted, to_the_byte=True)
            if kind:
                await self._say(engine, Difference(place=_place(wanted), difference=kind, key=key))

    async def _expected(self, tx: AsyncConnection, camera_id: str, hour: int) -> list[Expected]:
        copies = await differences.copies_in(tx, camera_id, hour)
        found = []
        for row in await store.hour_rows(tx, camera_id, hour):
            if row.state is SegmentState.KEPT:
                places = [f"{self.stores.first.name}:{row.location}", *copies.get((row.started_at, row.generation), [])]
                found += [(row.key, _object(place, row.sha256, row.size_bytes)) for place in places]
        return found

    def _differs_in_listing(self, wanted: StoredObject) -> str:
        """Compare with the listing of its folder, one for all of its neighbours; ask itself where that differs."""
        if wanted.store not in self.stores.by_name:
            return ""
        folder = wanted.location[: wanted.location.rfind("/") + 1]
        place = f"{wanted.store}:{folder}"
        if place not in self._folders:
            looked = self.stores.by_name[wanted.store].look(folder)
            self._folders[place] = {seen.location: seen for seen in looked}
        seen = self._folders[place].get(wanted.location)
        as_expected = seen is not None and seen.size_bytes == wanted.size_bytes and seen.versions == 1
        return "" if as_expected else self._differs(wanted, to_the_byte=False)

    def _differs(self, wanted: StoredObject, *, to_the_byte: bool) -> str:
        store = self.stores.by_name[wanted.store]
        try:
            if store.size(wanted.location) != wanted.size_bytes:
                return OTHER
            if to_the_byte:
                verify(store, wanted)
        except DifferentBytes:
            return OTHER
        except NotStored:
            return MISSING
        return EXTRA if len(store.versions(wanted.location)) > 1 else ""

    async def _compare_store(self, engine: AsyncEngine, name: str, after: str) -> str | None:
        if name not in self.stores.by_name:
            return None
        listing = self.stores.by_name[name].list(after=after)
        part = await asyncio.to_thread(list, islice(listing, FILES_A_STEP))
        if part:
            await self._strays(engine, name, part)
        return part[-1] if len(part) == FILES_A_STEP else None

    async def _strays(self, engine: AsyncEngine, name: str, part: Sequence[Location]) -> None:
        async with engine.begin() as tx:
            known = await differences.known(tx, part)
        for location in part:
            state, key = known.get(location, ("", differences.NOBODY))
            kind = {"": UNKNOWN, SegmentState.GONE.value: RETURNED}.get(state)
            # Listed first and asked afterwards: what came or went in between is there no more, or known by now.
            if kind and not await asyncio.to_thread(self.stores.by_name[name].absent, location):
                await self._say(engine, Difference(place=f"{name}:{location}", difference=kind, key=key))

    async def _say(self, engine: AsyncEngine, difference: Difference) -> None:
        await saying.found(engine, self.ledger, difference, RULE)
        if difference.difference == RETURNED:
            # A backup of the store was restored over a destruction: its receipt is carried out again.
            async with engine.begin() as tx:
                await differences.destroy_again(tx, difference.key)

    async def _look_again(self, engine: AsyncEngine) -> None:
        async with engine.begin() as tx:
            standing = await differences.standing(tx, STANDING_MAX)
        for each in standing:
            if not await self._still(engine, each):
                async with engine.begin() as tx:
                    await saying.mended(tx, self.ledger, each, "found_mended")

    async def _still(self, engine: AsyncEngine, difference: Difference) -> bool:
        name, _, location = difference.place.partition(":")
        if name not in self.stores.by_name or difference.difference not in {MISSING, OTHER, EXTRA, UNKNOWN, RETURNED}:
            return True  # Who found it looks again.
        async with engine.begin() as tx:
            footage = await saying.kept(tx, difference.key)
            known = await differences.known(tx, [location])
        if difference.difference in {UNKNOWN, RETURNED}:
            state = known.get(location, ("", difference.key))[0]
            there = not await asyncio.to_thread(self.stores.by_name[name].absent, Location(location))
            return there and state in {"", SegmentState.GONE.value}
        if footage is None:
            return False
        wanted = _object(difference.place, footage.sha256, footage.size_bytes)
        now = await asyncio.to_thread(self._differs, wanted, to_the_byte=difference.difference == OTHER)
        return bool(now == difference.difference)


def _object(place: str, sha256: bytes, size_bytes: int) -> StoredObject:
    name, _, location = place.partition(":")
    return StoredObject(store=name, location=Location(location), sha256=sha256.hex(), size_bytes=size_bytes)


def _place(wanted: StoredObject) -> str:
    return f"{wanted.store}:{wanted.location}"
