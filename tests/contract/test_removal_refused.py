"""One file that a disk won't let go is told in the adapter's words: a bare OSError would end the process, each time."""

from __future__ import annotations

import errno
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from services.ingest.storage import filesystem
from services.ingest.storage.adapter import Location, RefusedByLock, StorageError, StoreUnreachable
from services.ingest.storage.filesystem import FilesystemStore
from services.ingest.storage.removal import FilesystemRemoval

PLACE = Location("cam/2026/11/22/a.mp4")


@pytest.fixture
def store(tmp_path: Path) -> FilesystemStore:
    made = FilesystemStore.create(tmp_path / "store", "disk")
    made.put(io.BytesIO(b"footage"), PLACE)
    return made


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.EPERM, RefusedByLock), (errno.EACCES, RefusedByLock), (errno.EIO, StoreUnreachable)],
)
def test_what_the_disk_will_not_remove_is_kept_and_told(
    store: FilesystemStore, monkeypatch: pytest.MonkeyPatch, number: int, told: type[StorageError]
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(os, "unlink", refuses)
        with pytest.raises(told, match=os.strerror(number)):
            FilesystemRemoval(store).delete(PLACE)
    assert not store.absent(PLACE)


def test_a_folder_in_the_place_of_footage_is_kept_and_told(store: FilesystemStore) -> None:
    (store.root / "cam/b.mp4").mkdir()
    with pytest.raises(RefusedByLock):
        FilesystemRemoval(store).delete(Location("cam/b.mp4"))


def test_a_removal_that_is_not_durable_is_none(store: FilesystemStore) -> None:
    def fails(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(StoreUnreachable):
        FilesystemRemoval(replace(store, sync=fails)).delete(PLACE)
    # The name is gone; it is durable once a later try has synced the folder that it stood in.
    with pytest.raises(StoreUnreachable):
        FilesystemRemoval(replace(store, sync=fails)).delete(PLACE)
    FilesystemRemoval(store).delete(PLACE)
    assert store.absent(PLACE)


def test_a_disk_that_cannot_be_asked_proves_nothing_absent(
    store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bool:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(filesystem, "is_there", fails)
    with pytest.raises(StoreUnreachable):
        store.absent(PLACE)
