"""With a real registry: our ids are in it, and Confluent's own deserializer reads every event.

Needs Apicurio Registry in the cache (``make registry``); without it these tests are skipped by name.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient, topic_record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from services.kernel.topics import TOPICS
from services.runtime.codec import Codec
from services.runtime.registry import open_registry
from services.runtime.remote_registry import RegistryDiffers
from services.runtime.schemas.examples import example
from services.runtime.settings import Settings
from tests.fakes.apicurio import MISSING, apicurio, is_cached

# Our subjects are named by topic and record; the default strategy asks the registry about each message first.
BY_RECORD = {"subject.name.strategy": topic_record_subject_name_strategy}

EVENTS = [(topic, event) for topic in TOPICS for event in topic.events]

pytestmark = pytest.mark.skipif(not is_cached(), reason=MISSING)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a fresh Apicurio Registry, by its Confluent-compatible API."""
    with apicurio(tmp_path_factory.mktemp("registry") / "log") as url:
        yield url


def test_confluents_own_deserializer_reads_every_event(registry: str) -> None:
    codec = Codec(open_registry(Settings(schema_registry=registry)))
    with SchemaRegistryClient({"url": registry}) as client:
        read = AvroDeserializer(client, conf=BY_RECORD)
        for topic, event in EVENTS:
            fact = example(event, topic.name)
            context = SerializationContext(topic.full_name(), MessageField.VALUE)
            told = read(codec.encode(fact, topic.writer), context)
            assert isinstance(told, dict)
            assert told["stream_id"] == fact.envelope.stream_id
            assert isinstance(told["recorded_at"], datetime)


def test_a_second_start_finds_every_schema_under_its_id(registry: str) -> None:
    settings = Settings(schema_registry=registry)
    assert open_registry(settings).by_id.keys() == open_registry(Settings()).by_id.keys()


def test_a_registry_that_others_use_under_our_ids_is_refused(registry: str, tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    shutil.copytree(Settings().schemas, schemas)
    lines = json.loads((schemas / "registry.json").read_text("utf-8"))["schemas"]
    lines[0]["id"], lines[1]["id"] = lines[1]["id"], lines[0]["id"]
    (schemas / "registry.json").write_text(json.dumps({"schemas": lines}), "utf-8")
    with pytest.raises(RegistryDiffers, match="stands for something else"):
        open_registry(Settings(schema_registry=registry, schemas=schemas))
