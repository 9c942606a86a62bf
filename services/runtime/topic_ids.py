"""Which topic answers to a name. One that was deleted and created anew has another id (KIP-516), and other records.

Its offsets begin again, so numbers can't tell it from the old one: each consumer keeps the id beside its offsets and
goes on only in the topic that it has read (fault 15).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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


def topic_ids(settings: Settings, topics: Iterable[str], beat: Callable[[], None] = lambda: None) -> dict[str, str]:
    """Return the id of each topic (such as ``hold.events``), as Kafka's tools show it; a missing one is left out.

    Raises Unanswered for what doesn't pass, or didn't in time.
    """
    admin, until = AdminClient(dict(settings.client())), monotonic() + WATERMARKS_S
    found: dict[str, str] = {}
    for topic in sorted(topics):
        while (answer := _asked(admin, settings.topic(topic), until)) is None:
            beat()
            sleep(LEADERLESS_S)
        found |= dict(zip((topic,), answer, strict=False))
    return found


def _asked(admin: AdminClient, name: str, until: float) -> list[str] | None:
    """Return the id, nothing for a topic that doesn't exist, None to ask again."""
    (answer,) = admin.describe_topics(TopicCollection([name]), request_timeout=WATERMARKS_S).values()
    try:
        found = answer.result().topic_id
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return []
        if not passes(error.args[0]) or monotonic() > until:
            raise Unanswered(f"{name}: {error}") from error
        return None
    return [_shown(found)]


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


async def meet_before_reading(engine: AsyncEngine, settings: Settings, consumer: str, topics: Iterable[str]) -> None:
    """Meet topics that are read outside a worker. Raises TopicReplaced."""
    ids = topic_ids(settings, topics)
    async with engine.begin() as tx:
        await meet(tx, consumer, ids)
