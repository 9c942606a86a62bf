"""Writes topics of access again that the broker lost: every record, from the facts that access keeps of its own.

Readers then make their tables from the new topic (``replay plan``, ``apply``) and go on in it. Nothing is accepted as
lost: what can't be shown to be whole is refused. Killed at any point it is called again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from threading import Event
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access import own_facts
from services.access.recovery import OWN_TOPICS
from services.cli.operations.comparing import engine_for
from services.cli.operations.replay import runs
from services.cli.operations.replay.active import ANOTHER, NotNow, active_groups, connected
from services.cli.operations.replay.leftovers import put
from services.cli.operations.replay.readers import Knowledge, knowledge
from services.cli.operations.replay.standing import Standing
from services.cli.operations.shadows import Taken, alone
from services.kernel.events import ReplayRun
from services.runtime.codec import Codec
from services.runtime.kafka_read import chunks, read_to_end
from services.runtime.outbox import Outbox
from services.runtime.received import Received, Spoiled
from services.runtime.registry import open_registry
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.topic_ids import topic_ids

SERVICE = "access"
LOOK_S = 0.2
ANEW = "Remedy: remove the topic, `camledger migrate --accept-lost-topic {topic}`, and call this again"
UNQUEUE = text("DELETE FROM outbox WHERE topic = :topic")
WAITING = text("SELECT count(*) FROM outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which topics are written again, by whom and why; ``repeats``: what was read beyond our facts were repeats."""

    topics: tuple[str, ...]
    by: str
    why: str
    repeats: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A topic that holds every record again, and who must make his tables from it."""

    topic: str
    records: int
    repeats: int
    readers: tuple[str, ...]


@dataclass(slots=True)
class WritingAgain:
    """One run. ``say`` is told how far it is."""

    settings: Settings
    order: Order
    say: Callable[[str], None]
    codec: Codec = field(init=False)
    outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        self.codec = Codec(open_registry(self.settings))
        self.outbox = Outbox(SERVICE, self.codec, self.settings)

    async def run(self) -> list[Written]:
        """Write, read back, prove. Raises NotNow."""
        engine = engine_for(self.settings, SERVICE)
        try:
            async with alone(engine, runs.LOCK):
                return await self._alone(engine)
        except Taken:
            raise NotNow(ANOTHER) from None
        finally:
            await engine.dispose()

    async def _alone(self, engine: AsyncEngine) -> list[Written]:
        known = await knowledge(self.settings)
        self._refuse_if_not_anew(known)
        async with engine.connect() as tx:
            if at_work := [*active_groups(self.settings, SERVICE), *await connected(tx)]:
                raise NotNow(f"{', '.join(at_work)}: stop {SERVICE} first")
            await self._refuse_if_not_whole(tx, known)
        await self._queue(engine)
        await self._publish(engine)
        written = [await self._written(engine, topic, known) for topic in self.order.topics]
        await self._tell(written)
        return written

    def _refuse_if_not_anew(self, known: Knowledge) -> None:
        ids = topic_ids(self.settings, OWN_TOPICS)
        for topic in OWN_TOPICS:
            named = topic in self.order.topics
            if topic not in ids:
                raise NotNow(f"{topic} doesn't exist. Remedy: `camledger migrate --accept-lost-topic {topic}`")
            anew = known.strangers(topic, ids[topic])
            if named and not anew:
                raise NotNow(f"{topic} is the one that was read: there is nothing to write again")
            if anew and not named:
                raise NotNow(f"{topic} was made anew as well: name it, too, or what waits for it is published first")

    async def _refuse_if_not_whole(self, tx: AsyncConnection, known: Knowledge) -> None:
        if holes := await own_facts.with_holes(tx):
            raise NotNow(f"access' own table misses records of {', '.join(holes)}: restore it from a backup first")
        counts = await own_facts.counts(tx)
        for topic in self.order.topics:
            kept = counts.get(topic, 0)
            if fault := known.lost(topic, kept) or known.misplaced(topic, kept):
                raise NotNow(f"{fault}. Nothing was written: this is an incident (docs/runbooks/broker-down.md)")
            surplus = known.surplus(topic, kept)
            if surplus and not self.order.repeats:
                raise NotNow(
                    f"{surplus:,} records more were read of {topic} than the {kept:,} that access keeps. A relay that "
                    "was killed says its last records twice: then --with-repeats. But was access' database restored "
                    "from a backup since, they are lost, and this is an incident"
                )

    async def _queue(self, engine: AsyncEngine) -> None:
        """Put what a topic lacks into the outbox, in the place of what waits there for it.

        No record twice: a repeat would move all that follow, and readers' offsets would lie before them.
        """
        async with engine.connect() as facts, engine.begin() as tx:
            # Another process' decision would come before its own past.
            await tx.execute(text("LOCK TABLE outbox IN EXCLUSIVE MODE"))
            for topic in self.order.topics:
                there = self._there(topic)
                await tx.execute(UNQUEUE, {"topic": self.settings.topic(topic)})
                async for values in own_facts.in_order(facts, topic):
                    await self.outbox.append_again(tx, self._lacking(there, values))

    def _there(self, topic: str) -> Standing:
        standing = Standing()
        for record in read_to_end(self.settings, topic, self.codec):
            if isinstance(record, Received):
                standing.take(record)
        return standing

    def _lacking(self, there: Standing, values: Iterable[bytes]) -> Iterator[tuple[bytes, str]]:
        for value in values:
            record = self.codec.decode(value)
            if not there.has(record):
                yield value, own_facts.key_of(record)

    async def _publish(self, engine: AsyncEngine) -> None:
        """Let a relay of access' own empty its outbox."""
        stop = Event()
        relay = asyncio.create_task(asyncio.to_thread(Relay(self.settings, SERVICE).run, stop, lambda: None))
        try:
            while (left := await self._waiting(engine)) and not relay.done():
                self.say(f"{left:,} records to publish")
                await asyncio.wait({relay}, timeout=LOOK_S)
        finally:
            stop.set()
            await relay

    async def _waiting(self, engine: AsyncEngine) -> int:
        async with engine.connect() as tx:
            return int((await tx.execute(WAITING)).scalar_one())

    async def _written(self, engine: AsyncEngine, topic: str, known: Knowledge) -> Written:
        standing = await self._proved(engine, topic)
        try:
            more = standing.repeated(known.furthest(topic))
        except LookupError as fault:
            raise NotNow(f"{topic}: {fault}: this is an incident (docs/runbooks/broker-down.md)") from fault
        if more:
            async with engine.begin() as tx:
                await self.outbox.append_again(tx, more)
            await self._publish(engine)
            standing = await self._proved(engine, topic)
        found = topic_ids(self.settings, [topic])[topic]
        services = sorted({consumer.partition(".")[0] for consumer in known.strangers(topic, found)})
        return Written(topic=topic, records=standing.records, repeats=standing.repeats, readers=tuple(services))

    async def _proved(self, engine: AsyncEngine, topic: str) -> Standing:
        """Read a topic back. Raises NotNow if it isn't exactly what access keeps, in the order of each stream."""
        standing = Standing()
        async with engine.connect() as tx:
            for chunk in chunks(read_to_end(self.settings, topic, self.codec)):
                understood = [record for record in chunk if isinstance(record, Received)]
                others = [*await own_facts.strangers(tx, topic, understood)]
                if foreign := [r for r in chunk if isinstance(r, Spoiled)] or others:
                    place = f"{topic}/{foreign[0].partition}/{foreign[0].offset}"
                    raise NotNow(f"{place} is no record that access keeps. {ANEW.format(topic=topic)}")
                for record in understood:
                    standing.take(record)
            kept = (await own_facts.counts(tx)).get(topic, 0)
        if standing.records != kept:
            raise NotNow(
                f"{standing.records:,} of {kept:,} records stand on {topic} in their order. {ANEW.format(topic=topic)}"
            )
        if standing.shifted:
            raise NotNow(f"{topic} has repeats before its last record. {ANEW.format(topic=topic)}")
        return standing

    async def _tell(self, written: Iterable[Written]) -> None:
        for one in written:
            event = ReplayRun(
                service=SERVICE,
                projection=f"topic {one.topic}",
                why=f"{self.order.why} (written again from what access keeps)",
                records=one.records,
                digest_before="",
                digest_after="",
                switched=False,
            )
            await put(self.settings, uuid4(), event, self.order.by)
