"""What stands in ``schemas/``, computed in memory: writing it and comparing it are the same computation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

from services.kernel.topics import TOPICS, Topic
from services.runtime.codec import Codec
from services.runtime.registry import FILE, Entry, Registered, Registry, read_entries, subject
from services.runtime.schemas.asyncapi import asyncapi
from services.runtime.schemas.avro import record_schema
from services.runtime.schemas.examples import as_json, example


class Undocumented(ValueError):
    """An event without a docstring: its schema would explain nothing to those who read it."""


def planned(folder: Path) -> dict[str, bytes]:
    """Return every file of ``folder`` by its path, as code and registry file ask for it."""
    entries = plan_entries(folder)
    registry = Registry({known.id: known for known in _registered(entries, folder)})
    files: dict[str, bytes] = {}
    for topic, event_type in _events():
        known = registry.newest(topic.name, event_type)
        entry = next(entry for entry in entries if entry.id == known.id)
        fact = example(event_type, topic.name)
        stem = f"{event_type.__name__}.v{entry.version}"
        files[entry.path] = schema_text(event_type, topic.name).encode()
        files[f"examples/{topic.name}/{stem}.json"] = as_json(fact).encode()
        files[f"golden/{topic.name}/{stem}.bin"] = Codec(registry).encode(fact, topic.writer)
    files[FILE] = _registry_text(entries).encode()
    files["asyncapi.yaml"] = asyncapi(entries).encode()
    return files


def plan_entries(folder: Path) -> list[Entry]:
    """Return the registry's lines with what the code adds: an id once given stays with its subject and version."""
    entries = read_entries(folder)
    for topic, event_type in _events():
        digest = sha256(schema_text(event_type, topic.name).encode()).hexdigest()
        latest = _latest(entries, subject(topic.name, event_type.__name__))
        if latest is not None and (latest.sha256 == digest or not latest.released):
            entries[entries.index(latest)] = replace(latest, sha256=digest)
        else:
            entries.append(_new_entry(entries, topic.name, event_type.__name__, latest, digest))
    return entries


def release(folder: Path, name: str) -> int:
    """Mark everything unreleased as published by release ``name``; return how many. They never change again."""
    entries = read_entries(folder)
    fresh = [entry for entry in entries if not entry.released]
    marked = [entry if entry.released else replace(entry, released=name) for entry in entries]
    (folder / FILE).write_text(_registry_text(marked), "utf-8")
    return len(fresh)


def schema_text(event_type: type, topic: str) -> str:
    """Return the text of an ``.avsc`` file."""
    schema = record_schema(event_type, topic)
    if not schema["doc"] or schema["doc"].startswith(f"{event_type.__name__}("):
        raise Undocumented(f"{event_type.__name__} has no docstring")
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _events() -> Iterator[tuple[Topic, type]]:
    return ((topic, event_type) for topic in TOPICS for event_type in topic.events)


def _latest(entries: Sequence[Entry], name: str) -> Entry | None:
    return max((e for e in entries if e.subject == name), key=lambda entry: entry.version, default=None)


def _new_entry(entries: Sequence[Entry], topic: str, event: str, latest: Entry | None, digest: str) -> Entry:
    version = 1 if latest is None else latest.version + 1
    return Entry(
        id=max((entry.id for entry in entries), default=0) + 1,
        subject=subject(topic, event),
        version=version,
        topic=topic,
        event=event,
        path=f"{topic}/{event}.v{version}.avsc",
        sha256=digest,
    )


def _registered(entries: Sequence[Entry], folder: Path) -> Iterator[Registered]:
    classes = {(topic.name, event.__name__): event for topic, event in _events()}
    for entry in entries:
        event_type = classes[entry.topic, entry.event]
        newest = _latest(entries, entry.subject) == entry
        text = schema_text(event_type, entry.topic) if newest else (folder / entry.path).read_text("utf-8")
        yield Registered(id=entry.id, topic=entry.topic, event_type=event_type, schema=json.loads(text), newest=newest)


def _registry_text(entries: Sequence[Entry]) -> str:
    return json.dumps({"schemas": [asdict(entry) for entry in entries]}, indent=1) + "\n"
