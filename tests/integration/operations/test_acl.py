"""The access control list that we generate, on a broker that enforces it: each can do its work and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from services.cli.operations.doctor.broker import broker_findings
from services.cli.operations.replay.active import active_groups
from services.kernel.topics import BY_NAME, SERVICES, TOPICS, Topic
from services.runtime.acl import principal_of
from services.runtime.consumer import consumer, is_record, producer
from services.runtime.settings import Settings
from services.runtime.topics_admin import ensure_topics
from tests.integration.operations.secured import SecuredBroker

PREFIX = "camledger."
EVENTS = [topic for topic in TOPICS if topic.events]
DENIED = {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED}
PRINCIPALS = [*map(principal_of, (*SERVICES, "migration", "replay")), "agency-harbour", "stranger"]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    """The broker with our list applied, every topic made by the migration's own principal, a record on each."""
    broker = SecuredBroker(tmp_path_factory.mktemp("secured"), PRINCIPALS)
    try:
        broker.start()
        broker.wait_ready()
        broker.allow(PREFIX, ["harbour"])
        ensure_topics(broker.settings("camledger-migration"))
        for topic in TOPICS:
            write(broker.settings(principal_of(topic.writer)), topic)
        yield broker
    finally:
        broker.stop()


def write(settings: Settings, *topics: Topic, plain: bool = False) -> dict[str, int | None]:
    """Write one record to each topic, as a relay does or with a plain producer; return the errors' codes by topic."""
    told: dict[str, int | None] = {}

    def heard(error: KafkaError | None, message: Message) -> None:
        told[settings.short_topic(str(message.topic()))] = None if error is None else int(error.code())

    # A forger wouldn't ask for an idempotent producer, which the broker refuses before it looks at the topic.
    source = Producer(settings.client()) if plain else producer(settings)
    for topic in topics:
        source.produce(topic.full_name(), b"record", on_delivery=heard)
    assert source.flush(30) == 0
    return told


def forge(settings: Settings, *topics: Topic) -> set[int | None]:
    """Try to write to topics that are somebody else's; return what came of it."""
    told = write(settings, *topics, plain=True)
    assert told.keys() == {topic.name for topic in topics}
    return set(told.values())


def read(settings: Settings, topic: str) -> int | None:
    """Read a topic's first record without a group; return the error's code, None when it came."""
    with closing(consumer(settings, "read.x")) as source:
        parts = BY_NAME[topic.removeprefix(PREFIX).removesuffix(".v1")].partitions
        source.assign([TopicPartition(topic, part, OFFSET_BEGINNING) for part in range(parts)])
        message = source.poll(20)
        assert message is not None, f"nothing came from {topic}"
        error = message.error()
        return None if error is None else int(error.code())


def join(settings: Settings, group: str, topics: list[str]) -> int | None:
    """Work in a group until a record of every topic came and was committed; return the error's code if refused."""
    source = consumer(settings, group)
    try:
        source.subscribe(topics, on_assign=_from_the_start)
        left = set(topics)
        while left:
            message = source.poll(20)
            assert message is not None, f"nothing more came; {left} is missing"
            if is_record(message):
                left.discard(str(message.topic()))
        source.commit(offsets=source.position(source.assignment()), asynchronous=False)
    except KafkaException as refused:
        return int(refused.args[0].code())
    finally:
        source.close()
    return None


def _from_the_start(source: Consumer, parts: list[TopicPartition]) -> None:
    source.incremental_assign([TopicPartition(part.topic, part.partition, OFFSET_BEGINNING) for part in parts])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_every_event_in_its_group_and_writes_its_own_topics_alone(
    secured: SecuredBroker, service: str
) -> None:
    settings = secured.settings(principal_of(service))
    own = [topic for topic in TOPICS if topic.writer == service]
    assert write(settings, *own) == dict.fromkeys(topic.name for topic in own)
    assert join(settings, f"{service}.log", [topic.full_name() for topic in EVENTS]) is None
    others = [topic for topic in TOPICS if topic.writer != service]
    assert forge(settings, *others) == {KafkaError.TOPIC_AUTHORIZATION_FAILED}


def test_retention_may_not_write_what_protects_from_it(secured: SecuredBroker) -> None:
    retention = secured.settings("camledger-retention")
    assert forge(retention, BY_NAME["hold.events"]) == {KafkaError.TOPIC_AUTHORIZATION_FAILED}
    assert forge(retention, BY_NAME["custody.events"]) == {KafkaError.TOPIC_AUTHORIZATION_FAILED}
    assert write(retention, BY_NAME["deletion.commands"]) == {"deletion.commands": None}


def test_a_service_may_not_work_in_the_group_of_another(secured: SecuredBroker) -> None:
    retention = secured.settings("camledger-retention")
    assert join(retention, "ingest.protection", [BY_NAME["hold.events"].full_name()]) in DENIED


def test_an_agency_reads_the_audit_log_in_a_group_of_its_own_and_nothing_else(secured: SecuredBroker) -> None:
    agency, log = secured.settings("agency-harbour"), BY_NAME["audit.log"].full_name()
    own_group = agency.model_copy(update={"topic_prefix": "agency-harbour."})
    assert join(own_group, "auditors", [log]) is None
    assert forge(agency, *TOPICS) == {KafkaError.TOPIC_AUTHORIZATION_FAILED}
    seen = AdminClient(dict(agency.client())).list_topics(timeout=20).topics
    assert set(seen) == {log}
    for topic in TOPICS:
        if topic.full_name() != log:
            assert join(own_group, "auditors", [topic.full_name()]) in DENIED


def test_nobody_without_a_line_of_the_list_sees_anything(secured: SecuredBroker) -> None:
    stranger = secured.settings("stranger")
    assert AdminClient(dict(stranger.client())).list_topics(timeout=20).topics == {}
    assert forge(stranger, *TOPICS) == {KafkaError.TOPIC_AUTHORIZATION_FAILED}


def test_a_replay_reads_every_event_and_writes_no_topic(secured: SecuredBroker) -> None:
    settings = secured.settings("camledger-replay")
    assert {topic.name: read(settings, topic.full_name()) for topic in EVENTS} == dict.fromkeys(t.name for t in EVENTS)
    assert forge(settings, *TOPICS) == {KafkaError.TOPIC_AUTHORIZATION_FAILED}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_ask_what_is_asked_before_its_start(secured: SecuredBroker, service: str) -> None:
    seen = [topic for topic in TOPICS if topic.events or topic.writer == service]
    found = broker_findings(secured.settings(principal_of(service)), embedded=False, topics=seen, brokers=False)
    assert {one.name for one in found} == {"few-replicas", "weak-acknowledgement"}
    assert {one.where for one in found} == {topic.full_name() for topic in seen}


def test_the_doctor_asks_everything_as_the_principal_of_replays(secured: SecuredBroker) -> None:
    found = broker_findings(secured.settings("camledger-replay"), embedded=True)
    assert {one.name for one in found} == set()
    assert active_groups(secured.settings("camledger-replay"), "retention") == []


def test_migrating_again_finds_every_topic_as_it_should_be(secured: SecuredBroker) -> None:
    assert ensure_topics(secured.settings("camledger-migration")) == []
    assert forge(secured.settings("camledger-migration"), *TOPICS) == {KafkaError.TOPIC_AUTHORIZATION_FAILED}
