"""Instants as the HTTP interface writes them."""

from __future__ import annotations

from datetime import datetime


def iso(instant: datetime | None) -> str | None:
    """Return an instant as ISO 8601 UTC with Z."""
    return instant.isoformat().replace("+00:00", "Z") if instant else None
