"""Which topic answers to a name. One that was deleted and created anew has another id (KIP-516), and other records.

Its offsets begin again, so numbers can't tell it from the old one: each consumer keeps the id beside its offsets and
goes on only in the topic that it has read (fault 15).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from time import monotonic, sleep

from confluent_kafka import KafkaError, KafkaException, TopicCollection, Uuid
from confluent_kafka.admin import AdminClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.runtime.consumer import LEADERLESS_S, WATERMARKS_S, Unanswered, passes
from services.runtime.logs import logger
from services.runtime.settings import Settings

NONE = ""
"""The id of a topic on a broker that gives none."""

NIL = "A" * 22
SILENT = 0  # of librdkafka's log levels, which are syslog's

# DO UPDATE, because only then it returns the row that was there; an id once known is never written over.
MEET = text("""
    INSERT INTO consumer_topic AS c (consumer, topic, topic_id) VALUES (:consumer, :topic, :topic_id)
    ON CONFLICT (consumer, topic) DO UPDATE
    SET topic_id = CASE WHEN c.topic_id = '' THEN excluded.topic_id ELSE c.topic_id END
    RETURNING topic_id""")


class TopicReplaced(RuntimeError):
    """The topic isn't the one that this consumer has read: it was made anew, or this is another broker."""

    def __init__(self, consumer: str, topic: str, read: str, found: str) -> None:
        service = consumer.partition(".")[0]
        super().__init__(
            f"topic {topic} has the id {found or 'of none'} and {consumer} has read {read}: it was deleted and created "
            "anew, or this is another broker, and what our offsets count is not in it. Remedy: bring the old topic "
            f"back; or, if this one is right, stop {service} and make its tables from it: `camledger replay plan "
            f"{service}`, then `camledger replay apply`"
        )


def topic_ids(
    settings: Settings, topics: Iterable[str], beat: Callable[[], None] = lambda: None, within_s: float = WATERMARKS_S
) -> dict[str, str]:
    """Return the id of each topic (such as ``hold.events``), as Kafka's tools show it; a missing one is left out.

    Raises Unanswered for what doesn't pass, or didn't in time.
    """
    admin, until = _admin(tuple(settings.client().items())), monotonic() + within_s
    names = {settings.topic(topic): topic for topic in topics}
    found: dict[str, str | None] = {}
    while left := [name for name in sorted(names) if name not in found]:
        found |= _asked(admin, left, until)
        if len(found) < len(names):
            beat()
            sleep(LEADERLESS_S)
    return {names[name]: told for name, told in found.items() if told is not None}


@cache
def _admin(client: tuple[tuple[str, str | int | bool], ...]) -> AdminClient:
    """Return the process' own; a connection for each question would cost more than the question."""
    # It reads nothing: that the broker is away is told once, by whoever reads or writes.
    return AdminClient({**dict(client), "log_level": SILENT})


def _asked(admin: AdminClient, names: list[str], until: float) -> Iterator[tuple[str, str | None]]:
    """Yield names with their ids, None for a topic that doesn't exist; what has to be asked again isn't among them."""
    answers = admin.describe_topics(TopicCollection(names), request_timeout=WATERMARKS_S)
    for name in names:
        try:
            yield name, _shown(answers[name].result().topic_id)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                yield name, None
            elif not passes(error.args[0]) or monotonic() > until:
                raise Unanswered(f"{name}: {error}") from error


def _shown(found: Uuid) -> str:
    """Return an id as Kafka's tools show it; the client library writes it in another alphabet."""
    shown = str(found).replace("+", "-").replace("/", "_")
    return NONE if shown == NIL else shown


async def meet(tx: AsyncConnection, consumer: str, ids: Mapping[str, str]) -> None:
    """Remember the topics that ``consumer`` meets for the first time. Raises TopicReplaced for one that is another."""
    for topic, found in sorted(ids.items()):
        row = {"consumer": consumer, "topic": topic, "topic_id": found}
        read = (await tx.execute(MEET, row)).scalar_one()
        if read != found:
            raise TopicReplaced(consumer, topic, read, found)
        if found == NONE:
            logger().warning("topic.without_id", consumer=consumer, topic=topic)


def unchanged(consumer: str, met: Mapping[str, str], found: Mapping[str, str]) -> None:
    """Raise TopicReplaced if a topic has another id than when it was met, or is no more."""
    for topic, read in sorted(met.items()):
        if found.get(topic, NONE) != read:
            raise TopicReplaced(consumer, topic, read, found.get(topic, NONE))


async def meet_before_reading(engine: AsyncEngine, settings: Settings, consumer: str, topics: Iterable[str]) -> None:
    """Meet topics that are read outside a worker. Raises TopicReplaced."""
    ids = topic_ids(settings, topics)
    async with engine.begin() as tx:
        await meet(tx, consumer, ids)
