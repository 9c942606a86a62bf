"""One instant of a service's database, and exactly the records that made it: what fsck and replay compare.

Tables and log are taken at the same point without stopping anything. Other writers' records end where this service's
stored offsets stand in the snapshot. Our own end where the topic ends while nobody can add to the outbox, and what then
still waits in the outbox comes behind them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.runtime.codec import Codec
from services.runtime.database import json_object
from services.runtime.kafka_read import read_to_end, watermarks
from services.runtime.received import Received, Spoiled, key_text
from services.runtime.settings import Settings

OFFSETS = text("SELECT consumer, topic, partition, next_offset FROM consumer_offset")
WAITING = text("SELECT topic, key, headers, value FROM outbox ORDER BY id")

Ends = Mapping[int, int]
"""Next offset by partition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Which topics a projection is made from: those of the service itself, and who reads those of others."""

    own: tuple[str, ...]
    read: Mapping[str, str]  # topic -> consumer id whose offsets say how far

    @property
    def topics(self) -> tuple[str, ...]:
        return (*self.own, *self.read)


@dataclass(slots=True, kw_only=True)
class Moment:
    """A snapshot (``tx`` is repeatable and read only) with the records behind it. ``seen`` counts events by type."""

    tx: AsyncConnection
    firsts: Mapping[str, Ends]
    ends: Mapping[str, Ends]
    waiting: Mapping[str, Sequence[Received]]
    settings: Settings
    codec: Codec
    lost: Mapping[str, Ends] = field(default_factory=dict)  # newest records that were read and are no more; see beyond
    seen: Counter[type] = field(default_factory=Counter)
    on_record: Callable[[], None] = lambda: None

    def records(self) -> int:
        """Return how many records there are to read."""
        on_log = sum(end - self.firsts[t].get(p, 0) for t, parts in self.ends.items() for p, end in parts.items())
        return on_log + sum(map(len, self.waiting.values()))

    def missing(self) -> dict[str, dict[int, int]]:
        """Return how many of the oldest records no longer exist, by topic and partition; nothing may be missing."""
        return {t: gone for t, parts in self.firsts.items() if (gone := {p: at for p, at in parts.items() if at > 0})}

    def read(self, topic: str) -> Iterator[Received | Spoiled]:
        """Yield a topic's records from its beginning up to this moment; what waits in the outbox comes last."""
        waiting = {one.recorded.envelope.event_id: one for one in self.waiting.get(topic, ())}
        for record in read_to_end(self.settings, topic, self.codec, until=self.ends[topic]):
            if isinstance(record, Received):
                # The relay may have published it and not yet deleted its row.
                waiting.pop(record.recorded.envelope.event_id, None)
            yield self._counted(record)
        yield from (self._counted(one) for one in waiting.values())

    def _counted(self, record: Received | Spoiled) -> Received | Spoiled:
        self.on_record()
        if isinstance(record, Received):
            self.seen[type(record.recorded.event)] += 1
        return record


@asynccontextmanager
async def moment(engine: AsyncEngine, settings: Settings, codec: Codec, sources: Sources) -> AsyncIterator[Moment]:
    """Take a moment. Writers wait for as long as the broker needs to tell its offsets, and no longer."""
    async with engine.connect() as gate, engine.connect() as tx:
        await tx.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        await gate.execute(text("SET LOCAL lock_timeout = '10s'"))
        # Nobody's decision commits between the snapshot and the offsets of our own topics.
        await gate.execute(text("LOCK TABLE outbox IN SHARE MODE"))
        await tx.execute(text("SET LOCAL timezone TO 'UTC'"))
        offsets = (await tx.execute(OFFSETS)).all()
        marks = watermarks(settings, sources.topics)
        await gate.rollback()
        stored = {(row.consumer, row.topic, row.partition): row.next_offset for row in offsets}
        ends = {topic: {p: end for p, (_, end) in marks[topic].items()} for topic in sources.own}
        for topic, consumer in sources.read.items():
            ends[topic] = {p: stored.get((consumer, topic, p), 0) for p in marks[topic]}
        yield Moment(
            tx=tx,
            firsts={topic: {p: first for p, (first, _) in parts.items()} for topic, parts in marks.items()},
            ends=ends,
            waiting=await _waiting(tx, settings, codec, ends),
            settings=settings,
            codec=codec,
            lost=beyond(stored, marks),
        )


def beyond(
    stored: Mapping[tuple[str, str, int], int], marks: Mapping[str, Mapping[int, tuple[int, int]]]
) -> dict[str, dict[int, int]]:
    """Return by how much the offsets of any consumer pass the end of a partition, or of one that is no more.

    A topic that was made anew has nothing missing at its beginning: only what was read tells that it was longer.
    """
    found: dict[str, dict[int, int]] = {}
    for (_, topic, partition), offset in stored.items():
        _, end = marks.get(topic, {}).get(partition, (0, 0))
        if topic in marks and offset > end:
            lost = found.setdefault(topic, {})
            lost[partition] = max(offset - end, lost.get(partition, 0))
    return found


async def _waiting(
    tx: AsyncConnection, settings: Settings, codec: Codec, ends: Mapping[str, Ends]
) -> dict[str, list[Received]]:
    found: dict[str, list[Received]] = {}
    for row in await tx.execute(WAITING):
        topic = settings.short_topic(row.topic)
        if topic not in ends:
            continue  # A dead letter: its bytes mean nothing to a projection.
        queue = found.setdefault(topic, [])
        queue.append(
            Received(
                topic=topic,
                partition=0,
                offset=ends[topic].get(0, 0) + len(queue),
                key=key_text(bytes(row.key)),
                headers=json_object(row.headers),
                recorded=codec.decode(bytes(row.value)),
                raw=bytes(row.value),
            )
        )
    return found
