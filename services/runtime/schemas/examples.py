"""A made-up example of every event: the same each time, without a word about a real person."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, get_args, get_origin
from uuid import UUID, uuid5

from services.kernel.envelope import Envelope, Recorded
from services.kernel.events import Sha256
from services.kernel.ids import NAMESPACE, event_id
from services.runtime.schemas.avro import hints, optional_of

FIRST_INSTANT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

PLAIN: dict[Any, Callable[[str, int], Any]] = {
    Sha256: lambda path, _: sha256(path.encode()).digest(),
    bytes: lambda path, _: sha256(path.encode()).digest(),
    datetime: lambda _, number: FIRST_INSTANT + timedelta(minutes=number),
    UUID: lambda path, _: uuid5(NAMESPACE, path),
    str: lambda path, _: f"example-{path.rsplit('.', 1)[1].replace('_', '-')}",
    bool: lambda _path, _number: True,
    int: lambda _, number: number,
}


def example(event_type: type, topic: str) -> Recorded:
    """Return the example of ``event_type`` on ``topic``; every optional field is filled."""
    stream = f"example/{event_type.__name__}"
    envelope = Envelope(
        event_id=event_id(stream, 1),
        stream_id=stream,
        stream_version=1,
        occurred_at=FIRST_INSTANT,
        recorded_at=FIRST_INSTANT + timedelta(seconds=2),
        actor_id="p-0012",
        actor_role="custodian",
        actor_agency="example-agency",
        reason="example",
        legal_basis="EX-01",
        policy_version="example-pack@1#0123456789ab",
        correlation_id=f"{topic}/example",
    )
    return Recorded(envelope=envelope, event=_record(event_type, event_type.__name__))


def as_json(fact: Recorded) -> str:
    """Return the flat JSON of an event, as the files in ``schemas/examples`` have it."""
    fields = _plain(fact.envelope) | _plain(fact.event)
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def _record(owner: type, path: str) -> Any:  # noqa: ANN401 - an instance of ``owner``
    return owner(
        **{
            field.name: _value(hints(owner)[field.name], f"{path}.{field.name}", number)
            for number, field in enumerate(dataclasses.fields(owner), start=1)
        }
    )


def _value(hint: Any, path: str, number: int) -> Any:  # noqa: ANN401 - whatever the field holds
    if (inner := optional_of(hint)) is not None:
        return _value(inner, path, number)
    if get_origin(hint) is tuple:
        return (_value(get_args(hint)[0], path, number),)
    if hint in PLAIN:
        return PLAIN[hint](path, number)
    return _record(hint, path)


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, UUID) else value
