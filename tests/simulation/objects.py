"""An object store in memory with the errors of a real one: no room, not reachable. It never loses what it took."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from services.ingest.storage.adapter import (
    Location,
    LocationTaken,
    NotStored,
    Seen,
    StorageExhausted,
    StoredObject,
    StoreUnreachable,
)


class MemoryStore:
    """A ``Store`` whose weather the simulation makes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.objects: dict[str, bytes] = {}
        self.full = False
        self.unreachable = False

    def put(self, source: Path | BinaryIO, location: Location) -> StoredObject:
        """Store the bytes."""
        self.check()
        content = source.read_bytes() if isinstance(source, Path) else source.read()
        if self.full:
            raise StorageExhausted(store=self.name, needed_bytes=len(content), free_bytes=0, reserve_bytes=0)
        if location in self.objects:
            raise LocationTaken(f"{location!r} is taken")
        self.objects[location] = content
        sha256 = hashlib.sha256(content).hexdigest()
        return StoredObject(store=self.name, location=location, sha256=sha256, size_bytes=len(content))

    def open(self, location: Location, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield bytes."""
        self.check()
        if location not in self.objects:
            raise NotStored(f"nothing at {location!r}")
        content = self.objects[location]
        yield content[start : None if length is None else start + length]

    def size(self, location: Location) -> int:
        """Return how many bytes lie there."""
        return len(b"".join(self.open(location)))

    def borrow(self, location: Location) -> AbstractContextManager[Path]:
        """Lend no path: nothing in the simulation makes replicas."""
        raise NotImplementedError(location)

    def absent(self, location: Location) -> bool:
        """Prove that nothing lies there."""
        self.check()
        return location not in self.objects

    def versions(self, location: Location) -> tuple[str, ...]:
        """Return one empty id for what lies there."""
        return () if self.absent(location) else ("",)

    def look(self, prefix: str = "", after: str = "") -> Iterator[Seen]:
        """Yield what lies there."""
        return (Seen(location=each, size_bytes=len(self.objects[each])) for each in self.list(prefix, after))

    def list(self, prefix: str = "", after: str = "") -> Iterator[Location]:
        """Yield locations."""
        self.check()
        return (Location(name) for name in sorted(self.objects) if name.startswith(prefix) and name > after)

    def free_bytes(self) -> int:
        """Return the room."""
        return 0 if self.full else 1_000_000

    def clear_unfinished(self) -> int:
        """Nothing is ever half stored here."""
        return 0

    def check(self) -> None:
        """Raise if the store can't be reached."""
        if self.unreachable:
            raise StoreUnreachable(f"store {self.name!r} can't be reached")


class MemoryRemoval:
    """Takes objects out of a store, and tells the checker of each."""

    method = "removed from memory"

    def __init__(self, store: MemoryStore, on_delete: Callable[[str], None]) -> None:
        self._store = store
        self._on_delete = on_delete

    def delete(self, location: Location) -> None:
        """Remove what lies there; nothing there is no error."""
        self._store.check()
        if self._store.objects.pop(location, None) is not None:
            self._on_delete(location)
