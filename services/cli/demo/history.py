"""What the log says, arranged for the check: plain dictionaries in log order, repeats of a relay dropped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.cli.demo.reading import Entry, Fields

TOPICS = [
    "camera.events",
    "segment.events",
    "shift.events",
    "custody.events",
    "policy.events",
    "request.events",
    "approval.events",
    "hold.events",
    "access.events",
    "retention.events",
    "deletion.commands",
    "audit.log",
]

Key = tuple[str, datetime, int]
"""camera, start, generation."""


@dataclass(slots=True)
class History:
    """Events by name, in log order; ``doubled`` holds event ids that came twice with different content."""

    events: dict[str, list[Fields]] = field(default_factory=dict)
    records: int = 0
    doubled: list[str] = field(default_factory=list)

    def of(self, *names: str) -> list[Fields]:
        """Return all events of these names."""
        return [fields for name in names for fields in self.events.get(name, [])]


def history(entries: Iterable[Entry]) -> History:
    """Arrange entries; a record that a relay published twice counts once if both are the same."""
    found, seen = History(), dict[str, Fields]()
    for entry in entries:
        found.records += 1
        event_id = str(entry.fields["event_id"])
        if event_id not in seen:
            seen[event_id] = entry.fields
            found.events.setdefault(entry.event, []).append(entry.fields)
        elif seen[event_id] != entry.fields:
            found.doubled.append(event_id)
    return found


def key_of(fields: Fields) -> Key:
    """Return camera, start and generation of an event about one segment."""
    return fields["camera_id"], fields["started_at"], fields["generation"]


def keys_of(lines: list[dict[str, Any]]) -> list[Key]:
    """Unpack camera-hour lines into keys."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return [
        (line["camera_id"], epoch + timedelta(hours=line["hour"], microseconds=offset), line["generation"])
        for line in lines
        for offset in line["offsets_us"]
    ]
