"""What every store promises: one suite, held by the fake in memory, by the file system and by a real bucket."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest

from services.ingest.storage.adapter import (
    BadLocation,
    DifferentBytes,
    LegalHolds,
    Location,
    LocationTaken,
    NotStored,
    RefusedByLock,
    StorageExhausted,
    Store,
    StoredObject,
    StoreUnreachable,
)
from services.ingest.storage.copies import Stores, verify
from services.ingest.storage.filesystem import FilesystemStore
from services.ingest.storage.identity import MARKER
from services.ingest.storage.removal import FilesystemRemoval, Removal
from services.ingest.storage.s3 import S3Store
from services.ingest.storage.s3_removal import S3LegalHolds, S3Removal
from tests.fakes.storage import FakeLegalHolds, FakeRemoval, FakeStore

PLACE = Location("cam 1 廣場/2026/11/22/20261122T010203.000Z_g1_00ff.mp4")
FOOTAGE = bytes(range(256)) * 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A store, what deletes from it, what locks in it if anything does, and a way to make it unreachable."""

    store: Store
    removal: Removal
    unplug: Callable[[], object]
    locks: LegalHolds | None = None


def in_memory(_: pytest.FixtureRequest) -> Shelf:
    fake = FakeStore()
    unplug = lambda: setattr(fake, "reachable", False)  # noqa: E731 (a line reads better here)
    return Shelf(store=fake, removal=FakeRemoval(fake), unplug=unplug, locks=FakeLegalHolds(fake))


def on_disk(request: pytest.FixtureRequest) -> Shelf:
    store = FilesystemStore.create(request.getfixturevalue("tmp_path") / "store", "disk")
    return Shelf(store=store, removal=FilesystemRemoval(store), unplug=(store.root / MARKER).unlink)


def in_a_bucket(request: pytest.FixtureRequest) -> Shelf:
    store: S3Store = request.getfixturevalue("in_bucket")
    unplug = partial(store.bucket.call, "delete_object", Key=store.bucket.address.prefix + MARKER)
    return Shelf(store=store, removal=S3Removal(store), unplug=unplug, locks=S3LegalHolds(store))


@pytest.fixture(params=[in_memory, on_disk, in_a_bucket])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    made: Shelf = request.param(request)
    return made


@pytest.fixture(params=[in_memory, in_a_bucket])
def locked(request: pytest.FixtureRequest) -> tuple[Shelf, LegalHolds]:
    shelf: Shelf = request.param(request)
    assert shelf.locks is not None
    shelf.store.put(io.BytesIO(FOOTAGE), PLACE)
    shelf.locks.put(PLACE)
    return shelf, shelf.locks


def read(store: Store, start: int = 0, length: int | None = None) -> bytes:
    return b"".join(store.open(PLACE, start, length))


def test_what_was_put_is_read_back_with_its_hash_and_size(shelf: Shelf, tmp_path: Path) -> None:
    source = tmp_path / "上午 9 點.mp4"
    source.write_bytes(FOOTAGE)
    stored = shelf.store.put(source, PLACE)
    assert (stored.sha256, stored.size_bytes) == (hashlib.sha256(FOOTAGE).hexdigest(), len(FOOTAGE))
    assert read(shelf.store) == FOOTAGE
    assert shelf.store.size(PLACE) == len(FOOTAGE)
    assert list(shelf.store.list("cam 1")) == [PLACE]


@pytest.mark.parametrize(("start", "length"), [(0, 1), (100, 70), (1048575, 2), (2097151, 9), (5000000, 1), (7, 0)])
def test_a_range_is_exactly_the_bytes_asked_for(shelf: Shelf, start: int, length: int) -> None:
    shelf.store.put(io.BytesIO(FOOTAGE), PLACE)
    assert read(shelf.store, start, length) == FOOTAGE[start : start + length]


def test_a_taken_location_keeps_its_first_bytes(shelf: Shelf) -> None:
    shelf.store.put(io.BytesIO(b"first"), PLACE)
    with pytest.raises(LocationTaken):
        shelf.store.put(io.BytesIO(b"second"), PLACE)
    assert read(shelf.store) == b"first"
    assert list(shelf.store.list()) == [PLACE]


def test_absence_is_proved_before_and_after_but_not_while_it_lies_there(shelf: Shelf) -> None:
    assert shelf.store.absent(PLACE)
    shelf.store.put(io.BytesIO(FOOTAGE), PLACE)
    assert not shelf.store.absent(PLACE)
    shelf.removal.delete(PLACE)
    assert shelf.store.absent(PLACE)
    assert list(shelf.store.list()) == []


def test_what_lies_there_has_one_version_and_what_does_not_has_none(shelf: Shelf) -> None:
    assert shelf.store.versions(PLACE) == ()
    stored = shelf.store.put(io.BytesIO(FOOTAGE), PLACE)
    assert shelf.store.versions(PLACE) == (stored.version,)


def test_a_listing_goes_on_where_it_stopped(shelf: Shelf) -> None:
    places = [Location(f"{name}.mp4") for name in ("a/1", "a/2", "a.b/1", "a1", "b/c/1", "b/1")]
    for place in places:
        shelf.store.put(io.BytesIO(b"x"), place)
    whole = list(shelf.store.list())
    assert sorted(whole) == sorted(places)
    assert [list(shelf.store.list(after=place)) for place in whole] == [whole[at + 1 :] for at in range(len(whole))]


