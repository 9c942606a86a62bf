"""The scope of a protection as a header: readable even when the record itself is not, so that parking fails closed."""

from __future__ import annotations

import json
from datetime import datetime

from services.kernel.scope import Scope

SCOPE_HEADER = "ce_scope"


def scope_json(scope: Scope) -> str:
    """Return ``scope`` as JSON with ISO instants."""
    fields = {
        "cameras": list(scope.cameras),
        "area": scope.area,
        "officer": scope.officer,
        "incident": scope.incident,
        "starts_at": scope.starts_at.isoformat(),
        "ends_at": None if scope.ends_at is None else scope.ends_at.isoformat(),
    }
    return json.dumps(fields, separators=(",", ":"))


def scope_from(headers: dict[str, str]) -> Scope | None:
    """Return the scope that the headers of a record name, or None when there is none that can be read."""
    try:
        fields = json.loads(headers[SCOPE_HEADER])
        return Scope(
            cameras=tuple(str(camera) for camera in fields["cameras"]),
            area=str(fields["area"]),
            officer=str(fields["officer"]),
            incident=str(fields["incident"]),
            starts_at=_instant(fields["starts_at"]),
            ends_at=None if fields["ends_at"] is None else _instant(fields["ends_at"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone")
    return instant
