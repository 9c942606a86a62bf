"""The AsyncAPI 3.0 document of the topics: one channel a topic, one message an event, with Kafka bindings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from services.kernel.topics import PREFIX, TOPICS, Topic
from services.runtime.registry import Entry
from services.runtime.schemas.avro import namespace
from services.runtime.schemas.words import class_words

AVRO = "application/vnd.apache.avro;version=1.11.0"
HEADERS = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_dataschema", "content-type", "traceparent")


def asyncapi(entries: Sequence[Entry]) -> str:
    """Return the document as YAML; ``entries`` name the file of each event's newest schema."""
    newest = {(entry.topic, entry.event): entry for entry in sorted(entries, key=lambda entry: entry.version)}
    topics = [topic for topic in TOPICS if topic.events]
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "camledger events",
            "version": "1",
            "description": "The log that governs footage: each topic has one writer; names carry the prefix "
            f"'{PREFIX}' unless an installation sets its own.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": AVRO,
        "channels": {_key(topic.name): _channel(topic) for topic in topics},
        "operations": {f"{topic.writer}.{_key(topic.name)}.write": _operation(topic) for topic in topics},
        "components": {
            "messages": {
                f"{_key(topic.name)}.{event.__name__}": _message(newest[topic.name, event.__name__], event)
                for topic in topics
                for event in topic.events
            },
            "messageTraits": {"cloudevent": {"headers": _headers()}},
        },
    }
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))


def _key(topic: str) -> str:
    return topic.replace(".", "_")


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.full_name(),
        "description": f"Written by {topic.writer} alone, keyed by {topic.key}.",
        "messages": {
            event.__name__: {"$ref": f"#/components/messages/{_key(topic.name)}.{event.__name__}"}
            for event in topic.events
        },
        "bindings": {
            "kafka": {
                "topic": topic.full_name(),
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operation(topic: Topic) -> dict[str, Any]:
    return {
        "action": "send",
        "title": f"{topic.writer} writes {topic.name}",
        "channel": {"$ref": f"#/channels/{_key(topic.name)}"},
    }


def _message(entry: Entry, event: type) -> dict[str, Any]:
    return {
        "name": f"{namespace(entry.topic)}.{entry.event}",
        "title": entry.event,
        "summary": class_words(event),
        "contentType": AVRO,
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": {"schemaFormat": AVRO, "schema": {"$ref": f"./{entry.path}"}},
        "bindings": {
            "kafka": {
                "key": {"type": "string"},
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                "schemaLookupStrategy": "TopicRecordNameStrategy",
                "bindingVersion": "0.5.0",
            }
        },
    }


def _headers() -> dict[str, Any]:
    names = {name: {"type": "string"} for name in HEADERS}
    return {"type": "object", "required": [*HEADERS], "properties": names}
