"""May a reader of one version read what another wrote? By the resolution rules of Avro 1.11, in both directions.

FULL_TRANSITIVE: every version of an event reads every other one, so services can be updated in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

from fastavro.schema import parse_schema

NUMBERS = ("int", "long", "float", "double")
TEXTS = frozenset({"string", "bytes"})


def full_transitive_faults(versions: Sequence[dict[str, Any]]) -> list[str]:
    """Return why some version can't read another; empty when each reads each."""
    return [fault for reader, writer in permutations(versions, 2) for fault in read_faults(reader, writer)]


def read_faults(reader: dict[str, Any], writer: dict[str, Any]) -> list[str]:
    """Return why ``reader`` can't read what ``writer`` wrote, one line for each field that is in the way."""
    return [*_faults(_Schema(reader), _Schema(writer), reader["name"])]


class _Schema:
    """A schema with the names that were defined before it."""

    def __init__(self, schema: Any, names: dict[str, Any] | None = None) -> None:  # noqa: ANN401 - any Avro type
        if names is None:
            names = {}
            schema = parse_schema(schema, named_schemas=names, _write_hint=False)
        self.names = names
        self.type = names[schema] if isinstance(schema, str) and schema in names else schema

    def within(self, schema: Any) -> _Schema:  # noqa: ANN401 - any Avro type
        return _Schema(schema, self.names)

    @property
    def kind(self) -> str:
        if isinstance(self.type, list):
            return "union"
        return str(self.type["type"]) if isinstance(self.type, dict) else str(self.type)

    @property
    def logical(self) -> str:
        return str(self.type.get("logicalType", "")) if isinstance(self.type, dict) else ""

    def branches(self) -> list[_Schema]:
        return [self.within(branch) for branch in self.type] if self.kind == "union" else [self]


def _faults(reader: _Schema, writer: _Schema, path: str) -> Iterator[str]:
    if writer.kind == "union" or reader.kind == "union":
        yield from _union_faults(reader, writer, path)
    elif reader.kind != writer.kind:
        if not _promotes(writer.kind, reader.kind):
            yield f"{path}: {writer.kind} can't be read as {reader.kind}"
    elif reader.logical != writer.logical:
        yield f"{path}: {writer.logical or 'plain'} can't be read as {reader.logical or 'plain'} {reader.kind}"
    else:
        yield from _same_kind_faults(reader, writer, path)


def _union_faults(reader: _Schema, writer: _Schema, path: str) -> Iterator[str]:
    for branch in writer.branches():
        if all([*_faults(choice, branch, path)] for choice in reader.branches()):
            yield f"{path}: nothing in the reader takes {branch.kind}"


def _same_kind_faults(reader: _Schema, writer: _Schema, path: str) -> Iterator[str]:
    match reader.kind:
        case "record":
            yield from _record_faults(reader, writer, path)
        case "array":
            yield from _faults(reader.within(reader.type["items"]), writer.within(writer.type["items"]), f"{path}[]")
        case "map":
            yield from _faults(
                reader.within(reader.type["values"]), writer.within(writer.type["values"]), f"{path}{{}}"
            )
        case "fixed" if reader.type["size"] != writer.type["size"] or _name(reader) != _name(writer):
            yield f"{path}: another fixed"
        case "enum" if not set(writer.type["symbols"]) <= set(reader.type["symbols"]) and "default" not in reader.type:
            yield f"{path}: the reader lacks symbols"


def _record_faults(reader: _Schema, writer: _Schema, path: str) -> Iterator[str]:
    if _name(reader) != _name(writer):
        yield f"{path}: {_name(writer)} is not {_name(reader)}"
    written = {field["name"]: field for field in writer.type["fields"]}
    for field in reader.type["fields"]:
        where = f"{path}.{field['name']}"
        if field["name"] in written:
            theirs = writer.within(written[field["name"]]["type"])
            yield from _faults(reader.within(field["type"]), theirs, where)
        elif "default" not in field:
            yield f"{where}: missing in what was written, and without a default"


def _name(schema: _Schema) -> str:
    return str(schema.type["name"])


def _promotes(written: str, read: str) -> bool:
    if written in NUMBERS and read in NUMBERS:
        return NUMBERS.index(written) <= NUMBERS.index(read)
    return {written, read} == TEXTS
