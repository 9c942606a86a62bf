"""One simulated installation: the objects that the bootstraps wire, on a database, broker and store of ours."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any, cast
from uuid import UUID

from services.access.ledger import Desk
from services.access.protections.answers import AnswerHandler
from services.access.protections.clearing import ClearingHandler
from services.access.recovery import catch_up
from services.access.tables import METADATA as ACCESS_TABLES
from services.ingest.custody.amending import Amending
from services.ingest.custody.deleting import Deleter
from services.ingest.custody.forbids import Forbids
from services.ingest.custody.marking import Marker
from services.ingest.custody.own_log import CONSUMER, TOPICS, OwnLogReader
from services.ingest.custody.own_log import catch_up as know_own_log
from services.ingest.custody.parking import Parking
from services.ingest.custody.reading import ProtectionReader, Standing
from services.ingest.custody.reconcile import Reconcile
from services.ingest.custody.settling import Settling
from services.ingest.custody.start import LOG, Custody
from services.ingest.intake.taking import Intake
from services.ingest.ledger import Ledger
from services.ingest.registry.filing import Filing
from services.ingest.storage.copies import Stores
from services.ingest.tables import METADATA as INGEST_TABLES
from services.kernel.envelope import Recorded
from services.runtime.applying import OneByOne
from services.runtime.codec import Codec, Undecodable
from services.runtime.offsets import Span, start_at
from services.runtime.outbox import Outbox
from services.runtime.process import Ticker
from services.runtime.received import Position, Received, Spoiled
from services.runtime.registry import Registry, open_registry
from services.runtime.relay import LEADER_LOCK, NEXT, Publishing, Relay
from services.runtime.settings import Settings
from services.runtime.transactions import Transactions
from services.runtime.worker import Attempt, Worker
from tests.fakes.memory.connection import Connection, Engine, Turn
from tests.fakes.memory.database import Database, Row
from tests.fakes.memory.twin import load_twins
from tests.simulation.bus import Bus, Producer
from tests.simulation.climate import drawn
from tests.simulation.library import Library
from tests.simulation.objects import MemoryRemoval, MemoryStore
from tests.simulation.scheduler import Process, Run, Scheduler

load_twins()
PARTITIONS = 2
ROWS_MAX = 20
IDLE_S = 0.3


@cache
def registry() -> Registry:
    """Return the repository's schemas."""
    return open_registry(Settings())


class SimCodec(Codec):
    """The real codec with a memory, and for custody with records that it can't read until somebody repairs it."""

    def __init__(self) -> None:
        super().__init__(registry())
        self._known: dict[bytes, Recorded] = {}
        self.unreadable: set[bytes] = set()

    def decode(self, framed: bytes, topic: str = "") -> Recorded:  # noqa: ARG002 - only what is on its topic is read
        """Decode, unless the record is one that this reader's schemas don't explain."""
        if framed in self.unreadable:
            raise Undecodable("a schema that this reader doesn't have yet")
        found = self._known.get(framed)
        if found is None:
            found = self._known[framed] = super().decode(framed)
        return found


