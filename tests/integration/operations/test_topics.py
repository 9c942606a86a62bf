"""A topic that exists with other settings than ours is refused by name, on the real broker, and left as it is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType
from typer.testing import CliRunner

from services.cli.application import app
from services.kernel.topics import BY_NAME
from services.runtime.settings import Settings
from services.runtime.topics_admin import TopicsDiffer, configs, ensure_topics
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
    # The broker answers a moment later than the controller.
    until(lambda: changed.items() <= settings_of(settings, name).items())
    return settings, name


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
