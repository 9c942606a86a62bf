"""Topics are created as the kernel names them, or found to be exactly so. Never deleted, never altered.

One that was read before and is gone isn't created, either: it would be empty, and look like a log that says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from time import monotonic, sleep

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from services.kernel.topics import TOPICS, Topic
from services.runtime.consumer import LIBRARY
from services.runtime.logs import logger
from services.runtime.settings import Settings
from services.runtime.topics_read import Readers

ASK_S = 30.0
# History is never erased: not by time, not by size, not by compaction.
CONFIGS = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
SAFE_REPLICAS = 3


class TopicsDiffer(RuntimeError):
    """A topic exists in another shape; each line names it, the setting, what it must be and is, and the remedy."""


class TopicLost(RuntimeError):
    """A topic that was read before doesn't exist any more; each line names it, who has read it, and the remedy."""


def nobody(_settings: Settings) -> Readers:
    """Return that nothing was ever read: an installation without tables."""
    return {}


def configs(replication: int) -> dict[str, str]:
    """Return the settings of every topic; with three replicas a write must reach two."""
    durable = {"min.insync.replicas": "2"} if replication >= SAFE_REPLICAS else {"min.insync.replicas": "1"}
    return CONFIGS | durable | {"unclean.leader.election.enable": "false"}


def ensure_topics(
    settings: Settings,
    topics: Iterable[Topic] = TOPICS,
    *,
    readers: Callable[[Settings], Readers] = nobody,
    accepted: Collection[str] = (),
) -> list[str]:
    """Create the topics that are missing, check the others, and return the names of the new ones.

    ``readers`` tells who has read which topic; ``accepted`` names those (such as ``hold.events``) whose loss a person
    accepts. Raises TopicLost, before anything is created, for another one that was read.
    Raises TopicsDiffer when a topic has another number of partitions, too few replicas, or a setting that could lose
    records. What exists is never altered: which of two installations is right is for a person to say.
    """
    admin = AdminClient(dict(settings.client()), logger=LIBRARY)
    wanted = {t.full_name(settings.topic_prefix): t for t in topics}
    there = admin.list_topics(timeout=ASK_S).topics
    new = [name for name in wanted if name not in there]
    if new:
        _refuse_lost([wanted[name] for name in new], readers(settings), accepted)
        _create(admin, [_new_topic(name, wanted[name], settings) for name in new])
        _await_leaders(admin, new)
    old = [name for name in wanted if name in there]
    faults = [fault for name in old for fault in _shape_faults(name, wanted[name], there[name], settings.replication)]
    faults += _config_faults(admin, old, configs(settings.replication))
    if faults:
        raise TopicsDiffer("\n".join(faults))
    return new


def _refuse_lost(new: Iterable[Topic], read: Readers, accepted: Collection[str]) -> None:
    lost = [topic for topic in new if topic.name in read]
    if faults := [_lost(topic.name, ", ".join(read[topic.name])) for topic in lost if topic.name not in accepted]:
        raise TopicLost("\n".join(faults))
    for topic in lost:
        logger().warning("topic.loss_accepted", topic=topic.name, read_by=list(read[topic.name]))


def _lost(name: str, consumers: str) -> str:
    return (
        f"topic {name} doesn't exist, and {consumers} read it before: made anew it would be empty. Remedy: bring the "
        "brokers' disks or the topic back (docs/runbooks/broker-down.md), and check CAMLEDGER_KAFKA and "
        "CAMLEDGER_TOPIC_PREFIX; only where that can't be: camledger migrate --accept-lost-topic "
        f"{name}, and what of its records is kept is written again as that page tells"
    )


def _new_topic(name: str, topic: Topic, settings: Settings) -> NewTopic:
    return NewTopic(
        name,
        num_partitions=topic.partitions,
        replication_factor=settings.replication,
        config=configs(settings.replication),
    )


def _create(admin: AdminClient, new: list[NewTopic]) -> None:
    for future in admin.create_topics(new, operation_timeout=ASK_S).values():
        try:
            future.result(ASK_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _await_leaders(admin: AdminClient, names: list[str]) -> None:
    until = monotonic() + ASK_S
    while monotonic() < until:
        known = admin.list_topics(timeout=ASK_S).topics
        if all(name in known and _led(known[name]) for name in names):
            return
        sleep(0.05)
    raise TopicsDiffer(f"no leader for {', '.join(names)} within {ASK_S:.0f} s")


def _led(found: object) -> bool:
    partitions = getattr(found, "partitions", {})
    return bool(partitions) and all(partition.leader >= 0 for partition in partitions.values())


def _shape_faults(name: str, topic: Topic, found: object, replication: int) -> list[str]:
    partitions = getattr(found, "partitions", {})
    replicas = min((len(one.replicas) for one in partitions.values()), default=0)
    faults = []
    if len(partitions) != topic.partitions:
        # Neither can be repaired in place: with more partitions keys move, and fewer are not possible at all.
        remedy = "choose another CAMLEDGER_TOPIC_PREFIX, or remove the topic if nobody's records are on it"
        faults.append(_fault(name, "partitions", str(topic.partitions), str(len(partitions)), remedy))
    if replicas < replication:
        remedy = "kafka-reassign-partitions.sh --execute with a plan for this topic"
        faults.append(_fault(name, "replicas", str(replication), str(replicas), remedy))
    return faults


def _config_faults(admin: AdminClient, names: list[str], needed: dict[str, str]) -> list[str]:
    if not names:
        return []
    faults: list[str] = []
    for resource, future in admin.describe_configs([ConfigResource(ResourceType.TOPIC, n) for n in names]).items():
        have = {key: entry.value for key, entry in future.result(ASK_S).items()}
        alter = f"kafka-configs.sh --alter --entity-type topics --entity-name {resource.name} --add-config"
        faults += [
            _fault(resource.name, key, value, str(have.get(key)), f"{alter} {key}={value}")
            for key, value in needed.items()
            if have.get(key) != value
        ]
    return sorted(faults)


def _fault(name: str, setting: str, wanted: str, found: str, remedy: str) -> str:
    return f"topic {name}: {setting} must be {wanted} and is {found}. Remedy: {remedy}"
