"""Which schema id stands for which event on which topic: the repository's registry file decides (decision 14)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from services.kernel.topics import PREFIX, TOPICS
from services.runtime.schemas.avro import namespace
from services.runtime.settings import Settings

FILE = "registry.json"


class RegistryBroken(RuntimeError):
    """The registry and the code don't fit together; the message says which schema and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One version of one event's schema. ``id`` never changes once the entry exists."""

    id: int
    subject: str
    version: int
    topic: str
    event: str
    path: str
    sha256: str
    released: str = ""  # the release that published it; empty: it may still change


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A schema as it was written, and the event class that it is read into."""

    id: int
    topic: str
    event_type: type
    schema: dict[str, Any]
    newest: bool


@dataclass(frozen=True, slots=True)
class Registry:
    """Schemas by id, and ids by topic and event."""

    by_id: dict[int, Registered]
    by_event: dict[tuple[str, str], Registered] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for known in self.by_id.values():
            if known.newest:
                self.by_event[known.topic, known.event_type.__name__] = known

    def find(self, schema_id: int) -> Registered | None:
        """Return what is registered under an id, or None."""
        return self.by_id.get(schema_id)

    def newest(self, topic: str, event_type: type) -> Registered:
        """Return the schema that ``event_type`` is written with on ``topic``."""
        try:
            return self.by_event[topic, event_type.__name__]
        except KeyError:
            raise RegistryBroken(
                f"{event_type.__name__} on {topic} has no schema: run `make schemas` and commit what it writes"
            ) from None


def subject(topic: str, event: str) -> str:
    """Return the subject by TopicRecordNameStrategy, always under the standard prefix."""
    return f"{PREFIX}{topic}.v1-{namespace(topic)}.{event}"


def read_entries(folder: Path) -> list[Entry]:
    """Return the lines of the registry file; empty if there is none yet."""
    path = folder / FILE
    if not path.exists():
        return []
    return [Entry(**line) for line in json.loads(path.read_text("utf-8"))["schemas"]]


def open_registry(settings: Settings) -> Registry:
    """Return the registry file's content, imported into and checked against a real registry if one is set.

    Raises RegistryBroken when a file is missing or changed, or the real registry holds other ids.
    """
    entries = read_entries(settings.schemas)
    texts = {entry.id: _text(settings.schemas, entry) for entry in entries}
    if settings.schema_registry:
        from services.runtime.remote_registry import import_entries

        import_entries(settings.schema_registry, [(entry, texts[entry.id]) for entry in entries])
    return Registry({known.id: known for known in _registered(entries, texts)})


def _text(folder: Path, entry: Entry) -> str:
    path = folder / entry.path
    if not path.exists():
        raise RegistryBroken(f"{path} is missing: restore it from the repository, an id never goes away")
    text = path.read_text("utf-8")
    if sha256(text.encode()).hexdigest() != entry.sha256:
        raise RegistryBroken(f"{path} differs from the registry file: run `make schemas` and read what it changes")
    return text


def _registered(entries: Iterable[Entry], texts: dict[int, str]) -> Iterable[Registered]:
    classes = {(topic.name, event.__name__): event for topic in TOPICS for event in topic.events}
    latest = {entry.subject: entry.id for entry in sorted(entries, key=lambda entry: entry.version)}
    for entry in entries:
        if (event_type := classes.get((entry.topic, entry.event))) is None:
            raise RegistryBroken(f"{entry.path} has no event class any more: events are never removed, only unused")
        yield Registered(
            id=entry.id,
            topic=entry.topic,
            event_type=event_type,
            schema=json.loads(texts[entry.id]),
            newest=latest[entry.subject] == entry.id,
        )
