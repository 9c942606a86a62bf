"""Which topic answers to a name. One that was deleted and created anew has another id (KIP-516), and other records.

Its offsets begin again, so numbers can't tell it from the old one: each consumer keeps the id beside its offsets and
goes on only in the topic that it has read (fault 15).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from functools import cache
from math import inf
from time import monotonic, sleep

from confluent_kafka import KafkaError, KafkaException, Message, TopicCollection, Uuid
from confluent_kafka.admin import AdminClient, TopicDescription
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.runtime.codec import LOG_TOPIC
from services.runtime.consumer import LEADERLESS_S, WATERMARKS_S, Unanswered, passes
from services.runtime.logs import logger
from services.runtime.settings import Settings

NONE = ""
"""The id of a topic on a broker that gives none."""

NIL = "A" * 22
CONFIRMED_S = 1.0
SILENT = 0  # of librdkafka's log levels, which are syslog's

# DO UPDATE, because only then it returns the row that was there; an id once known is never written over.
MEET = text("""
    INSERT INTO consumer_topic AS c (consumer, topic, topic_id) VALUES (:consumer, :topic, :topic_id)
    ON CONFLICT (consumer, topic) DO UPDATE
    SET topic_id = CASE WHEN c.topic_id = '' THEN excluded.topic_id ELSE c.topic_id END
    RETURNING topic_id""")


Answers = Mapping[str, Future[TopicDescription]]


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


class Question:
    """Which ids these topics (such as ``hold.events``) have: asked at once, and answered when it is waited for."""

    def __init__(self, settings: Settings, topics: Iterable[str]) -> None:
        self._client = tuple(settings.client().items())
        self._admin: AdminClient | None = None
        self._topics = {settings.topic(topic): topic for topic in topics}
        self._asked = self._ask(self._topics)

    def answer(self, beat: Callable[[], None] = lambda: None, within_s: float = WATERMARKS_S) -> dict[str, str]:
        """Return the id of each topic, as Kafka's tools show it; a missing one is left out.

        Raises Unanswered for what doesn't pass, or didn't in time.
        """
        until = monotonic() + within_s
        found = dict(_told(self._asked, until))
        while left := self._topics.keys() - found:
            beat()
            sleep(LEADERLESS_S)
            found |= _told(self._ask(left), until)
        return {self._topics[name]: told for name, told in found.items() if told is not None}

    @property
    def topics(self) -> Collection[str]:
        """What was asked about."""
        return self._topics.values()

    def _ask(self, names: Iterable[str]) -> Answers:
        if not (wanted := sorted(names)):
            return {}
        # Kept until it is answered: a client that somebody else gives back answers nobody.
        self._admin = _admin(self._client)
        return self._admin.describe_topics(TopicCollection(wanted), request_timeout=WATERMARKS_S)


def topic_ids(settings: Settings, topics: Iterable[str], beat: Callable[[], None] = lambda: None) -> dict[str, str]:
    """Return what ``Question`` answers."""
    return Question(settings, topics).answer(beat)


@cache
def _admin(client: tuple[tuple[str, str | int | bool], ...]) -> AdminClient:
    """Return the process' own; a connection for each question would cost more than the question."""
    # It reads nothing: that the broker is away is told once, by whoever reads or writes.
    return AdminClient({**dict(client), "log_level": SILENT})


def rest() -> None:
    """Give the connection back that questions go over; the next one makes another."""
    _admin.cache_clear()


def _told(answers: Answers, until: float) -> Iterator[tuple[str, str | None]]:
    """Yield names with their ids, None for a topic that doesn't exist; what has to be asked again isn't among them."""
    for name, answer in answers.items():
        try:
            yield name, _shown(answer.result().topic_id)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                yield name, None
            elif not passes(error.args[0]) or monotonic() > until:
                raise Unanswered(f"{name}: {error.args[0].str()}") from error


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


class Met:
    """The topics that a worker has met, and when each of them was the same for the last time.

    librdkafka goes on at its number in a topic that was made anew and has grown past it. An answer that is asked for
    when records are here tells that they are the topic's own. The protection log is asked about with every batch, as a
    deletion follows from what is on it; any other one once in ``CONFIRMED_S``, as each question is work for the broker
    and what its records leave in the tables has to be made anew in any case.
    """

    def __init__(self, consumer: str, settings: Settings) -> None:
        self._consumer = consumer
        self._settings = settings
        self._ids: dict[str, str] = {}
        self._confirmed_at: dict[str, float] = {}

    def add(self, ids: Mapping[str, str]) -> None:
        """Remember topics that ``meet`` let pass; the broker gives no id to those that can't be told apart."""
        self._ids |= {topic: found for topic, found in ids.items() if found != NONE}

    def question(self, messages: Iterable[Message]) -> Question:
        """Ask about the topics that these come from, as far as it is time to."""
        names = {name for message in messages if (name := message.topic())}
        return Question(self._settings, filter(self._is_due, map(self._settings.short_topic, names)))

    def confirm(self, question: Question, beat: Callable[[], None]) -> None:
        """Take the answer, and wait for it as long as the broker is away.

        Raises TopicReplaced if a topic has another id than when it was met, or is no more, Unanswered for what doesn't
        pass.
        """
        found = question.answer(beat, inf)
        for topic in sorted(question.topics):
            if (now := found.get(topic, NONE)) != self._ids[topic]:
                raise TopicReplaced(self._consumer, topic, self._ids[topic], now)
        self._confirmed_at |= dict.fromkeys(found, monotonic())

    def _is_due(self, topic: str) -> bool:
        confirmed_at = self._confirmed_at.get(topic, -CONFIRMED_S)
        return topic in self._ids and (topic == LOG_TOPIC or monotonic() - confirmed_at > CONFIRMED_S)


async def meet_before_reading(engine: AsyncEngine, settings: Settings, consumer: str, topics: Iterable[str]) -> None:
    """Meet topics that are read outside a worker. Raises TopicReplaced."""
    ids = topic_ids(settings, topics)
    async with engine.begin() as tx:
        await meet(tx, consumer, ids)