class World:
    """Databases, broker, store and processes of one run."""

    def __init__(self, seed: int, home: Path) -> None:
        self.seed = seed
        self.scheduler = Scheduler(seed)
        self.random = self.scheduler.random
        self.climate = drawn(self.random)
        self.scheduler.haste = self.climate.haste
        self.home = home
        self.library = Library()
        self.bus = Bus(PARTITIONS)
        self.store = MemoryStore("store")
        self.skew = {"ingest": 0.0, "access": 0.0}
        self.ingest = Database("ingest", INGEST_TABLES, lambda: self._clock("ingest"), self._elapsed)
        self.access = Database("access", ACCESS_TABLES, lambda: self._clock("access"), self._elapsed)
        self.codec = SimCodec()  # of access, and of the checks
        self.custody_codec = SimCodec()
        self.settings = {name: Settings(service=name, home=home) for name in ("ingest", "access")}
        self.ledger = Ledger(Outbox("ingest", self.codec, self.settings["ingest"]))
        self.desk = Desk(
            outbox=Outbox("access", self.codec, self.settings["access"]),
            codec=self.codec,
            shelf=cast("Any", self.library),
        )
        self.stores = Stores({"store": self.store})
        self.removal = MemoryRemoval(self.store, self._removed)
        self.on_removed: list[Any] = []
        self.standing = Standing()
        # What a planted fault may put something else for.
        self.marker: type[Marker] = Marker
        self.own_ends: Callable[[str], Mapping[int, int]] = self.bus.ends
        self.read_own: Callable[..., Iterator[Received | Spoiled]] = self.bus.read
        self.outbox_order: Callable[[Row], int] = lambda row: int(row["id"])
        self.access_is_up = False
        self.intake_is_up = False
        self.dying = 0.0  # chance that a process dies at one delivery
        self.processes = {
            "custody": Process("custody", self._custody),
            "own-log": Process("own-log", self._own_log),
            "deleter-1": Process("deleter-1", self._deleter),
            "deleter-2": Process("deleter-2", self._deleter),
            "ingest-relay-1": Process("ingest-relay-1", lambda p: self._relay(p, self.ingest)),
            "ingest-relay-2": Process("ingest-relay-2", lambda p: self._relay(p, self.ingest)),
            "intake": Process("intake", self._intake),
            "access": Process("access", self._access),
            "access-relay": Process("access-relay", lambda p: self._relay(p, self.access)),
        }

    def _elapsed(self) -> float:
        return self.scheduler.now

    def _clock(self, database: str) -> datetime:
        return self.scheduler.instant() + self.ahead(database)

    def ahead(self, database: str) -> timedelta:
        """Return by how much a database's clock is ahead of true time."""
        return timedelta(seconds=self.skew[database])

    def finish_transactions(self) -> None:
        """Come to an instant between all transactions: those of a frozen process are ended by the server."""
        self.scheduler.finish_transactions()
        for database in (self.ingest, self.access):
            for session in [one for one in database.sessions if one.in_transaction]:
                session.kill()

    def _removed(self, location: str) -> None:
        for listener in self.on_removed:
            listener(location)

    def forbids(self) -> Forbids:
        """Return a reader's memory of the protection log."""
        return Forbids(self.custody_codec)

    def engine(self, process: Process, database: Database) -> Any:  # noqa: ANN401 - stands in for AsyncEngine
        """Return an engine whose connections end with a process."""
        return Engine(database, process)

    # Ingest.
    def _custody(self, process: Process) -> dict[str, Run]:
        # At once: until its first step the checks would take it for its predecessor, which had passed the gate.
        self.standing = Standing()
        return {"holds": self._hold_custody(process, self.standing)}

    async def _hold_custody(self, process: Process, standing: Standing) -> None:
        """The part ``Custody``, its worker's loop and custody's tickers, as ``bootstrap`` wires them."""
        settings, engine = self.settings["ingest"], self.engine(process, self.ingest)
        reader = ProtectionReader(self.ledger, self.forbids(), standing)
        parking = Parking(self.ledger)
        worker = Worker(
            "ingest.protection",
            [LOG],
            reader,
            settings,
            "ingest",
            self.custody_codec,
            on_undecodable=parking.park,
            batch_max=100,
        )
        custody = Custody(settings, self.ledger, standing, worker, ends=lambda _, topic: self._ends(topic))
        marker = self.marker(self.ledger, self.forbids(), self.library, standing)
        reconcile = Reconcile(self.ledger, self.stores, {"store": self.removal})
        await self._ready(engine)
        self.scheduler.spawn(process, "mark", self._tick(process, "ingest.mark", 0.2, marker.tick))
        self.scheduler.spawn(process, "reconcile", self._tick(process, "ingest.reconcile", 60.0, reconcile.tick))
        await custody._singleton(engine, Event(), lambda: None)
        await custody._passed(engine, Event(), lambda: None)
        self.scheduler.note(f"{process.name} passed the start gate as {str(standing.start_id)[:8]}")
        await self._reading(process, self.ingest, worker)

    def _ends(self, topic: str) -> Mapping[int, int]:
        return self.bus.ends(topic) if topic == LOG else self.own_ends(topic)

    def _own_worker(self) -> Worker:
        return Worker(CONSUMER, TOPICS, OwnLogReader(), self.settings["ingest"], "ingest", self.codec)

    def _own_log(self, process: Process) -> dict[str, Run]:
        return {"reads": self._reading(process, self.ingest, self._own_worker())}

    async def _ready(self, engine: Any) -> None:  # noqa: ANN401 - stands in for AsyncEngine
        """What every process of ingest does before its parts begin."""
        await know_own_log(engine, self._own_worker(), ends=lambda _, topic: self.own_ends(topic), read=self._read)

    def _deleter(self, process: Process) -> dict[str, Run]:
        deleter = Deleter(
            ledger=self.ledger,
            forbids=self.forbids(),
            packs=self.library,
            stores=self.stores,
            removals={"store": self.removal},
            custodian="custodian",
            place="simulated",
        )
        return {"deletes": self._delete(process, deleter)}

    async def _delete(self, process: Process, deleter: Deleter) -> None:
        await self._ready(self.engine(process, self.ingest))
        await self._tick(process, "ingest.delete", 0.2, deleter.tick)

    def _intake(self, process: Process) -> dict[str, Run]:
        self.intake_is_up = False
        return {"begins": self._open(process)}

    async def _open(self, process: Process) -> None:
        await self._ready(self.engine(process, self.ingest))
        self.intake_is_up = True

    def intake(self) -> Intake:
        """Return a way in."""
        return Intake(
            ledger=self.ledger,
            forbids=self.forbids(),
            packs=self.library,
            stores=self.stores,
            quarantine=MemoryStore("quarantine"),
            media=cast("Any", None),
            workshop=self.home,
        )

    def filing(self) -> Filing:
        """Return the registry's commands."""
        return Filing(
            self.ledger, cast("Any", self.library), lambda: Amending(self.ledger, self.forbids()), self.forbids()
        )

    def settling(self) -> Settling:
        """Return the command of the two persons."""
        return Settling(self.ledger, self.forbids())

    # Access.
    def _access(self, process: Process) -> dict[str, Run]:
        self.access_is_up = False
        return {"recovers": self._recover(process)}

    async def _recover(self, process: Process) -> None:
        """A0, then the two workers: until then nothing is accepted and nothing cleared."""
        settings = self.settings["access"]
        await catch_up(self.engine(process, self.access), settings, self.codec, self._read_own)
        self.access_is_up = True
        self.scheduler.note("access has read its own log")
        clearing = Worker(
            "access.deletions", ["deletion.commands"], ClearingHandler(self.desk), settings, "access", self.codec
        )
        topics = ["custody.events", "camera.events"]
        answers = Worker("access.answers", topics, AnswerHandler(), settings, "access", self.codec)
        self.scheduler.spawn(process, "clears", self._reading(process, self.access, clearing))
        self.scheduler.spawn(process, "answers", self._reading(process, self.access, answers))

    def _read_own(
        self,
        settings: Settings,  # noqa: ARG002 - the real one asks it for the broker
        topic: str,
        codec: Codec,
        *,
        start: Mapping[int, int],
    ) -> Iterator[Received | Spoiled]:
        return self.read_own(topic, codec, start)

    def _read(
        self,
        settings: Settings,  # noqa: ARG002 - the real one asks it for the broker
        topic: str,
        codec: Codec,
        *,
        start: Mapping[int, int],
    ) -> Iterator[Received | Spoiled]:
        return self.bus.read(topic, codec, start)

    # What every service runs.
    async def _reading(self, process: Process, database: Database, worker: Worker) -> None:
        """A worker's loop with the broker's client played by us; claim, order and retry are the worker's own."""
        transactions = Transactions(self.engine(process, database), worker.name, lambda: None)
        positions = [position for topic in worker.topics for position in self.bus.positions(topic)]
        expected = await transactions.run(lambda tx: start_at(tx, worker.name, positions))
        worker.applying.reassigned()
        while True:
            batch, spans = self._polled(worker, expected)
            if not batch:
                await Turn.sleep(self.scheduler.now + IDLE_S * self.random.random())
                continue
            attempt = Attempt(worker, batch, spans)
            try:
                await transactions.run(attempt.run)
            except OneByOne:
                attempt.careful = True
                await transactions.run(attempt.run)
            expected |= {span.position: span.stop for span in spans}

    def _polled(self, worker: Worker, expected: dict[Position, int]) -> tuple[list[Received | Spoiled], list[Span]]:
        """Return some records of some partitions: each in its order, none of them necessarily all there is."""
        batch: list[Received | Spoiled] = []
        spans: list[Span] = []
        for position, at in sorted(expected.items()):
            most = int(self.random.random() * 6)
            found = self.bus.take(position, at, most, worker.codec) if most else []
            if found:
                batch += found
                spans.append(Span(position=position, start=at, stop=at + len(found)))
        return batch, spans

    async def _tick(self, process: Process, name: str, every_s: float, work: Any) -> None:  # noqa: ANN401
        ticker = Ticker(name, every_s, work, self.settings["ingest"], "ingest")
        engine = self.engine(process, self.ingest)
        while True:
            await ticker._once(engine)
            await Turn.sleep(self.scheduler.now + every_s)

    def _relay(self, process: Process, database: Database) -> dict[str, Run]:
        return {"publishes": self._publish(process, database)}

    async def _publish(self, process: Process, database: Database) -> None:
        """The relay's turn, again and again: lead, fetch in order of ids, publish, delete what was acknowledged."""
        settings = self.settings[database.name]
        producer = Producer(self.bus, self.random, settings.short_topic, lambda: self.random.random() < self.dying)
        publishing = Publishing(Relay(settings, database.name), lambda: None, cast("Any", producer))
        connection = RelayConnection(database, process, self.outbox_order)
        while not await connection.leads():
            await Turn.sleep(self.scheduler.now + 0.2)
        while True:
            rows = await connection.fetch(NEXT, 1 + int(self.random.random() * ROWS_MAX))
            if rows:
                await publishing._publish(cast("Any", rows), cast("Any", connection))
            else:
                await Turn.sleep(self.scheduler.now + IDLE_S * self.random.random())

    # What happens to processes and databases.
    def kill(self, process: Process) -> None:
        """Kill a process at whatever it is awaiting."""
        if self.processes[process.name] is process:  # and not a zombie, whose successor is up
            self.access_is_up = self.access_is_up and process.name != "access"
            self.intake_is_up = self.intake_is_up and process.name != "intake"
        self.scheduler.kill(process, self.cut)

    def cut(self, process: Process) -> None:
        """End every connection of a process."""
        for database in (self.ingest, self.access):
            for session in [one for one in database.sessions if one.owner is process]:
                session.kill()

    def of(self, service: str) -> list[Process]:
        """Return the processes of a service, zombies too."""
        mine = {"access", "access-relay"}
        return [p for p in self.scheduler.processes if p.alive and (p.name in mine) == (service == "access")]

    def custody_stands(self) -> bool:
        """Tell whether the process that passed the start gate last is up."""
        return self.processes["custody"].alive and self.standing.start_id is not None

    def zombie(self, process: Process) -> Process:
        """Let a frozen process be taken for dead: another one starts in its place, and it may wake later."""
        successor = Process(process.name, process.parts)
        process.lasting = False
        self.processes[process.name] = successor
        return successor

    def new_uuid(self) -> UUID:
        """Return an id by the seed."""
        return UUID(bytes=secrets.token_bytes(16), version=4)


