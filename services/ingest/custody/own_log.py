"""Read ingest's own log back: what a restored database forgot comes back, what is delivered may be deleted (F8, F9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest import streams
from services.ingest.catalog import store as catalog
from services.ingest.custody import store
from services.ingest.projector import is_known, project
from services.kernel.batches import SegmentKey
from services.kernel.envelope import Recorded
from services.kernel.events import DestructionStarted, SegmentRecorded
from services.runtime.applying import OneByOne
from services.runtime.kafka_read import Read, end_offsets, read_to_end
from services.runtime.offsets import Span, start_at
from services.runtime.received import Position, Received, Spoiled
from services.runtime.settings import Settings
from services.runtime.worker import Attempt, Fenced, Worker

CONSUMER = "ingest.own"
TOPICS = ("camera.events", "shift.events", "segment.events", "custody.events")
CHUNK = 500

Ends = Callable[[Settings, str], Mapping[int, int]]
"""Tells the next offset of every partition of a topic."""


@dataclass(frozen=True, slots=True)
class OwnLogReader:
    """The handler of the worker ``ingest.own``. It emits nothing."""

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        """Write what the rows don't contain, and let the deleter have what is known outside this database."""
        for footage, run in groupby(batch, key=lambda each: isinstance(each.recorded.event, SegmentRecorded)):
            if footage:
                await _footage(tx, [each.recorded for each in run])
            else:
                for each in run:
                    await _one(tx, each.recorded)


async def _footage(tx: AsyncConnection, run: Sequence[Recorded]) -> None:
    """Write a run of segments in two statements: most of a long log is footage, and a restore waits for all of it."""
    await streams.seen_all(tx, [(each.envelope.stream_id, each.envelope.stream_version) for each in run])
    recorded = [(each.event, each.envelope.recorded_at) for each in run]
    await catalog.add_all(tx, [(event, at) for event, at in recorded if isinstance(event, SegmentRecorded)])


async def _one(tx: AsyncConnection, record: Recorded) -> None:
    if not await is_known(tx, record):
        await project(tx, record)
    if isinstance(record.event, DestructionStarted):
        await store.queue_destruction(tx, _key(record.event))


def _key(event: DestructionStarted) -> SegmentKey:
    return SegmentKey(camera_id=event.camera_id, started_at=event.started_at, generation=event.generation)


async def catch_up(engine: AsyncEngine, worker: Worker, *, ends: Ends = end_offsets, read: Read = read_to_end) -> None:
    """Read our own log to the end that it has now. Nothing of a process may decide before: neither take in nor delete.

    A restored database doesn't know its newest footage. Without this the same file would come in once more under the
    same generation, at a place that no receipt will ever name, and footage that is gone would get a second receipt.
    """
    for topic in worker.topics:
        until = ends(worker.settings, topic)
        positions = [Position(topic, partition) for partition in until]
        while True:
            async with engine.begin() as tx:
                at = await start_at(tx, worker.name, positions)
            start = {position.partition: offset for position, offset in at.items()}
            if all(start[partition] >= end for partition, end in until.items()):
                break
            chunk = list(islice(read(worker.settings, topic, worker.codec, start=start), CHUNK))
            await _take(engine, worker, chunk, at)


async def _take(
    engine: AsyncEngine, worker: Worker, chunk: Sequence[Received | Spoiled], at: Mapping[Position, int]
) -> None:
    stops = {record.position: record.offset + 1 for record in chunk}
    attempt = Attempt(worker, chunk, [Span(position=p, start=at[p], stop=stop) for p, stop in sorted(stops.items())])
    try:
        async with engine.begin() as tx:
            await attempt.run(tx)
    except OneByOne:
        attempt.careful = True
        async with engine.begin() as tx:
            await attempt.run(tx)
    except Fenced:
        return  # Another process reads it, too: see how far it has come.
