"""The Kafka shell of a projection: consume, apply, and move the offset in the transaction that writes the rows.

One consumer, one thread, one connection, one event loop. Prototyped and broken on purpose before it was written; the
numbers are printed by ``make faults-runtime``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from threading import Event
from time import monotonic

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime import database, telemetry
from services.runtime.applying import Applying, Handler, OneByOne, OnUndecodable
from services.runtime.aside import Aside
from services.runtime.codec import Codec
from services.runtime.consumer import Unanswered, consumer, is_record, watermarks
from services.runtime.logs import logger
from services.runtime.offsets import Span, claim, start_at, stored
from services.runtime.received import Position, Received, Rejected, Spoiled, understood
from services.runtime.settings import Settings
from services.runtime.topic_ids import Met, TopicReplaced, meet, rest, topic_ids
from services.runtime.transactions import Transactions

__all__ = ["Fenced", "Handler", "Received", "Rejected", "Spoiled", "TopicReplaced", "Truncated", "Worker"]

BATCH_MAX = 1_000
IDLE_S = 0.1
GATHER_S = 0.001  # what arrives this close together goes into one transaction
KAFKA_COMMIT_S = 2.0

Batch = Sequence[Received | Spoiled]
AfterCommit = Callable[[Sequence[Received]], Awaitable[None]]


class Fenced(RuntimeError):
    """The partition moved on without us, or records are missing. Stop; the supervisor starts a clean worker."""


class Truncated(RuntimeError):
    """The log no longer holds the record that comes next: it was cut. A person must look."""


class Worker:
    """A part of a process: reads topics as ``consumer_id`` and hands their records to ``handler``."""

    role = "worker"
    beat_within_s = 60.0

    def __init__(  # noqa: PLR0917 - the six that every worker is given, in the order of the contract
        self,
        consumer_id: str,
        topics: Sequence[str],
        handler: Handler,
        settings: Settings,
        service: str,
        codec: Codec,
        *,
        on_undecodable: OnUndecodable | None = None,
        after_commit: AfterCommit | None = None,
        batch_max: int = BATCH_MAX,
    ) -> None:
        self.name = consumer_id
        self.topics = tuple(topics)
        self.settings = settings
        self.service = service
        self.codec = codec
        self.after_commit = after_commit
        self.batch_max = batch_max
        self.applying = Applying(handler, Aside(consumer_id, service, settings), on_undecodable)

    def run(self, stop: Event, beat: Callable[[], None]) -> None:
        """Read until ``stop``; the batch in hand finishes and the group is left. Raises Fenced, Truncated, ..."""
        with asyncio.Runner() as runner:
            reading = Reading(self, runner, beat)
            try:
                reading.loop(stop)
            finally:
                reading.close()


class Reading:
    """One run of a worker: what it owns at the moment and where it goes on."""

    def __init__(self, worker: Worker, runner: asyncio.Runner, beat: Callable[[], None]) -> None:
        self._worker = worker
        self._runner = runner
        self._beat = beat
        engine = database.engine(worker.settings, worker.service, pool=1, application=worker.name)
        self._transactions = Transactions(engine, worker.name, beat)
        self._consumer = consumer(worker.settings, worker.name)
        self._expected: dict[Position, int] = {}  # only what we own
        self._met = Met(worker.name, worker.settings)
        self._committed_at = 0.0

    def loop(self, stop: Event) -> None:
        """Read until ``stop``."""
        names = [self._worker.settings.topic(topic) for topic in self._worker.topics]
        # Raising in a callback ends the worker: librdkafka would go on from its own offsets.
        self._consumer.subscribe(names, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)
        while not stop.is_set():
            self._beat()
            if messages := self._gathered():
                self._read(messages)
            elif self._transactions.idles():
                self._runner.run(self._transactions.close())
                rest()
            self._tell_kafka()

    def close(self) -> None:
        """Leave the group and give the connection back."""
        self._committed_at = 0.0
        self._tell_kafka()
        with suppress(KafkaException):
            self._consumer.close()
        self._runner.run(self._transactions.close())

    def _gathered(self) -> list[Message]:
        first = self._consumer.poll(IDLE_S)
        return [] if first is None else [first, *self._consumer.consume(self._worker.batch_max - 1, GATHER_S)]

    def _read(self, messages: list[Message]) -> None:
        question = self._met.question(messages)  # answered while the records are being decoded
        if batch := self._checked(messages):
            self._met.confirm(question, self._beat)
            self._take(batch)

    def _checked(self, messages: list[Message]) -> Batch:
        records = [self._understood(message) for message in messages if is_record(message)]
        owned = sorted((r for r in records if r.position in self._expected), key=lambda r: r.position)
        expected = dict(self._expected)
        for record in owned:
            if record.offset != expected[record.position]:
                raise Fenced(f"{record.position}: offset {expected[record.position]} comes next, got {record.offset}")
            expected[record.position] += 1
        return owned

    def _understood(self, message: Message) -> Received | Spoiled:
        return understood(message, self._worker.codec, self._worker.settings)

    def _take(self, batch: Batch) -> None:
        began, spans = monotonic(), self._spans(batch)
        attempt = Attempt(self._worker, batch, spans)
        links = (record.traceparent for record in batch)
        with telemetry.span(f"consume {self._worker.name}", links=links, records=len(batch)):
            self._runner.run(self._commit(attempt))
        self._expected |= {span.position: span.stop for span in spans}
        telemetry.observe("camledger_batch_seconds", monotonic() - began, consumer=self._worker.name)
        for span in spans:
            labels = {"consumer": self._worker.name, "topic": span.position.topic}
            telemetry.count("camledger_records_read_total", span.stop - span.start, **labels)

    async def _commit(self, attempt: Attempt) -> None:
        try:
            await self._transactions.run(attempt.run)
        except OneByOne:
            attempt.careful = True
            await self._transactions.run(attempt.run)
        if self._worker.after_commit is not None:
            await self._worker.after_commit([r for r in attempt.batch if isinstance(r, Received)])

    def _spans(self, batch: Batch) -> list[Span]:
        stops = {record.position: record.offset + 1 for record in batch}
        return [Span(position=at, start=self._expected[at], stop=stop) for at, stop in sorted(stops.items())]

    def _assigned(self, source: Consumer, partitions: list[TopicPartition]) -> None:
        ends = {self._position(p): watermarks(source, p, self._beat) for p in partitions}
        # After the ends: a topic that is made anew between the two questions is then told by its id.
        topics = {position.topic for position in ends}
        ids = topic_ids(self._worker.settings, topics, self._beat)
        if gone := topics - ids.keys():
            raise Unanswered(f"{', '.join(sorted(gone))}: deleted while the partitions were being assigned")
        starts = self._runner.run(self._transactions.run(lambda tx: self._starts(tx, ends, ids)))
        for position, at in starts.items():
            first, end = ends[position]
            if not first <= at <= end:
                raise Truncated(f"{self._worker.name} goes on at {position} {at}, the log holds {first} to {end}")
        self._worker.applying.reassigned()
        self._met.add(ids)
        self._expected |= starts
        logger().info("worker.assigned", consumer=self._worker.name, partitions=len(partitions))
        source.incremental_assign([self._partition(position, at) for position, at in starts.items()])

    async def _starts(
        self, tx: AsyncConnection, ends: Iterable[Position], ids: Mapping[str, str]
    ) -> dict[Position, int]:
        await meet(tx, self._worker.name, ids)
        return await start_at(tx, self._worker.name, ends)

    def _revoked(self, source: Consumer, partitions: list[TopicPartition]) -> None:
        for partition in partitions:
            self._expected.pop(self._position(partition), None)
        logger().info("worker.revoked", consumer=self._worker.name, partitions=len(partitions))
        source.incremental_unassign(partitions)

    def _tell_kafka(self) -> None:
        """Tell Kafka where we are, for lag tools alone: we never start from there."""
        if monotonic() - self._committed_at < KAFKA_COMMIT_S or not self._expected:
            return
        self._committed_at = monotonic()
        at = [self._partition(position, offset) for position, offset in self._expected.items()]
        with suppress(KafkaException):
            self._consumer.commit(offsets=at, asynchronous=True)
            self._measure_lag()

    def _measure_lag(self) -> None:
        behind = dict.fromkeys(self._worker.topics, 0)
        for position, offset in self._expected.items():
            _, end = self._consumer.get_watermark_offsets(self._partition(position, offset), cached=True)
            behind[position.topic] += max(0, end - offset)
        for topic, records in behind.items():
            telemetry.gauge("camledger_lag_records", records, consumer=self._worker.name, topic=topic)

    def _position(self, partition: TopicPartition) -> Position:
        return Position(self._worker.settings.short_topic(partition.topic), partition.partition)

    def _partition(self, position: Position, offset: int) -> TopicPartition:
        return TopicPartition(self._worker.settings.topic(position.topic), position.partition, offset)


class Attempt:
    """One batch on its way into the database, perhaps more than once."""

    def __init__(self, worker: Worker, batch: Batch, spans: list[Span]) -> None:
        self.batch = batch
        self.careful = False
        self._worker = worker
        self._spans = spans
        self._ran = False

    async def run(self, tx: AsyncConnection) -> None:
        """Claim the offsets and apply the batch, or find that a COMMIT whose reply was lost had done so."""
        claimed = await claim(tx, self._worker.name, self._spans)
        if claimed == len(self._spans):
            await self._worker.applying.apply(tx, self.batch, careful=self.careful)
            self._ran = True
            return
        if claimed == 0 and self._ran and await self._is_stored(tx):
            return
        raise Fenced(f"{self._worker.name} no longer owns {[span.position for span in self._spans]}")

    async def _is_stored(self, tx: AsyncConnection) -> bool:
        offsets = await stored(tx, self._worker.name)
        return all(offsets.get(span.position) == span.stop for span in self._spans)
