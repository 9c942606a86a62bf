"""A topic that exists with other settings than ours is refused by name, on the real broker, and left as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType
from typer.testing import CliRunner

from services.cli.application import app
from services.kernel.topics import BY_NAME
from services.runtime import database
from services.runtime.migrate import migrate
from services.runtime.settings import Settings
from services.runtime.topic_ids import Met, Question, TopicReplaced, meet, rest, topic_ids
from services.runtime.topics_admin import TopicLost, TopicsDiffer, configs, ensure_topics
from services.runtime.topics_read import readers
from tests.conftest import Addresses, Broker
from tests.fakes.ledger_world import until

HOLDS = BY_NAME["hold.events"]


def made(kafka: Broker, changed: Mapping[str, str], partitions: int = 1) -> tuple[Settings, str]:
    """Create hold.events with other settings; return ours and the topic's name."""
    settings = Settings(service="access", kafka=kafka.bootstrap_servers, topic_prefix=kafka.prefix)
    name = HOLDS.full_name(kafka.prefix)
    new = NewTopic(name, num_partitions=partitions, replication_factor=1, config=configs(1) | dict(changed))
    admin = AdminClient(dict(settings.client()))
    admin.create_topics([new])[name].result(30)
    until(lambda: has(settings, name, changed))
    return settings, name


def has(settings: Settings, name: str, changed: Mapping[str, str]) -> bool:
    try:
        return changed.items() <= settings_of(settings, name).items()
    except KafkaException:  # the broker knows of a topic a moment later than the controller
        return False


def settings_of(settings: Settings, name: str) -> dict[str, str]:
    admin = AdminClient(dict(settings.client()))
    (future,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)]).values()
    return {key: entry.value for key, entry in future.result(30).items()}


@pytest.mark.parametrize(
    ("setting", "wanted", "found"),
    [
        ("retention.ms", "-1", "604800000"),
        ("retention.bytes", "-1", "1073741824"),
        ("cleanup.policy", "delete", "compact"),
        ("unclean.leader.election.enable", "false", "true"),
    ],
)
def test_a_topic_that_could_lose_records_is_refused_with_setting_values_and_remedy(
    kafka: Broker, setting: str, wanted: str, found: str
) -> None:
    settings, name = made(kafka, {setting: found})
    with pytest.raises(TopicsDiffer) as refused:
        ensure_topics(settings, [HOLDS])
    alter = f"kafka-configs.sh --alter --entity-type topics --entity-name {name} --add-config {setting}={wanted}"
    assert str(refused.value) == f"topic {name}: {setting} must be {wanted} and is {found}. Remedy: {alter}"
    assert settings_of(settings, name)[setting] == found


def test_a_log_with_more_partitions_than_its_order_bears_is_refused(kafka: Broker) -> None:
    settings, name = made(kafka, {}, partitions=3)
    with pytest.raises(TopicsDiffer, match=rf"topic {name}: partitions must be 1 and is 3\. Remedy: "):
        ensure_topics(settings, [HOLDS])


def test_a_topic_with_fewer_replicas_than_asked_for_is_refused(kafka: Broker) -> None:
    settings, name = made(kafka, {"min.insync.replicas": "2"})
    with pytest.raises(TopicsDiffer, match=rf"^topic {name}: replicas must be 3 and is 1\. Remedy: kafka-reassign"):
        ensure_topics(settings.model_copy(update={"replication": 3}), [HOLDS])