def test_a_look_tells_sizes_below_one_folder_alone(shelf: Shelf) -> None:
    for name in ("a/1.mp4", "a/2.mp4", "a/b/3.mp4", "ab/4.mp4"):
        shelf.store.put(io.BytesIO(name.encode() * len(name)), Location(name))
    seen = [(each.location, each.size_bytes, each.versions) for each in shelf.store.look("a/", after="a/1.mp4")]
    assert seen == [("a/2.mp4", 49, 1), ("a/b/3.mp4", 81, 1)]
    assert list(shelf.store.look("nothing/")) == []


def test_what_is_under_a_legal_hold_of_the_store_is_not_deleted(locked: tuple[Shelf, LegalHolds]) -> None:
    shelf, locks = locked
    assert locks.is_on(PLACE)
    with pytest.raises(RefusedByLock, match="legal hold"):
        shelf.removal.delete(PLACE)
    assert read(shelf.store) == FOOTAGE
    locks.lift(PLACE)
    assert not locks.is_on(PLACE)
    shelf.removal.delete(PLACE)
    assert shelf.store.absent(PLACE)


def test_nothing_is_locked_where_nothing_lies(locked: tuple[Shelf, LegalHolds]) -> None:
    for ask in (locked[1].put, locked[1].lift, locked[1].is_on):
        with pytest.raises(NotStored):
            ask(Location("cam/nothing.mp4"))


def test_deleting_twice_is_deleting_once(shelf: Shelf) -> None:
    shelf.store.put(io.BytesIO(FOOTAGE), PLACE)
    shelf.removal.delete(PLACE)
    shelf.removal.delete(PLACE)
    with pytest.raises(NotStored):
        read(shelf.store)


def test_a_deletion_leaves_its_neighbours(shelf: Shelf) -> None:
    neighbour = Location(PLACE.replace("00ff", "00fe"))
    shelf.store.put(io.BytesIO(b"a"), PLACE)
    shelf.store.put(io.BytesIO(b"b"), neighbour)
    shelf.removal.delete(PLACE)
    assert list(shelf.store.list()) == [neighbour]


def test_a_store_that_is_not_there_proves_nothing_and_takes_nothing(shelf: Shelf) -> None:
    shelf.store.put(io.BytesIO(FOOTAGE), PLACE)
    shelf.unplug()
    for ask in (shelf.store.absent, shelf.removal.delete, lambda at: shelf.store.put(io.BytesIO(b""), at)):
        with pytest.raises(StoreUnreachable):
            ask(PLACE)


def test_a_borrowed_path_has_the_bytes(shelf: Shelf) -> None:
    shelf.store.put(io.BytesIO(FOOTAGE), PLACE)
    with shelf.store.borrow(PLACE) as path:
        assert path.read_bytes() == FOOTAGE


@pytest.mark.parametrize("outside", ["../a", "/etc/passwd", "a/../b", ".hidden", "a//b", "", "a/.x", "\x00", "x" * 901])
def test_a_place_outside_the_store_is_no_location(shelf: Shelf, outside: str) -> None:
    with pytest.raises(BadLocation):
        shelf.store.put(io.BytesIO(b""), Location(outside))
    with pytest.raises(BadLocation):
        shelf.removal.delete(Location(outside))


def test_a_replica_is_equal_and_a_changed_one_is_found(shelf: Shelf) -> None:
    replica = FakeStore(name="replica")
    stores = Stores({shelf.store.name: shelf.store, replica.name: replica})
    original = shelf.store.put(io.BytesIO(FOOTAGE), PLACE)
    copy = stores.replicate(original, replica)
    assert (copy.store, copy.sha256) == ("replica", original.sha256)
    replica.objects[PLACE] = FOOTAGE[:-1] + b"x"
    with pytest.raises(DifferentBytes):
        verify(replica, copy)


def test_a_replica_that_a_killed_run_left_counts_if_it_reads_the_same(shelf: Shelf) -> None:
    replica = FakeStore(name="replica", objects={PLACE: FOOTAGE})
    stores = Stores({shelf.store.name: shelf.store, replica.name: replica})
    original = shelf.store.put(io.BytesIO(FOOTAGE), PLACE)
    assert stores.replicate(original, replica).sha256 == original.sha256
    replica.objects[PLACE] = FOOTAGE[1:]
    with pytest.raises(DifferentBytes):
        stores.replicate(original, replica)


def test_a_replica_is_read_back_before_it_counts(shelf: Shelf) -> None:
    class Forgetful(FakeStore):
        def put(self, source: Path | BinaryIO, location: Location) -> StoredObject:
            stored = FakeStore.put(self, source, location)
            self.objects[location] = b"something else"
            return stored

    replica = Forgetful(name="replica")
    stores = Stores({shelf.store.name: shelf.store, replica.name: replica})
    with pytest.raises(DifferentBytes):
        stores.replicate(shelf.store.put(io.BytesIO(FOOTAGE), PLACE), replica)


def test_each_store_proves_absent_its_own_copy_and_no_other(shelf: Shelf) -> None:
    replica = FakeStore(name="replica")
    stores = Stores({shelf.store.name: shelf.store, replica.name: replica})
    stores.replicate(shelf.store.put(io.BytesIO(FOOTAGE), PLACE), replica)

    def absent() -> list[str]:
        return [name for name, store in stores.by_name.items() if store.absent(PLACE)]

    assert absent() == []
    shelf.removal.delete(PLACE)
    assert absent() == [shelf.store.name]
    FakeRemoval(replica).delete(PLACE)
    assert absent() == [shelf.store.name, "replica"]


def test_a_store_without_room_says_so_and_keeps_nothing() -> None:
    full = FakeStore(room_bytes=10)
    with pytest.raises(StorageExhausted, match="10 bytes free"):
        full.put(io.BytesIO(FOOTAGE), PLACE)
    assert list(full.list()) == []
