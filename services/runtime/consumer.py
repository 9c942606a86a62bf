"""How our consumers and producers talk to Kafka, and which of its errors pass by themselves."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic, sleep

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from services.runtime.settings import Settings

CONSUMER: dict[str, str | int | bool] = {
    "group.protocol": "consumer",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    # An offset that no longer exists is an alarm, not a reason to begin somewhere else.
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "fetch.wait.max.ms": 100,
    "max.poll.interval.ms": 300_000,
    "reconnect.backoff.max.ms": 1000,
    "queued.max.messages.kbytes": 16_384,
    "queued.min.messages": 20_000,
}

PRODUCER: dict[str, str | int | bool] = {
    "enable.idempotence": True,
    "acks": "all",
    "compression.type": "zstd",
    # At its usual level zstd takes more time for a few small records than everything else in the producer.
    "compression.level": 1,
    # Enough to make batches of what is waiting; more would only delay the reports that the relay waits for.
    "linger.ms": 5,
    "delivery.timeout.ms": 300_000,
    "reconnect.backoff.max.ms": 1000,
    # The same key goes to the same partition as with the Java clients.
    "partitioner": "murmur2_random",
    "queue.buffering.max.messages": 20_000,
}

WATERMARKS_S = 15.0
LEADERLESS_S = 0.2

# The library's own lines, in the form of all others.
LIBRARY = logging.getLogger("librdkafka")

PASSING = frozenset(
    {
        KafkaError._TRANSPORT,  # noqa: SLF001 - librdkafka's own codes begin with an underscore
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError._DESTROY_BROKER,  # noqa: SLF001 - the broker's address has changed or it is gone; others are asked
        KafkaError._RESOLVE,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError._WAIT_COORD,  # noqa: SLF001
        KafkaError._NODE_UPDATE,  # noqa: SLF001
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
    }
)


def consumer_settings(settings: Settings, group: str) -> dict[str, str | int | bool]:
    """Return the settings of a consumer in ``group``; the prefix keeps installations on one broker apart."""
    return settings.client(**CONSUMER | {"group.id": f"{settings.topic_prefix}{group}"})


def producer_settings(settings: Settings) -> dict[str, str | int | bool]:
    """Return the settings of a producer that keeps order and repeats nothing by itself."""
    return settings.client(**PRODUCER)


def consumer(settings: Settings, group: str) -> Consumer:
    """Return a consumer with ``consumer_settings``."""
    return Consumer(dict(consumer_settings(settings, group)), logger=LIBRARY)


def producer(settings: Settings) -> Producer:
    """Return a producer with ``producer_settings``."""
    return Producer(dict(producer_settings(settings)), logger=LIBRARY)


def is_record(message: Message) -> bool:
    """Tell whether ``message`` is a record; False for an error that passes, raises KafkaException for any other.

    A fatal error arrives as a message, too, and must not be taken for an idle broker.
    """
    error = message.error()
    if error is None:
        return True
    if passes(error):
        return False
    raise KafkaException(error)


def passes(error: KafkaError) -> bool:
    """Tell whether an error passes by itself: a broker that is away, a partition whose leader just moved."""
    return not error.fatal() and (error.retriable() or error.code() in PASSING)


class Unanswered(RuntimeError):
    """The broker didn't say where a partition begins and ends."""


def watermarks(
    source: Consumer, partition: TopicPartition, beat: Callable[[], None], within_s: float = WATERMARKS_S
) -> tuple[int, int]:
    """Return where a partition begins and ends; ask again while it has no leader, for a worker is just assigned it.

    Raises Unanswered for what doesn't pass, or didn't in time: a KafkaException would leave the callback of a consumer
    as an object that is no exception, and that nobody catches.
    """
    until = monotonic() + within_s
    while True:
        try:
            return _asked(source, partition, within_s)
        except KafkaException as error:
            if not passes(error.args[0]) or monotonic() > until:
                raise Unanswered(f"{partition.topic}/{partition.partition}: {error.args[0].str()}") from error
        beat()
        sleep(LEADERLESS_S)


def _asked(source: Consumer, partition: TopicPartition, within_s: float) -> tuple[int, int]:
    found = source.get_watermark_offsets(partition, timeout=within_s)
    if found is None:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001 - librdkafka's own code
    return found
