"""What every store promises, and what it says when it can't keep it. A store has no delete: that is ``removal``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NewType, Protocol

Location = NewType("Location", str)
"""A place inside one store, as ``naming.location`` makes it: used once, for one upload, and never again."""

CHUNK_BYTES = 1024 * 1024


class StorageError(Exception):
    """A store could not do what it was asked. The message names the value, the rule and the remedy."""


class StorageExhausted(StorageError):
    """There is no room. Nothing was left behind; ingest stops and says so, and nothing is deleted for it (I3)."""

    def __init__(self, *, store: str, needed_bytes: int | None, free_bytes: int, reserve_bytes: int) -> None:
        needed = "more" if needed_bytes is None else f"{needed_bytes} bytes"
        super().__init__(
            f"store {store!r} has {free_bytes} bytes free, keeps {reserve_bytes} in reserve and was to take {needed}: "
            "add space, or wait for what is due; nothing that is held or inside its minimum goes for want of space"
        )
        self.store = store
        self.needed_bytes = needed_bytes
        self.free_bytes = free_bytes
        self.reserve_bytes = reserve_bytes


class StoreUnreachable(StorageError):
    """The store isn't there, or another one is in its place. It proves nothing: least of all that bytes are gone."""


class LocationTaken(StorageError):
    """Something lies there already. It was not touched."""


class NotStored(StorageError):
    """Nothing lies at this location."""


class BadLocation(StorageError):
    """This is no location inside a store."""


class RefusedByLock(StorageError):
    """The store keeps the bytes locked: a legal hold of its own, or its retention. They stay until that is lifted."""


class DifferentBytes(StorageError):
    """What was read back isn't what was written: the copy can't be trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """Bytes that are on the disk: the file and the folder that names it were synced before this existed."""

    store: str
    location: Location
    sha256: str
    size_bytes: int
    version: str = ""  # the store's own id of these bytes; empty where it keeps no versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a listing tells of one location: the size of the footage, and how many versions and markers lie there."""

    location: Location
    size_bytes: int | None  # None: only markers are left
    versions: int = 1


class LegalHolds(Protocol):
    """Locks of a store's own that keep single objects from being deleted by anyone."""

    def put(self, location: Location) -> None:
        """Put a legal hold on the footage. Raises NotStored, StoreUnreachable."""

    def lift(self, location: Location) -> None:
        """Take the legal hold off. Raises NotStored, StoreUnreachable."""

    def is_on(self, location: Location) -> bool:
        """Ask the store. Raises NotStored, StoreUnreachable."""


class Store(Protocol):
    """A place for footage. Every call blocks; every object is whole or not there. One contract suite holds them all."""

    @property
    def name(self) -> str:
        """The name that manifests and receipts carry."""

    def put(self, source: Path | BinaryIO, location: Location) -> StoredObject:
        """Store the bytes durably. Raises LocationTaken, StorageExhausted, StoreUnreachable, BadLocation."""

    def open(self, location: Location, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield ``length`` bytes from ``start`` (to the end if None). Raises NotStored before the first byte."""

    def size(self, location: Location) -> int:
        """Return how many bytes lie there. Raises NotStored."""

    def borrow(self, location: Location) -> AbstractContextManager[Path]:
        """Lend a path to read from, for programs that need one. Raises NotStored. Never write to it."""

    def absent(self, location: Location) -> bool:
        """Prove that nothing lies there. Raises StoreUnreachable when the store itself can't be shown to be there."""

    def versions(self, location: Location) -> tuple[str, ...]:
        """Return the ids of all that lies there, oldest first: the footage, then what should not be there.

        A store without versions has one empty id for what lies there. Nothing there: no id.
        """

    def look(self, prefix: str = "", after: str = "") -> Iterator[Seen]:
        """Yield what lies at locations that begin with ``prefix`` and follow ``after``, as ``list`` does."""

    def list(self, prefix: str = "", after: str = "") -> Iterator[Location]:
        """Yield locations that begin with ``prefix`` and follow ``after``, in the store's order; none unfinished."""

    def free_bytes(self) -> int | None:
        """Return what may still be stored, less the reserve; None if the store can't tell before it is full."""

    def clear_unfinished(self) -> int:
        """Remove what killed uploads left behind, never one that is under way; return how many. Call it at start."""
