"""With a real registry: our ids are in it, and Confluent's own deserializer reads every event.

Needs Apicurio Registry in the cache (``make registry``); without it these tests are skipped by name.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from scripts.fetch_registry import registry_folder
from services.kernel.topics import TOPICS
from services.runtime.codec import Codec
from services.runtime.embedded.java import find_java
from services.runtime.registry import open_registry
from services.runtime.remote_registry import RegistryDiffers
from services.runtime.schemas.examples import example
from services.runtime.settings import Settings
from tests.fakes.ledger_world import free_port, until

EVENTS = [(topic, event) for topic in TOPICS for event in topic.events]
SMALL = ("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")

pytestmark = pytest.mark.skipif(not registry_folder().exists(), reason="no Apicurio in the cache: `make registry`")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a fresh Apicurio Registry, by its Confluent-compatible API."""
    port, log = free_port(), tmp_path_factory.mktemp("registry") / "log"
    environment = os.environ | {"QUARKUS_HTTP_PORT": str(port), "QUARKUS_HTTP_HOST": "127.0.0.1"}
    command = [str(find_java(21)), *SMALL, "-jar", str(registry_folder() / "quarkus-run.jar")]
    with log.open("wb") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    try:
        until(lambda: server.poll() is not None or answers(url), within_s=240)
        assert server.poll() is None, log.read_text()[-2000:]
        yield url
    finally:
        server.terminate()
        server.wait(60)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/subjects", timeout=5).is_success
    except httpx.TransportError:
        return False


def test_confluents_own_deserializer_reads_every_event(registry: str) -> None:
    codec = Codec(open_registry(Settings(schema_registry=registry)))
    with SchemaRegistryClient({"url": registry}) as client:
        read = AvroDeserializer(client)
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
