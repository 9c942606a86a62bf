"""An outside witness: kcat, another client on another version of the library, reads what we write."""

import json
import os
import shutil
import subprocess

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.conftest import Broker

HEADERS: list[tuple[str, str | bytes | None]] = [("ce_type", b"SegmentRecorded"), ("ce_specversion", b"1.0")]


def test_kcat_reads_records_with_their_key_and_headers(kafka: Broker) -> None:
    topic = f"{kafka.prefix}camera.events"
    write(kafka, topic)
    asked = ["-b", kafka.bootstrap_servers, "-C", "-t", topic, "-e", "-q", "-J"]
    said = subprocess.run([kcat(), *asked], capture_output=True, text=True, check=True, timeout=60)
    records = [json.loads(line) for line in said.stdout.splitlines()]
    assert [record["key"] for record in records] == ["plaza-1"] * 20
    assert records[0]["headers"] == ["ce_type", "SegmentRecorded", "ce_specversion", "1.0"]


def kcat() -> str:
    found = shutil.which("kcat")
    if found is None and "CI" in os.environ:
        pytest.fail("kcat is missing: scripts/apt.sh installs it in CI")
    if found is None:
        pytest.skip("needs kcat: apt-get install kcat")
    return found


def write(kafka: Broker, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])[topic].result()
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "compression.type": "zstd", "linger.ms": 20})
    for number in range(20):
        producer.produce(topic, key="plaza-1", value=str(number), headers=HEADERS)
    assert producer.flush(20) == 0
