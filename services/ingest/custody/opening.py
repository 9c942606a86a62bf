"""Open the stores that the settings name, each with what may delete from it and what may lock in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.custody import gate
from services.ingest.settings import IngestSettings
from services.ingest.storage.adapter import LegalHolds, Location, Store
from services.ingest.storage.address import address
from services.ingest.storage.copies import Stores
from services.ingest.storage.filesystem import FilesystemStore
from services.ingest.storage.identity import Known, Marked, id_to_make
from services.ingest.storage.removal import FilesystemRemoval, Removal

ASKED_MAX = 500
NOTHING_KNOWN: Mapping[str, Known] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The stores for everybody, and what only custody gets."""

    stores: Stores
    removals: dict[str, Removal]
    ids: dict[str, str]


# Footage that is gone counts, too: its store was there, and its marker stays when the last file goes.
_IS_USED = {
    "store": text("select exists (select from segment_hot) or exists (select from segment_hour)"),
    "replica": text("select exists (select from segment_copy where location like 'replica:%')"),
}
# What left ``kept`` may be gone by now.
_KEPT = {
    "store": text("""
select location from segment s
 where not exists (select from segment_state t where (t.camera_id, t.started_us, t.generation)
                                                   = (s.camera_id, s.started_us, s.generation))
 limit :most"""),
    "replica": text("""
select substr(location, length('replica:') + 1) from segment_copy s
 where location like 'replica:%'
   and not exists (select from segment_state t where (t.camera_id, t.started_us, t.generation)
                                                   = (s.camera_id, s.started_us, s.generation))
 limit :most"""),
}
_REMEMBERED = text("select store, id from store_identity")
_REMEMBER = text("insert into store_identity (store, id) values (:store, :id) on conflict (store) do nothing")


async def open_ours(engine: AsyncEngine, own: IngestSettings, folder: Path) -> Opened:
    """Open every store that is ours, and remember its id. Only once our own log is read: it tells what must be there.

    Raises as ``open_stores``. One process of ours at a time: of two that start on a new store, one finds it made.
    """
    async with engine.begin() as tx:
        await gate.opening(tx)
        await _claim(tx, _places(own, folder), await known_stores(tx))
    async with engine.begin() as tx:
        await gate.opening(tx)
        opened = open_stores(own, folder, await known_stores(tx))
        for name, id_ in opened.ids.items():
            await tx.execute(_REMEMBER, {"store": name, "id": id_})
    return opened


async def _claim(tx: AsyncConnection, names: Collection[str], known: Mapping[str, Known]) -> None:
    """Choose the id of each store that is to be new, durably before anybody looks at it: it is made so, or another's.

    Read from its marker, the id would be the same for two installations that begin on one empty folder.
    """
    for name in names:
        if not known[name].id and not known[name].is_used:
            await tx.execute(_REMEMBER, {"store": name, "id": id_to_make(known[name])})


async def known_stores(tx: AsyncConnection) -> dict[str, Known]:
    """Return what database and log tell of each store."""
    remembered = {row.store: row.id for row in await tx.execute(_REMEMBERED)}
    return {name: await _known(tx, name, remembered.get(name, "")) for name in _IS_USED}


async def _known(tx: AsyncConnection, name: str, remembered: str) -> Known:
    is_used = bool(await tx.scalar(_IS_USED[name]))
    kept = () if remembered else (await tx.scalars(_KEPT[name], {"most": ASKED_MAX})).all()
    return Known(id=remembered, is_used=is_used, kept=tuple(map(Location, kept)))


def open_stores(own: IngestSettings, folder: Path, known: Mapping[str, Known] = NOTHING_KNOWN) -> Opened:
    """Open every store; one that is known to be used must be there: neither an empty folder nor another store is it.

    Raises BadAddress and StoreUnreachable: without a safe place for footage nothing starts.
    """
    stores, ids = dict[str, Store](), dict[str, str]()
    removals, locks = dict[str, Removal](), dict[str, LegalHolds]()
    for name, where in _places(own, folder).items():
        store, removals[name], lock = _open(where, name, own.reserve_bytes, known.get(name))
        stores[name], ids[name] = store, store.id
        locks |= {name: lock} if lock else {}
    return Opened(stores=Stores(stores, locks), removals=removals, ids=ids)


def _places(own: IngestSettings, folder: Path) -> dict[str, str]:
    """Return where each store is that the settings name."""
    places = {"store": own.storage or str(folder / "store"), "replica": own.storage_replica}
    return {name: where for name, where in places.items() if where}


def _open(where: str, name: str, reserve_bytes: int, known: Known | None) -> tuple[Marked, Removal, LegalHolds | None]:
    at = address(where)
    if isinstance(at, Path):
        folder = FilesystemStore.create(at, name, reserve_bytes=reserve_bytes, known=known)
        return folder, FilesystemRemoval(folder), None
    # Only who has a bucket pays for the client in memory and in time to start.
    from services.ingest.storage.s3 import S3Store
    from services.ingest.storage.s3_removal import S3LegalHolds, S3Removal

    store = S3Store.create(at, name, known=known)
    return store, S3Removal(store), S3LegalHolds(store)
