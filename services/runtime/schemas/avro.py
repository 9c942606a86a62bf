"""One Avro record per event and topic: the envelope's fields in front, then the event's own (decision 14)."""

from __future__ import annotations

import dataclasses
import types
from dataclasses import MISSING, Field
from datetime import datetime
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from services.kernel.envelope import Envelope
from services.kernel.events import Sha256
from services.runtime.schemas.words import class_words, field_words

Schema = dict[str, Any]

PRIMITIVES: dict[Any, Any] = {
    str: "string",
    bool: "boolean",
    int: "long",
    float: "double",
    bytes: "bytes",
    datetime: {"type": "long", "logicalType": "timestamp-micros"},
    UUID: {"type": "string", "logicalType": "uuid"},
}


def namespace(topic: str) -> str:
    """Return the Avro namespace of a topic: ActRefused stands on several, so its name alone is not enough."""
    return f"camledger.{topic}"


@cache
def hints(owner: type) -> dict[str, Any]:
    """Return the resolved types of a dataclass by field."""
    return get_type_hints(owner)


def record_schema(event_type: type, topic: str) -> Schema:
    """Return the Avro schema of ``event_type`` as it stands on ``topic``."""
    named: set[str] = set()
    fields = [*_fields(Envelope, named), *_fields(event_type, named)]
    names = [field["name"] for field in fields]
    assert len(names) == len(set(names)), f"{event_type.__name__} has a field that the envelope has too: {names}"
    return {
        "type": "record",
        "name": event_type.__name__,
        "namespace": namespace(topic),
        "doc": class_words(event_type),
        "fields": fields,
    }


def _fields(owner: type, named: set[str]) -> list[Schema]:
    words = field_words(owner)
    return [_field(field, hints(owner)[field.name], words, named) for field in dataclasses.fields(owner)]


def _field(field: Field[Any], hint: Any, words: dict[str, str], named: set[str]) -> Schema:  # noqa: ANN401 - a type
    schema: Schema = {"name": field.name, "type": _type(hint, named)}
    if field.name in words:
        schema["doc"] = words[field.name]
    # A default lets readers of a newer version read what was written before the field existed.
    if _optional(hint):
        schema["default"] = None
    elif field.default is not MISSING:
        schema["default"] = list(field.default) if isinstance(field.default, tuple) else field.default
    return schema


def _optional(hint: Any) -> bool:  # noqa: ANN401 - a type
    return get_origin(hint) in {types.UnionType, Union} and type(None) in get_args(hint)


def optional_of(hint: Any) -> Any:  # noqa: ANN401 - a type
    """Return X for ``X | None``, and None for every other type."""
    if not _optional(hint):
        return None
    (inner,) = (part for part in get_args(hint) if part is not type(None))
    return inner


def _type(hint: Any, named: set[str]) -> Any:  # noqa: ANN401 - Avro types are strings, lists or objects
    if hint is Sha256:
        return _once("Sha256", named, {"type": "fixed", "name": "Sha256", "size": 32})
    if hint in PRIMITIVES:
        return PRIMITIVES[hint]
    if (inner := optional_of(hint)) is not None:
        return ["null", _type(inner, named)]
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _type(get_args(hint)[0], named)}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _nested(hint, named)
    raise TypeError(f"no Avro type for {hint}: see services/runtime/schemas/avro.py")


def _nested(owner: type, named: set[str]) -> Any:  # noqa: ANN401 - a record or its name
    if owner.__name__ in named:
        return owner.__name__
    named.add(owner.__name__)
    return {
        "type": "record",
        "name": owner.__name__,
        "doc": class_words(owner),
        "fields": _fields(owner, named),
    }


def _once(name: str, named: set[str], definition: Schema) -> Any:  # noqa: ANN401 - a definition or its name
    if name in named:
        return name
    named.add(name)
    return definition
