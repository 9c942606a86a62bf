"""Three clocks that must agree: this host's, the database's, and the broker's. Deletion decides by the database's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta

import asyncpg
from confluent_kafka import Consumer, KafkaException, TopicPartition

from services.cli.operations.doctor.finding import Finding
from services.kernel.topics import TOPICS
from services.runtime.consumer import consumer
from services.runtime.settings import Settings

MARGIN = timedelta(minutes=5)  # decision 2: one margin, stated once
DRIFT = timedelta(seconds=2)
ASK_S = 10.0


async def clock_findings(settings: Settings) -> list[Finding]:
    """Compare this host's clock with the database's, and with the newest record's time at the broker."""
    ahead = await database_offset(settings)
    newest = _newest(settings)
    if newest is not None:
        # A record's time can't lie in the future; how old it is says nothing.
        ahead["broker"] = max(timedelta(), newest - datetime.now(UTC))
    return [*offset_findings(ahead)]


async def database_offset(settings: Settings) -> dict[str, timedelta]:
    """Return how far the database's clock is ahead of this host's; nothing when it doesn't answer."""
    try:
        server = await asyncpg.connect(settings.database, timeout=10)
        try:
            asked = datetime.now(UTC)
            told = await server.fetchval("SELECT clock_timestamp()")
            # The answer was given between question and receipt: half of that is nobody's fault.
            return {"database": told - (asked + (datetime.now(UTC) - asked) / 2)}
        finally:
            await server.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return {}  # Told by the database's own check.


def offset_findings(ahead: Mapping[str, timedelta]) -> Iterator[Finding]:
    """Return what is unsafe about clocks that are so far ahead of this host's."""
    for who, offset in ahead.items():
        if abs(offset) > DRIFT:
            name = "clocks-differ" if abs(offset) > MARGIN else "clocks-drift"
            yield Finding(name=name, where=who, found=f"{offset.total_seconds():+.1f} s from this host")


def _newest(settings: Settings) -> datetime | None:
    try:
        with closing(consumer(settings, "read.doctor")) as asking:
            times = [_last(asking, topic.full_name(settings.topic_prefix)) for topic in TOPICS if topic.events]
    except KafkaException:
        return None  # Told by the broker's own check.
    return max((one for one in times if one is not None), default=None)


def _last(consumer: Consumer, topic: str) -> datetime | None:
    found = consumer.list_topics(topic, timeout=ASK_S).topics.get(topic)
    newest: datetime | None = None
    for partition in found.partitions if found is not None and found.error is None else ():
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ASK_S)
        if high <= low:
            continue
        consumer.assign([TopicPartition(topic, partition, high - 1)])
        message = consumer.poll(ASK_S)
        if message is not None and message.error() is None:
            _, millis = message.timestamp()
            newest = max(filter(None, (newest, datetime.fromtimestamp(millis / 1000, UTC))))
    return newest
