"""Events as plain JSON values, for rows that keep a whole body and for answers over HTTP."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID


def plain(value: object) -> object:
    """Return ``value`` as JSON knows it: instants as ISO 8601 with Z, bytes as hex, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    match value:
        case datetime():
            return iso(value)
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
        case Enum():
            return value.value
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case tuple() | list() | set() | frozenset():
            return [plain(item) for item in value]
        case _:
            return value


def iso(instant: datetime) -> str:
    """Return an instant as ISO 8601 in UTC with Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
