"""How our consumers and producers talk to Kafka, and which of its errors pass by themselves."""

from __future__ import annotations

import logging

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer

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
    # Enough to make batches of what is waiting; more would only delay the reports that the relay waits for.
    "linger.ms": 5,
    "delivery.timeout.ms": 300_000,
    "reconnect.backoff.max.ms": 1000,
    # The same key goes to the same partition as with the Java clients.
    "partitioner": "murmur2_random",
    "queue.buffering.max.messages": 20_000,
}

# The library's own lines, in the form of all others.
LIBRARY = logging.getLogger("librdkafka")

PASSING = frozenset(
    {
        KafkaError._TRANSPORT,  # noqa: SLF001 - librdkafka's own codes begin with an underscore
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError._RESOLVE,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError._WAIT_COORD,  # noqa: SLF001
        KafkaError._NODE_UPDATE,  # noqa: SLF001
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
    if not error.fatal() and (error.retriable() or error.code() in PASSING):
        return False
    raise KafkaException(error)
