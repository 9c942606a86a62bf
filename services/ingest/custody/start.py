"""C0, the start gate: read our own log to its end, void what was cleared for others, and only then read and mark."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.custody import batch_lines, batches, gate, own_log, store
from services.ingest.custody.reading import Standing
from services.ingest.ledger import CUSTODY, Because, Ledger
from services.kernel.events import DestructionStarted
from services.kernel.ids import segment_stream
from services.kernel.said_again import NO_BATCH
from services.runtime import database, offsets
from services.runtime.kafka_read import end_offsets
from services.runtime.logs import logger
from services.runtime.received import Position
from services.runtime.settings import Settings
from services.runtime.worker import Worker

LOG = "hold.events"
LOOK_AGAIN_S = 0.2


@dataclass(slots=True)
class Custody:
    """A part of the process: waits for the singleton lock, passes the start gate, then reads the protection log."""

    settings: Settings
    ledger: Ledger
    standing: Standing
    worker: Worker
    name: str = "ingest.custody"
    role: str = "custody"
    beat_within_s: float = 60.0
    ends: own_log.Ends = end_offsets

    def run(self, stop: Event, beat: Callable[[], None]) -> None:
        """Hold custody until ``stop``. Losing the lock's connection ends the process, not the lock alone."""
        with asyncio.Runner() as runner:
            engine = self._engine()
            connection = runner.run(self._singleton(engine, stop, beat))
            try:
                if not stop.is_set() and runner.run(self._begin(stop, beat)):
                    self.worker.run(stop, beat)
            finally:
                self.standing.start_id = None
                runner.run(_close(connection, engine))

    async def _singleton(self, engine: AsyncEngine, stop: Event, beat: Callable[[], None]) -> AsyncConnection:
        """Wait for the lock. Who only waits has nothing to lose with the database: it asks on a new connection."""
        while True:
            connection = None
            try:
                connection = await engine.connect()
                return await _locked(connection, stop, beat)
            except Exception as error:
                if connection is not None:
                    await connection.invalidate()
                if stop.is_set() or not database.is_transient(error):
                    raise
                logger().warning("custody.waits", error=type(error).__name__)
                beat()
                await asyncio.sleep(LOOK_AGAIN_S)

    def _engine(self) -> AsyncEngine:
        return database.engine(self.settings, "ingest", pool=1, application=self.name, limits={})

    async def _begin(self, stop: Event, beat: Callable[[], None]) -> bool:
        engine = self._engine()
        try:
            return await self._passed(engine, stop, beat)
        finally:
            await engine.dispose()

    async def _passed(self, engine: AsyncEngine, stop: Event, beat: Callable[[], None]) -> bool:
        ends = {topic: self.ends(self.settings, topic) for topic in own_log.TOPICS}
        while not stop.is_set():
            beat()
            async with engine.begin() as tx:
                if await has_read(tx, ends):
                    break
            await asyncio.sleep(LOOK_AGAIN_S)
        else:
            return False
        gate_offset = self.ends(self.settings, LOG)[0]
        async with engine.begin() as tx:
            self.standing.start_id = await pass_gate(tx, self.ledger, gate_offset)
        return True


async def _locked(connection: AsyncConnection, stop: Event, beat: Callable[[], None]) -> AsyncConnection:
    while not stop.is_set():
        beat()
        if await database.try_advisory_lock(connection, gate.SINGLETON):
            break
        await connection.commit()
        await asyncio.sleep(LOOK_AGAIN_S)
    await connection.commit()
    return connection


async def has_read(tx: AsyncConnection, ends: Mapping[str, Mapping[int, int]]) -> bool:
    """Tell whether our own log has been read to the ends that stood at this start."""
    at = await offsets.stored(tx, own_log.CONSUMER)
    wanted = {Position(topic, p): end for topic, parts in ends.items() for p, end in parts.items()}
    return all(at.get(position, 0) >= end for position, end in wanted.items())


async def pass_gate(tx: AsyncConnection, ledger: Ledger, gate_offset: int) -> UUID:
    """Write a new ``start_id`` and gate offset, answer open batches ``void``, say marks that no log knows."""
    await gate.exclusive(tx)
    start_id = uuid4()
    await store.begin(tx, start_id, gate_offset, await database.db_now(tx))
    for batch_id, camera_id in await batch_lines.open_batches(tx):
        await batches.void(tx, ledger, batch_id, camera_id)
    await _say_named_marks(tx, ledger)
    return start_id


async def _say_named_marks(tx: AsyncConnection, ledger: Ledger) -> None:
    """An answer told that these are being destroyed: they are finished, with DestructionStarted first (F9)."""
    at = await database.db_now(tx)
    for key in await store.named_without_mark(tx):
        event = DestructionStarted(
            camera_id=key.camera_id,
            started_at=key.started_at,
            generation=key.generation,
            batch_id=NO_BATCH,
            mark_seq=0,
            destroyable_from=at,
            rule_ids=(),
        )
        because = Because(actor=CUSTODY, at=at, reason="named as being destroyed in an answer before a restore")
        stream = segment_stream(key.camera_id, key.started_at, key.generation)
        await ledger.append(tx, event, stream_id=stream, key=key.camera_id, because=because)


async def _close(connection: AsyncConnection, engine: AsyncEngine) -> None:
    await connection.close()
    await engine.dispose()
