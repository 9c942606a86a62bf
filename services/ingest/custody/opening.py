"""Open the stores that the settings name, each with what may delete from it and what may lock in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.ingest.settings import IngestSettings
from services.ingest.storage.adapter import LegalHolds, Store
from services.ingest.storage.address import address
from services.ingest.storage.copies import Stores
from services.ingest.storage.filesystem import FilesystemStore
from services.ingest.storage.removal import FilesystemRemoval, Removal


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The stores for everybody, and what only custody gets."""

    stores: Stores
    removals: dict[str, Removal]


def open_stores(own: IngestSettings, folder: Path) -> Opened:
    """Open every store. Raises BadAddress and StoreUnreachable: without a safe place for footage nothing starts."""
    stores, removals, locks = dict[str, Store](), dict[str, Removal](), dict[str, LegalHolds]()
    for name, where in (("store", own.storage or str(folder / "store")), ("replica", own.storage_replica)):
        if where:
            stores[name], removals[name], lock = _open(where, name, own.reserve_bytes)
            locks |= {name: lock} if lock else {}
    return Opened(stores=Stores(stores, locks), removals=removals)


def _open(where: str, name: str, reserve_bytes: int) -> tuple[Store, Removal, LegalHolds | None]:
    at = address(where)
    if isinstance(at, Path):
        folder = FilesystemStore.create(at, name, reserve_bytes=reserve_bytes)
        return folder, FilesystemRemoval(folder), None
    # Only who has a bucket pays for the client in memory and in time to start.
    from services.ingest.storage.s3 import S3Store
    from services.ingest.storage.s3_removal import S3LegalHolds, S3Removal

    store = S3Store.create(at, name)
    return store, S3Removal(store), S3LegalHolds(store)
