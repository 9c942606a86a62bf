"""Strangers read the demo's log: kcat every topic, Confluent's own deserializer every record."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient, topic_record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from services.cli.demo.history import TOPICS as WRITTEN
from services.cli.demo.reading import Raw, read_raw
from services.kernel.topics import TOPICS
from services.runtime.codec import Codec
from services.runtime.registry import open_registry
from services.runtime.settings import Settings
from tests.fakes.apicurio import MISSING, apicurio, is_cached

# Our subjects are named by topic and record; the default strategy asks the registry about each message first.
BY_RECORD = {"subject.name.strategy": topic_record_subject_name_strategy}


def test_kcat_reads_as_many_records_of_every_topic_as_we_do(log_of_it: str) -> None:
    ours = Counter(raw.topic for raw in records(log_of_it))
    assert {topic.name: kcat(log_of_it, topic.full_name()) for topic in TOPICS} == {
        t.name: ours[t.name] for t in TOPICS
    }
    quiet = {"retention.events", "camera.events"} - ours.keys()
    assert not quiet
    assert ours.keys() <= set(WRITTEN), "the demo's check doesn't read this topic"


@pytest.mark.skipif(not is_cached(), reason=MISSING)
def test_confluents_own_deserializer_reads_every_record(log_of_it: str, tmp_path: Path) -> None:
    with apicurio(tmp_path / "registry.log") as url:
        Codec(open_registry(Settings(schema_registry=url)))
        with SchemaRegistryClient({"url": url}) as client:
            read, found = AvroDeserializer(client, conf=BY_RECORD), records(log_of_it)
            for raw in found:
                context = SerializationContext(f"camledger.{raw.topic}.v1", MessageField.VALUE)
                told = read(raw.value, context)
                assert isinstance(told, dict)
                assert told["stream_version"] >= 1
    assert len(found) > 150


def records(kafka: str) -> list[Raw]:
    return read_raw(kafka, [topic.name for topic in TOPICS])


def kcat(kafka: str, topic: str) -> int:
    found = shutil.which("kcat")
    if found is None and "CI" in os.environ:
        pytest.fail("kcat is missing: scripts/apt.sh installs it in CI")
    if found is None:
        pytest.skip("needs kcat: apt-get install kcat")
    asked = [found, "-b", kafka, "-C", "-t", topic, "-e", "-q", "-f", "%p %o\n"]
    return len(subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines())
