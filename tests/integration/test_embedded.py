"""The session's stack, whoever runs it: topics, group timeouts and databases behave as the services expect."""

import asyncio

import asyncpg
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from tests.conftest import Addresses, Broker


def test_a_record_written_is_a_record_read(kafka: Broker) -> None:
    topic = f"{kafka.prefix}round-trip"
    create(kafka, topic)
    write(kafka, topic, b"segment")
    assert read_one(kafka, topic) == b"segment"


def test_an_unknown_topic_is_refused_and_not_created(kafka: Broker) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    admin.list_topics(f"{kafka.prefix}nobody-made-me", timeout=10)
    assert f"{kafka.prefix}nobody-made-me" not in admin.list_topics(timeout=10).topics


def test_the_embedded_broker_moves_a_killed_workers_partitions_within_seconds(stack: Addresses) -> None:
    admin = AdminClient({"bootstrap.servers": stack.bootstrap_servers})
    broker = ConfigResource(ResourceType.BROKER, "1")
    settings = admin.describe_configs([broker])[broker].result()
    assert int(settings["group.consumer.session.timeout.ms"].value) <= 10_000
    assert int(settings["group.consumer.min.session.timeout.ms"].value) <= 6_000


def test_every_commit_is_on_the_disk_before_its_answer(database: str) -> None:
    names = ("fsync", "full_page_writes", "synchronous_commit")
    assert asyncio.run(shown(database, names)) == ["on", "on", "on"]


def create(kafka: Broker, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])[topic].result()


def write(kafka: Broker, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "acks": "all", "enable.idempotence": True})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def read_one(kafka: Broker, topic: str) -> bytes | None:
    settings = {"group.id": topic, "group.protocol": "consumer", "auto.offset.reset": "earliest"}
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, **settings})
    consumer.subscribe([topic])
    try:
        message = consumer.poll(20)
        return None if message is None else message.value()
    finally:
        consumer.close()


async def shown(dsn: str, names: tuple[str, ...]) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [await connection.fetchval(f"SHOW {name}") for name in names]
    finally:
        await connection.close()
