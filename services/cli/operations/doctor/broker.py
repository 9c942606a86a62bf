"""The broker's settings that could lose history, or make a worker's failure last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from services.cli.operations.doctor.finding import Finding
from services.kernel.topics import TOPICS, Topic
from services.runtime.consumer import LIBRARY
from services.runtime.settings import Settings
from services.runtime.topics_admin import SAFE_REPLICAS

ASK_S = 15.0
FAILOVER_MS_MAX = 15_000
NEVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}


def broker_findings(
    settings: Settings, *, embedded: bool, topics: Sequence[Topic] = TOPICS, brokers: bool = True
) -> list[Finding]:
    """Ask the broker. An embedded one has a single replica on purpose: that is not told."""
    admin = AdminClient(dict(settings.client()), logger=LIBRARY)
    try:
        there = admin.list_topics(timeout=ASK_S)
        names = [topic.full_name(settings.topic_prefix) for topic in topics]
        own = _brokers(admin, list(there.brokers)) if brokers else ()
        return [*_topics(admin, there.topics, names, embedded=embedded), *own]
    except KafkaException as error:
        return [Finding(name="broker-unreachable", where=settings.kafka, found=error.args[0].str())]


def _topics(
    admin: AdminClient, there: Mapping[str, object], names: Sequence[str], *, embedded: bool
) -> Iterator[Finding]:
    yield from (Finding(name="topic-missing", where=name) for name in names if name not in there)
    for name, have in _configs(admin, ResourceType.TOPIC, [name for name in names if name in there]).items():
        yield from topic_findings(name, have, _replicas(there[name]), embedded=embedded)


def topic_findings(name: str, have: Mapping[str, str], replicas: int, *, embedded: bool) -> Iterator[Finding]:
    """Return what is unsafe about one topic with these settings."""
    if not embedded and replicas < SAFE_REPLICAS:
        yield Finding(name="few-replicas", where=name, found=f"{replicas} replicas")
    if not embedded and int(have.get("min.insync.replicas", "1")) < 2:  # noqa: PLR2004 - two brokers must have it
        yield Finding(
            name="weak-acknowledgement", where=name, found=f"min.insync.replicas={have['min.insync.replicas']}"
        )
    if have.get("unclean.leader.election.enable") == "true":
        yield Finding(name="unclean-election", where=name, found="unclean.leader.election.enable=true")
    if wrong := [f"{key}={have.get(key)}" for key, value in NEVER.items() if have.get(key) != value]:
        yield Finding(name="history-expires", where=name, found=", ".join(wrong))


def _brokers(admin: AdminClient, ids: list[int]) -> Iterator[Finding]:
    for number, have in _configs(admin, ResourceType.BROKER, [str(one) for one in ids]).items():
        yield from cluster_findings(f"broker {number}", have)


def cluster_findings(where: str, have: Mapping[str, str]) -> Iterator[Finding]:
    """Return what is unsafe about one broker with these settings."""
    if have.get("auto.create.topics.enable") == "true":
        yield Finding(name="topics-made-by-accident", where=where, found="auto.create.topics.enable=true")
    session = int(have.get("group.consumer.session.timeout.ms", "45000"))
    if session > FAILOVER_MS_MAX:
        yield Finding(name="slow-failover", where=where, found=f"group.consumer.session.timeout.ms={session}")


def _configs(admin: AdminClient, kind: ResourceType, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    # A broker answers for itself alone, so each is asked on its own.
    asked = [admin.describe_configs([ConfigResource(kind, name)], request_timeout=ASK_S) for name in names]
    return {
        resource.name: {key: str(entry.value) for key, entry in future.result(ASK_S).items()}
        for futures in asked
        for resource, future in futures.items()
    }


def _replicas(topic: object) -> int:
    partitions = getattr(topic, "partitions", {}).values()
    return min((len(partition.replicas) for partition in partitions), default=0)