class RelayConnection:
    """The relay's own connection: asyncpg's ``fetch`` and ``execute``, the leader's lock for as long as it lives."""

    def __init__(self, database: Database, process: Process, order: Callable[[Row], int]) -> None:
        self._connection = Connection(database, process)
        self._order = order

    async def leads(self) -> bool:
        """Try to become the one that publishes."""
        session = self._connection.session
        await Turn("lead")
        self._connection.check()
        key = ("advisory", "relay", LEADER_LOCK)
        if not session.database.is_free(session, key, shared=False):
            return False
        session.lock(key, session=True)
        return True

    async def fetch(self, _sql: str, most: int) -> list[dict[str, Any]]:
        """``SELECT ... FROM outbox ORDER BY id LIMIT``."""
        await Turn("fetch")
        self._connection.check()
        rows = sorted(self._connection.session.rows("outbox"), key=self._order)[:most]
        await Turn("fetched")
        return rows

    async def execute(self, sql: str, *values: Any) -> None:  # noqa: ANN401 - asyncpg's own
        """``DELETE FROM outbox WHERE id = ANY``, or a sign of life."""
        await Turn("delete")
        self._connection.check()
        if sql.startswith("DELETE"):
            session = self._connection.session
            for row_id in values[0]:
                session.remove("outbox", (row_id,))
            session.commit()
        await Turn("deleted")
