"""A store in memory, held to the same contract as the real ones, with room that a test can take away."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from services.ingest.storage.adapter import (
    CHUNK_BYTES,
    Location,
    LocationTaken,
    NotStored,
    RefusedByLock,
    Seen,
    StorageExhausted,
    StoredObject,
    StoreUnreachable,
)
from services.ingest.storage.naming import checked


@dataclass(slots=True)
class FakeStore:
    """Keeps objects in a dict. ``reachable`` and ``room_bytes`` are there to be changed by tests."""

    name: str = "memory"
    objects: dict[Location, bytes] = field(default_factory=dict)
    room_bytes: int = 1 << 40
    reachable: bool = True
    held: set[Location] = field(default_factory=set)  # under a legal hold of the store's own

    def put(self, source: Path | BinaryIO, location: Location) -> StoredObject:
        """Store the bytes, or raise what the real store raises."""
        self._check()
        content = source.read_bytes() if isinstance(source, Path) else source.read()
        if checked(location) in self.objects:
            raise LocationTaken(location)
        if len(content) > self.free_bytes():
            raise StorageExhausted(
                store=self.name, needed_bytes=len(content), free_bytes=self.free_bytes(), reserve_bytes=0
            )
        self.objects[location] = content
        digest = hashlib.sha256(content).hexdigest()
        return StoredObject(store=self.name, location=location, sha256=digest, size_bytes=len(content))

    def open(self, location: Location, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield a range of the bytes that lie there now."""
        content = self._content(location)
        wanted = content[start : None if length is None else start + length]
        return iter([wanted[at : at + CHUNK_BYTES] for at in range(0, len(wanted), CHUNK_BYTES)])

    def size(self, location: Location) -> int:
        """Return the size in bytes."""
        return len(self._content(location))

    @contextmanager
    def borrow(self, location: Location) -> Iterator[Path]:
        """Write the bytes into a temporary file for as long as it is lent."""
        with tempfile.NamedTemporaryFile(suffix=Path(location).suffix) as lent:
            lent.write(self._content(location))
            lent.flush()
            yield Path(lent.name)

    def absent(self, location: Location) -> bool:
        """Answer for a location, if the store can be reached."""
        self._check()
        return checked(location) not in self.objects

    def versions(self, location: Location) -> tuple[str, ...]:
        """Return one empty id for what lies there."""
        return () if self.absent(location) else ("",)

    def look(self, prefix: str = "", after: str = "") -> Iterator[Seen]:
        """Yield what lies there."""
        return (Seen(location=each, size_bytes=len(self.objects[each])) for each in self.list(prefix, after))

    def list(self, prefix: str = "", after: str = "") -> Iterator[Location]:
        """Yield the locations in order."""
        self._check()
        return iter(sorted(each for each in self.objects if each.startswith(prefix) and each > after))

    def free_bytes(self) -> int:
        """Return the room that is left."""
        self._check()
        return max(0, self.room_bytes - sum(len(content) for content in self.objects.values()))

    def clear_unfinished(self) -> int:
        """Nothing is ever unfinished here."""
        return 0

    def _content(self, location: Location) -> bytes:
        self._check()
        try:
            return self.objects[checked(location)]
        except KeyError:
            raise NotStored(location) from None

    def _check(self) -> None:
        if not self.reachable:
            raise StoreUnreachable(self.name)


@dataclass(frozen=True, slots=True)
class FakeRemoval:
    """Takes objects out of a FakeStore."""

    store: FakeStore
    method: str = "forgotten"

    def delete(self, location: Location) -> None:
        """Forget what lies there; nothing there is no error."""
        self.store.free_bytes()
        if location in self.store.held:
            raise RefusedByLock(f"{location!r} is under a legal hold in {self.store.name!r}")
        self.store.objects.pop(checked(location), None)


@dataclass(frozen=True, slots=True)
class FakeLegalHolds:
    """The locks of a FakeStore."""

    store: FakeStore

    def put(self, location: Location) -> None:
        """Lock what lies there."""
        self.store.size(location)
        self.store.held.add(location)

    def lift(self, location: Location) -> None:
        """Unlock what lies there."""
        self.store.size(location)
        self.store.held.discard(location)

    def is_on(self, location: Location) -> bool:
        """Tell whether it is locked."""
        self.store.size(location)
        return location in self.store.held
