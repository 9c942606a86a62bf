"""Ties viewing copies to their original: custody's own removal takes them along, before the receipt can be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.ingest.storage.adapter import Location
from services.ingest.viewing.folder import CopyFolder


class Taking(Protocol):
    """What custody holds to take bytes out of a store (``storage.removal``, which only custody may import)."""

    @property
    def method(self) -> str:
        """How the bytes go, in the receipt's words."""

    def delete(self, location: Location) -> None:
        """Remove what lies there."""


@dataclass(frozen=True, slots=True)
class WithViewingCopies:
    """Removes the original first, so that no maker publishes after it, and then everything derived from it."""

    original: Taking
    copies: CopyFolder

    @property
    def method(self) -> str:
        """How the original goes."""
        return self.original.method

    def delete(self, location: Location) -> None:
        """Remove an original and its viewing copies. Raises StorageError while a maker hasn't let go."""
        self.original.delete(location)
        self.copies.erase(location)
