"""The manifest of one segment: every copy that was made of it, each read back before it counted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.ingest.storage.adapter import (
    DifferentBytes,
    LegalHolds,
    LocationTaken,
    Store,
    StoredObject,
)


def sha256_of(path: Path) -> str:
    """Return the hash of a file as it lies there, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of this installation by name; the first takes new footage, the others keep replicas."""

    by_name: Mapping[str, Store]
    locks: Mapping[str, LegalHolds] = field(default_factory=dict)  # of the stores that have any

    @property
    def first(self) -> Store:
        """The store that takes new footage."""
        return next(iter(self.by_name.values()))

    @property
    def replicas(self) -> tuple[Store, ...]:
        """The stores that keep second copies, in order."""
        return tuple(self.by_name.values())[1:]

    def replicate(self, original: StoredObject, to: Store) -> StoredObject:
        """Copy an object to another store under its own location, then compare both as they lie on disk.

        A killed run's copy counts if it reads the same. Raises DifferentBytes, StorageExhausted, StoreUnreachable.
        """
        with self.by_name[original.store].borrow(original.location) as path:
            copy = self._put(path, original, to)
        verify(to, copy)
        verify(self.by_name[original.store], original)
        if copy.sha256 != original.sha256:
            raise DifferentBytes(f"{original.location!r} has other bytes in {to.name!r} than in {original.store!r}")
        return copy

    def _put(self, path: Path, original: StoredObject, to: Store) -> StoredObject:
        try:
            return to.put(path, original.location)
        except LocationTaken:
            return replace(original, store=to.name)


def verify(store: Store, expected: StoredObject) -> None:
    """Read an object back and compare. Raises DifferentBytes or NotStored."""
    digest, size = hashlib.sha256(), 0
    for chunk in store.open(expected.location):
        digest.update(chunk)
        size += len(chunk)
    if (digest.hexdigest(), size) != (expected.sha256, expected.size_bytes):
        raise DifferentBytes(
            f"{expected.location!r} in {store.name!r} reads {size} bytes {digest.hexdigest()}, "
            f"recorded were {expected.size_bytes} bytes {expected.sha256}: keep it, and restore it from its replica"
        )
