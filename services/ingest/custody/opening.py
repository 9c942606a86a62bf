"""Open the stores that the settings name, each with what may delete from it and what may lock in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

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


# Footage that is gone counts, too: its store was there, and its marker stays when the last file goes.
_IN_THE_FIRST = text("select exists (select from segment_hot) or exists (select from segment_hour)")
_IN_A_REPLICA = text("select exists (select from segment_copy where location like 'replica:%')")


async def used_stores(engine: AsyncEngine) -> frozenset[str]:
    """Return the stores in which the catalog knows footage, of now or before. Ask once our own log is read."""
    async with engine.connect() as tx:
        asked = {"store": _IN_THE_FIRST, "replica": _IN_A_REPLICA}
        return frozenset([name for name, question in asked.items() if await tx.scalar(question)])


def open_stores(own: IngestSettings, folder: Path, used: Collection[str] = ()) -> Opened:
    """Open every store; one that is ``used`` must be there, with its marker: an empty folder in its place is none.

    Raises BadAddress and StoreUnreachable: without a safe place for footage nothing starts.
    """
    stores, removals, locks = dict[str, Store](), dict[str, Removal](), dict[str, LegalHolds]()
    for name, where in (("store", own.storage or str(folder / "store")), ("replica", own.storage_replica)):
        if where:
            stores[name], removals[name], lock = _open(where, name, own.reserve_bytes, is_used=name in used)
            locks |= {name: lock} if lock else {}
    return Opened(stores=Stores(stores, locks), removals=removals)


def _open(where: str, name: str, reserve_bytes: int, *, is_used: bool) -> tuple[Store, Removal, LegalHolds | None]:
    at = address(where)
    if isinstance(at, Path):
        folder = FilesystemStore.create(at, name, reserve_bytes=reserve_bytes, is_used=is_used)
        return folder, FilesystemRemoval(folder), None
    # Only who has a bucket pays for the client in memory and in time to start.
    from services.ingest.storage.s3 import S3Store
    from services.ingest.storage.s3_removal import S3LegalHolds, S3Removal

    store = S3Store.create(at, name, is_used=is_used)
    return store, S3Removal(store), S3LegalHolds(store)