def test_migrate_tells_every_difference_and_ends_refused(
    kafka: Broker, stack: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, name = made(kafka, {"retention.ms": "1000"}, partitions=2)
    for variable, value in {
        "KAFKA": kafka.bootstrap_servers,
        "TOPIC_PREFIX": kafka.prefix,
        "DATABASE": stack.dsn,
        "DATABASE_PREFIX": f"{kafka.prefix.rstrip('.')}_",
    }.items():
        monkeypatch.setenv(f"CAMLEDGER_{variable}", value)
    told = CliRunner().invoke(app, ["migrate", "analytics"])
    assert told.exit_code == 1
    words = " ".join(told.stderr.split())
    assert f"topic {name}: partitions must be 1 and is 2" in words
    assert f"topic {name}: retention.ms must be -1 and is 1000" in words


class From(NamedTuple):
    """A record, as far as it says where it comes from."""

    name: str

    def topic(self) -> str:
        return self.name


def test_records_are_taken_only_while_their_topic_has_the_id_that_was_met(kafka: Broker) -> None:
    settings, name = made(kafka, {})
    met = Met("access.log", settings)
    met.add(topic_ids(settings, [HOLDS.name]))
    for _ in range(2):
        question = met.question([From(name)])  # type: ignore[list-item]
        assert list(question.topics) == [HOLDS.name], "the protection log is asked about each time"
        met.confirm(question, lambda: None)
    met.add({HOLDS.name: "x" * 22})
    with pytest.raises(TopicReplaced, match=r"access\.log has read x{22}"):
        met.confirm(met.question([From(name)]), lambda: None)  # type: ignore[list-item]


def test_a_question_is_answered_though_its_connection_is_given_back_meanwhile(kafka: Broker) -> None:
    settings, _ = made(kafka, {})
    rest()
    question = Question(settings, [HOLDS.name])
    rest()
    with ThreadPoolExecutor(1) as waiting:
        assert list(waiting.submit(question.answer).result(30)) == [HOLDS.name]


@pytest.fixture
def read_before(kafka: Broker, stack: Addresses, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation without hold.events, whose analytics has read it."""
    for variable, value in {
        "KAFKA": kafka.bootstrap_servers,
        "TOPIC_PREFIX": kafka.prefix,
        "DATABASE": stack.dsn,
        "DATABASE_PREFIX": f"{kafka.prefix.rstrip('.')}_",
    }.items():
        monkeypatch.setenv(f"CAMLEDGER_{variable}", value)
    settings = Settings(service="analytics")
    migrate(settings, "analytics")
    asyncio.run(_met(settings))
    return settings


async def _met(settings: Settings) -> None:
    engine = database.engine(settings, "analytics", pool=1)
    async with engine.begin() as tx:
        await meet(tx, "analytics.log", {HOLDS.name: "x" * 22})
    await engine.dispose()


def test_a_topic_that_was_read_before_is_not_made_anew_empty(read_before: Settings) -> None:
    other = BY_NAME["camera.events"]
    with pytest.raises(
        TopicLost, match=r"^topic hold\.events doesn't exist, and analytics\.log read it before"
    ) as lost:
        ensure_topics(read_before, [HOLDS, other], readers=readers)
    assert "--accept-lost-topic hold.events" in str(lost.value)
    assert not {t.full_name(read_before.topic_prefix) for t in (HOLDS, other)} & topics_of(read_before)
    assert ensure_topics(read_before, [other], readers=readers) == [other.full_name(read_before.topic_prefix)]


def test_migrate_refuses_a_lost_topic_until_its_loss_is_accepted_and_logs_that(
    read_before: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    refused = CliRunner().invoke(app, ["migrate", "analytics"])
    assert refused.exit_code == 1
    assert "topic hold.events doesn't exist, and analytics.log read it before" in " ".join(refused.stderr.split())
    assert HOLDS.full_name(read_before.topic_prefix) not in topics_of(read_before)
    told = CliRunner().invoke(app, ["migrate", "analytics", "--accept-lost-topic", "hold.events"])
    assert told.exit_code == 0
    assert "topic.loss_accepted" in told.output + "".join(capfd.readouterr())
    assert HOLDS.full_name(read_before.topic_prefix) in topics_of(read_before)


def topics_of(settings: Settings) -> set[str]:
    return set(AdminClient(dict(settings.client())).list_topics(timeout=30).topics)
