"""Events as plain JSON values, for rows that keep a whole body and for answers over HTTP."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID


def plain(value: object) -> object:
    """Return ``value`` as JSON knows it: instants as ISO 8601 with Z, bytes as hex, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(item) for item in value]
    return _scalar(value)


def _scalar(value: object) -> object:
    match value:
        case datetime():
            return iso(value)
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
        case Enum():
            return value.value
        case _:
            return value


def body(value: object) -> dict[str, Any]:
    """Return a dataclass or mapping as a JSON object."""
    made = plain(value)
    assert isinstance(made, dict), type(value)
    return made


def iso(instant: datetime) -> str:
    """Return an instant as ISO 8601 in UTC with Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
