"""How long ids are written for people: enough to tell one from another, the whole one stands in the address."""

from __future__ import annotations

from typing import Final
from uuid import UUID

SHOWN: Final = 8


def short(identity: UUID | str) -> str:
    """Return the first characters of an id."""
    return str(identity)[:SHOWN]
