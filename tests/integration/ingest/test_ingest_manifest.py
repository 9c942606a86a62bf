"""Destruction goes through the whole manifest, whatever step it is killed at; the receipt names every place of it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import event as listening
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.catalog import differences
from services.ingest.catalog.comparing import Comparing
from services.ingest.custody import store as custody
from services.ingest.custody.deleting import Deleter
from services.ingest.ledger import CUSTODY, Because
from services.ingest.settings import IngestSettings
from services.ingest.storage.adapter import Location, RefusedByLock, StoreUnreachable
from services.ingest.storage.copies import Stores
from services.ingest.wiring import Wiring, wire
from services.kernel.batches import SegmentKey
from services.kernel.events import DestructionStarted, Event, SegmentRecorded, SegmentReplicated, SegmentTransferred
from services.kernel.ids import EPOCH, segment_stream
from services.runtime import database, migrate
from services.runtime.schemas.examples import example
from services.runtime.settings import Settings

FOOTAGE = b"footage " * 1000
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Killed(BaseException):
    """What a SIGKILL looks like from inside."""


@dataclass
class Steps:
    """Counts calls to stores and commits, and dies before the one that it was told."""

    dies_at: int = -1
    done: list[str] = field(default_factory=list)

    def step(self, name: str) -> None:
        if len(self.done) == self.dies_at:
            raise Killed(name)
        self.done.append(name)


@dataclass
class Watched:
    """A store or a removal, each of whose calls is a step, or that refuses what a test tells it to refuse."""

    inner: Any
    steps: Steps
    refuses: dict[str, Exception] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        found = getattr(self.inner, name)
        if name not in {"delete", "absent", "versions"}:
            return found

        def call(location: Location) -> Any:  # noqa: ANN401
            self.steps.step(f"{name} {location}")
            if name in self.refuses:
                raise self.refuses[name]
            return found(location)

        return call


@pytest.fixture
def wiring(database: str, tmp_path: Path) -> Iterator[Wiring]:
    name = urlsplit(database).path.lstrip("/")
    settings = Settings(service="ingest", database=database, database_prefix=f"{name}_", home=tmp_path)
    migrate.migrate(settings, "ingest")
    made = wire(settings, IngestSettings(reserve_bytes=0, storage_replica=str(tmp_path / "replica")))
    yield made
    made.media.close()


def run(wiring: Wiring, what: Callable[[AsyncEngine], Awaitable[None]]) -> None:
    async def alone() -> None:
        engine = database.engine(wiring.settings, "ingest")
        try:
            await what(engine)
        finally:
            await engine.dispose()

    asyncio.run(alone())


async def marked(wiring: Wiring, engine: AsyncEngine, number: int) -> SegmentKey:
    """Put footage in both stores, transfer a clip of it, mark it, and let the deleter have it."""
    key = SegmentKey(camera_id="cam-1", started_at=START + timedelta(minutes=number), generation=1)
    named = {"camera_id": key.camera_id, "started_at": key.started_at, "generation": 1}
    place = Location(f"cam-1/2026/{number}.mp4")
    stored = [store.put(io.BytesIO(FOOTAGE), place) for store in wiring.stores.by_name.values()]
    digest = bytes.fromhex(stored[0].sha256)
    end = key.started_at + timedelta(minutes=1)
    facts: tuple[Event, ...] = (
        _like(SegmentRecorded, **named, ended_at=end, location=place, sha256=digest, size_bytes=len(FOOTAGE)),
        _like(SegmentReplicated, **named, location=f"replica:{place}", sha256=digest),
        _like(SegmentTransferred, **named, case_number="112-7", repository_id="evidence-room", sha256=digest),
        _like(DestructionStarted, **named, batch_id=uuid4(), destroyable_from=EPOCH),
    )
    stream = segment_stream(key.camera_id, key.started_at, 1)
    async with engine.begin() as tx:
        for version, event in enumerate(facts, start=1):
            because = Because(actor=CUSTODY, at=datetime.now(UTC))
            await wiring.ledger.append(
                tx, event, stream_id=stream, key="cam-1", because=because, version=1 if version == 1 else 0
            )
        await custody.queue_destruction(tx, key)
    return key


def _like(event_type: type, **fields: object) -> Any:  # noqa: ANN401 - one of four types
    event: Any = example(event_type, "segment.events").event
    return replace(event, **fields)


def deleter(wiring: Wiring, steps: Steps | None = None, **refuses: Exception) -> Deleter:
    watched = steps or Steps()
    stores = {name: Watched(store, watched) for name, store in wiring.stores.by_name.items()}
    return Deleter(
        ledger=wiring.ledger,
        forbids=wiring.forbids(),
        packs=wiring.packs,
        stores=Stores(stores),
        removals={
            name: Watched(removal, watched, {"delete": refuses[name]} if name in refuses else {})
            for name, removal in wiring.removals.items()
        },
        custodian="unit-head",
        place="here",
        backups={"nightly snapshot": 14},
    )


async def receipts(engine: AsyncEngine, key: SegmentKey) -> list[dict[str, Any]]:
    asked = text("select receipt from segment_state where receipt is not null and started_us = :us")
    async with engine.begin() as tx:
        us = int(key.started_at.timestamp()) * 1_000_000
        return list((await tx.execute(asked, {"us": us})).scalars())


async def count(engine: AsyncEngine, what: str) -> int:
    async with engine.begin() as tx:
        return int((await tx.execute(text(f"select count(*) from {what}"))).scalar_one())


async def said(engine: AsyncEngine, event: str) -> int:
    return await count(engine, f"outbox where headers->>'ce_type' like '%.{event}'")


async def is_killed_at(wiring: Wiring, engine: AsyncEngine, key: SegmentKey, steps: Steps) -> bool:
    def committing(_: object) -> None:
        steps.step("commit")

    listening.listen(engine.sync_engine, "commit", committing)
    try:
        await deleter(wiring, steps).destroy(engine, key)
    except Killed:
        return True
    finally:
        listening.remove(engine.sync_engine, "commit", committing)
    return False


def test_a_destruction_killed_at_any_step_goes_on_and_gives_one_whole_receipt(wiring: Wiring) -> None:
    async def prove(engine: AsyncEngine) -> None:
        steps = Steps()
        for number in range(100):
            steps = Steps(dies_at=number)
            key = await marked(wiring, engine, number)
            killed = await is_killed_at(wiring, engine, key, steps)
            if not killed:
                break
            await deleter(wiring).tick(engine)
            (receipt,) = await receipts(engine, key)
            assert [each["what"] for each in receipt["answers"]] == ["original", "replica"], steps.done
            assert await count(engine, "destruction_place") == await count(engine, "destruction_due") == 0
            assert not any(list(store.list()) for store in wiring.stores.by_name.values())
        # Read, look twice, write down, delete and ask twice, receipt: each was died before.
        assert len(steps.done) == 9
        assert await said(engine, "SegmentDestroyed") == len(steps.done) + 1

    run(wiring, prove)


def test_several_at_once_have_one_receipt_each(wiring: Wiring) -> None:
    async def prove(engine: AsyncEngine) -> None:
        keys = [await marked(wiring, engine, number) for number in range(12)]
        at_once = deleter(wiring)
        at_once.parallel = 5
        await at_once.tick(engine)
        assert [len(await receipts(engine, key)) for key in keys] == [1] * len(keys)
        assert await said(engine, "SegmentDestroyed") == len(keys)

    run(wiring, prove)


def test_a_receipt_names_what_is_out_of_reach_and_until_when(wiring: Wiring) -> None:
    async def prove(engine: AsyncEngine) -> None:
        key = await marked(wiring, engine, 0)
        await deleter(wiring).tick(engine)
        (receipt,) = await receipts(engine, key)
        transferred, backup = receipt["residuals"]
        assert (transferred["where"], transferred["expires_at"]) == ("evidence-room (112-7)", None)
        ends = datetime.fromisoformat(backup["expires_at"]) - datetime.fromisoformat(receipt["destroyed_at"])
        assert (backup["where"], ends) == ("nightly snapshot", timedelta(days=14))

    run(wiring, prove)


def test_a_replica_that_cannot_be_reached_keeps_the_receipt_and_not_the_proof_of_the_first(wiring: Wiring) -> None:
    async def prove(engine: AsyncEngine) -> None:
        key = await marked(wiring, engine, 0)
        await deleter(wiring, replica=StoreUnreachable("away")).tick(engine)
        assert await receipts(engine, key) == []
        assert await count(engine, "destruction_place where absent_at is not null") == 1
        again = Steps()
        await deleter(wiring, again).tick(engine)
        assert [name.split()[0] for name in again.done] == ["versions", "versions", "delete", "absent"]
        assert len(await receipts(engine, key)) == 1

    run(wiring, prove)


def test_one_object_that_its_store_keeps_is_said_once_and_stops_no_other(wiring: Wiring) -> None:
    async def prove(engine: AsyncEngine) -> None:
        held = await marked(wiring, engine, 0)
        for _ in range(2):
            await deleter(wiring, store=RefusedByLock("retained")).tick(engine)
        free = await marked(wiring, engine, 1)
        async with engine.begin() as tx:
            assert await custody.due_destructions(tx, 9) == [free, held]
        assert (await said(engine, "DifferenceFound"), await count(engine, "difference")) == (1, 1)
        await deleter(wiring).tick(engine)
        assert len(await receipts(engine, held)) == len(await receipts(engine, free)) == 1
        assert (await said(engine, "DifferenceMended"), await count(engine, "difference")) == (1, 0)

    run(wiring, prove)


def test_restored_bytes_of_destroyed_footage_are_destroyed_again_under_their_one_receipt(wiring: Wiring) -> None:
    async def prove(engine: AsyncEngine) -> None:
        key = await marked(wiring, engine, 0)
        await deleter(wiring).tick(engine)
        first = wiring.stores.first
        first.put(io.BytesIO(FOOTAGE), Location("cam-1/2026/0.mp4"))
        comparing = Comparing(wiring.ledger, wiring.stores)
        await comparing.tick(engine)
        async with engine.begin() as tx:
            assert (await differences.counts(tx))[differences.RETURNED] == 1
        await deleter(wiring).tick(engine)
        assert list(first.list()) == []
        assert (await said(engine, "DifferenceMended"), await said(engine, "SegmentDestroyed")) == (1, 1)
        assert len(await receipts(engine, key)) == 1

    run(wiring, prove)


def test_a_difference_is_said_once_until_it_is_mended(wiring: Wiring) -> None:
    stray, first = Location("cam-9/2026/stray.mp4"), wiring.stores.first

    async def prove(engine: AsyncEngine) -> None:
        comparing = Comparing(wiring.ledger, wiring.stores)
        for round_ in (1, 2):
            first.put(io.BytesIO(b"whose?"), stray)
            for _ in range(2):
                await comparing.tick(engine)
            assert await said(engine, "DifferenceFound") == round_
            wiring.removals["store"].delete(stray)
            await comparing.tick(engine)
            assert await said(engine, "DifferenceMended") == round_

    run(wiring, prove)


@dataclass
class BadBlock:
    """A removal that can't take one file, as of a disk with a bad block; the volume itself is there."""

    inner: Any
    at: str

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.inner, name)

    def delete(self, location: Location) -> None:
        if location == self.at:
            raise StoreUnreachable(f"{location!r}: Input/output error")
        self.inner.delete(location)


def test_a_file_that_can_never_be_removed_holds_nothing_back_behind_it(wiring: Wiring) -> None:
    async def story(engine: AsyncEngine) -> None:
        stuck, behind = [await marked(wiring, engine, number) for number in (1, 2)]
        removals = {name: BadBlock(each, "cam-1/2026/1.mp4") for name, each in wiring.removals.items()}
        going = replace(deleter(wiring), removals=removals)
        for _ in range(2):
            await going.tick(engine)
        assert [len(await receipts(engine, key)) for key in (stuck, behind)] == [0, 1]

    run(wiring, story)
