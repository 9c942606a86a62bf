"""Killed at any step, and out of room: nothing is lost, nothing is doubled, nothing half-done stays. Real Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.custody import store as custody
from services.ingest.custody.reconcile import Reconcile
from services.ingest.intake.commands import Came, Outcome, TakeIn
from services.ingest.intake.taking import Intake
from services.ingest.registry.commands import RegisterCamera
from services.ingest.registry.filing import Filing
from services.ingest.settings import IngestSettings
from services.ingest.storage.adapter import Location, StorageExhausted, Store, StoredObject
from services.ingest.storage.copies import Stores
from services.ingest.wiring import Wiring, wire
from services.kernel.envelope import Actor, recorded
from services.kernel.events import CameraBound, PolicyInForce
from services.kernel.ids import EPOCH, PROTECTION_LOG
from services.runtime import database, migrate
from services.runtime.settings import Settings

INSIDE = {"number": 1, "place": "hall", "direction": "north", "coverage": "public_space_inside"}
KEEPER = Actor(id="p-keeper", role="system_manager")


class Killed(BaseException):
    """What a SIGKILL looks like from inside: nothing of ours runs after it but the interpreter's own unwinding."""


@dataclass
class Dying:
    """The real store, which dies at one of its steps, or has no room."""

    inner: Any
    dies: str = ""
    full: bool = False
    name: str = field(default="store")

    def put(self, source: Path, location: Location) -> StoredObject:
        if self.full:
            raise StorageExhausted(store="store", needed_bytes=9, free_bytes=0, reserve_bytes=0)
        if self.dies == "before storing":
            raise Killed
        stored: StoredObject = self.inner.put(source, location)
        if self.dies == "after storing":
            raise Killed
        return stored

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.inner, name)


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    name = urlsplit(database).path.lstrip("/")
    return Settings(service="ingest", database=database, database_prefix=f"{name}_", home=tmp_path)


@pytest.fixture
def wiring(settings: Settings) -> Iterator[Wiring]:
    migrate.migrate(settings, "ingest")
    made = wire(settings, IngestSettings(reserve_bytes=0))
    yield made
    made.media.close()


async def prepared(wiring: Wiring, engine: AsyncEngine) -> None:
    (pack,) = [p for p in [wiring.packs.newest("daan-cctv")] if p is not None]
    bind = PolicyInForce(
        seq=1, policy_id=pack.id, version=pack.version, digest=pack.digest, binding_from=EPOCH, shortens=False
    )
    camera = CameraBound(seq=2, policy_id=pack.id, camera_id="cam-1", retention_class="", binding_from=EPOCH)
    async with engine.begin() as tx:
        for seq, event in ((1, bind), (2, camera)):
            record = recorded(event, stream_id=PROTECTION_LOG, stream_version=seq, at=EPOCH, actor=KEEPER)
            await custody.keep(tx, seq, seq - 1, wiring.codec.encode(record, "access"))
            await custody.advance(tx, seq, seq - 1, unread=0)
        filing = Filing(wiring.ledger, wiring.packs, lambda: None, wiring.forbids())  # type: ignore[arg-type, return-value]
        command = RegisterCamera(camera_id="cam-1", kind="fixed", agency="city", values=INSIDE)
        await filing.register(tx, command, KEEPER)


def intake_with(wiring: Wiring, store: Dying) -> Intake:
    made = wiring.intake()
    made.stores = Stores({"store": cast("Store", store)})
    return made


async def take(wiring: Wiring, engine: AsyncEngine, store: Dying, path: Path) -> Outcome:
    command = TakeIn(path=path, camera_id="cam-1", source_id="s")
    return await intake_with(wiring, store).take(engine, command, KEEPER)


async def rows(engine: AsyncEngine, table: str) -> int:
    async with engine.begin() as tx:
        return int((await tx.execute(text(f"select count(*) from {table}"))).scalar_one())


@pytest.mark.parametrize("step", ["before storing", "after storing"])
def test_a_kill_at_any_step_leaves_one_whole_segment_or_none(wiring: Wiring, plaza: Path, step: str) -> None:
    async def run() -> None:
        engine = database.engine(wiring.settings, "ingest")
        await prepared(wiring, engine)
        real = wiring.stores.first
        with pytest.raises(Killed):
            await take(wiring, engine, Dying(real, dies=step), plaza)
        assert (await rows(engine, "segment"), await rows(engine, "intake_journal")) == (0, 1)
        await Reconcile(wiring.ledger, wiring.stores, wiring.removals).tick(engine, older_than_s=0)
        assert await rows(engine, "segment") == (1 if step == "after storing" else 0)
        again = await take(wiring, engine, Dying(real), plaza)
        assert again.came is (Came.ALREADY_HAVE if step == "after storing" else Came.RECORDED)
        assert (await rows(engine, "segment"), await rows(engine, "intake_journal")) == (1, 0)
        assert len(list(real.list())) == 1
        await engine.dispose()

    asyncio.run(run())


def test_bytes_of_a_killed_intake_go_when_the_file_came_in_again(wiring: Wiring, plaza: Path) -> None:
    async def run() -> None:
        engine = database.engine(wiring.settings, "ingest")
        await prepared(wiring, engine)
        real = wiring.stores.first
        with pytest.raises(Killed):
            await take(wiring, engine, Dying(real, dies="after storing"), plaza)
        assert (await take(wiring, engine, Dying(real), plaza)).came is Came.RECORDED
        assert len(list(real.list())) == 2
        await Reconcile(wiring.ledger, wiring.stores, wiring.removals).tick(engine, older_than_s=0)
        assert (len(list(real.list())), await rows(engine, "segment")) == (1, 1)
        await engine.dispose()

    asyncio.run(run())


def test_a_full_disk_is_said_once_and_intake_goes_on_when_there_is_room(wiring: Wiring, plaza: Path) -> None:
    async def run() -> None:
        engine = database.engine(wiring.settings, "ingest")
        await prepared(wiring, engine)
        store = Dying(wiring.stores.first, full=True)
        outcomes = [await take(wiring, engine, store, plaza) for _ in range(2)]
        assert {outcome.came for outcome in outcomes} == {Came.NO_ROOM}
        said = "outbox where headers->>'ce_type' like '%StorageExhausted'"
        assert (await rows(engine, said), await rows(engine, "intake_journal")) == (1, 0)
        store.full = False
        assert (await take(wiring, engine, store, plaza)).came is Came.RECORDED
        assert (await take(wiring, engine, store, plaza)).came is Came.ALREADY_HAVE
        assert await rows(engine, "outbox where headers->>'ce_type' like '%StorageRecovered'") == 1
        assert await rows(engine, "store_state where exhausted_since is not null") == 0
        await engine.dispose()

    asyncio.run(run())


def test_the_migrations_make_what_the_models_say(settings: Settings, wiring: Wiring) -> None:
    assert wiring.settings == settings
    assert migrate.drift(settings, "ingest") == []
