"""Events to bytes and back: Avro in Confluent framing (a zero byte, four bytes of schema id, the record)."""

from __future__ import annotations

import dataclasses
import io
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, get_args, get_origin

import fastavro

from services.kernel.envelope import Envelope, Recorded
from services.kernel.ids import PROTECTION_LOG, event_id, micros
from services.kernel.topics import topic_of
from services.runtime.registry import Registered, Registry
from services.runtime.schemas.avro import hints, optional_of

FRAME = struct.Struct(">bI")
LOG_TOPIC = "hold.events"
FIRST_US, LAST_US = micros(datetime.min.replace(tzinfo=UTC)), micros(datetime.max.replace(tzinfo=UTC))
RECORD_BYTES_MAX = 1_000_000  # the brokers' own limit; a batch answer of 4,096 segments stays far below

Turn = Callable[[Any], Any]


class Undecodable(ValueError):
    """Bytes that no schema of ours explains; the message says why, never what they held."""


class Codec:
    """Encodes with the newest schema of an event, decodes whatever was ever registered."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._parsed: dict[int, Any] = {}

    def encode(self, fact: Recorded, writer: str) -> bytes:
        """Return the framed bytes of ``fact`` as ``writer`` puts it on its topic.

        Raises LookupError if that service may not write this event (I10), ValueError for a datetime that
        is naive or that no reader could read again.
        """
        known = self._registry.newest(topic_of(type(fact.event), writer).name, type(fact.event))
        out = io.BytesIO()
        out.write(FRAME.pack(0, known.id))
        fields = _dump(Envelope)(fact.envelope) | _dump(known.event_type)(fact.event)
        fastavro.schemaless_writer(out, self._schema(known), fields, strict=True)
        return out.getvalue()

    def schema_id(self, fact: Recorded, writer: str) -> int:
        """Return the id that ``encode`` frames this event with."""
        return self._registry.newest(topic_of(type(fact.event), writer).name, type(fact.event)).id

    def decode(self, framed: bytes, topic: str = "") -> Recorded:
        """Return the event in ``framed``, brought up to the newest version. Raises Undecodable, and nothing else.

        ``topic`` is where the bytes were found: what belongs on another one, or takes an id that isn't its own, was put
        there by somebody who may not write it, and is no event (I10).
        """
        known, body = self._frame(framed)
        if topic and known.topic != topic:
            raise Undecodable(f"a {known.event_type.__name__} of {known.topic} doesn't belong on {topic}")
        newest = self._registry.newest(known.topic, known.event_type)
        reader = None if newest.id == known.id else self._schema(newest)
        try:
            fields = fastavro.schemaless_reader(body, self._schema(known), reader)
            fact = Recorded(envelope=_load(Envelope)(fields), event=_load(known.event_type)(fields))
        except Exception as error:  # Avro libraries raise a dozen kinds on bytes that lie.
            raise Undecodable(f"not a {known.event_type.__name__} ({type(error).__name__})") from error
        if body.read(1):
            raise Undecodable(f"bytes left over behind a {known.event_type.__name__}")
        if topic:
            _own(fact.envelope, topic)
        return fact

    def _frame(self, framed: bytes) -> tuple[Registered, io.BytesIO]:
        if len(framed) < FRAME.size or framed[0] != 0:
            raise Undecodable("not in Confluent framing")
        if len(framed) > RECORD_BYTES_MAX:
            # Compressed it may have passed the brokers: a megabyte of zeros a kilobyte, and each an item of a list.
            raise Undecodable(f"{len(framed)} bytes, more than any event has")
        known = self._registry.find(FRAME.unpack_from(framed)[1])
        if known is None:
            raise Undecodable(f"schema id {FRAME.unpack_from(framed)[1]} is not registered")
        return known, io.BytesIO(framed[FRAME.size :])

    def _schema(self, known: Registered) -> Any:  # noqa: ANN401 - fastavro's parsed form
        if known.id not in self._parsed:
            self._parsed[known.id] = fastavro.parse_schema(known.schema)
        return self._parsed[known.id]


def _own(envelope: Envelope, topic: str) -> None:
    """Repeats are told by these: whoever takes another record's id or number keeps it from being read."""
    if envelope.stream_id == PROTECTION_LOG and topic != LOG_TOPIC:
        raise Undecodable(f"the protection log isn't written on {topic}")
    if envelope.event_id != event_id(envelope.stream_id, envelope.stream_version):
        raise Undecodable(f"the event id isn't that of version {envelope.stream_version} of its stream")


@cache
def _dump(owner: type) -> Turn:
    turns = [(field.name, _dumped(hints(owner)[field.name])) for field in dataclasses.fields(owner)]
    return lambda value: {
        name: getattr(value, name) if turn is None else turn(getattr(value, name)) for name, turn in turns
    }


@cache
def _load(owner: type) -> Turn:
    turns = [(field.name, _loaded(hints(owner)[field.name])) for field in dataclasses.fields(owner)]
    return lambda fields: owner(**{name: fields[name] if turn is None else turn(fields[name]) for name, turn in turns})


def _dumped(hint: Any) -> Turn | None:  # noqa: ANN401 - a type
    if hint is datetime:
        return _instant  # refuses naive datetimes, which fastavro would take for local time
    return _inside(hint, _dump, _dumped, list)


def _instant(value: datetime) -> int:
    """Return the microseconds of an instant. Raises ValueError for one that no reader of the log could read again."""
    found = micros(value)
    if not FIRST_US <= found <= LAST_US:
        raise ValueError(f"{value!r} lies outside the years that a reader knows")
    return found


def _loaded(hint: Any) -> Turn | None:  # noqa: ANN401 - a type
    return _inside(hint, _load, _loaded, tuple)


def _inside(
    hint: Any,  # noqa: ANN401 - a type
    nested: Callable[[type], Turn],
    again: Callable[[Any], Turn | None],
    sequence: type[list[Any] | tuple[Any, ...]],
) -> Turn | None:
    if (inner := optional_of(hint)) is not None:
        turn = again(inner)
        return None if turn is None else (lambda value: None if value is None else turn(value))
    if get_origin(hint) is tuple:
        item = again(get_args(hint)[0])
        return sequence if item is None else (lambda values: sequence(map(item, values)))
    return nested(hint) if dataclasses.is_dataclass(hint) and isinstance(hint, type) else None
