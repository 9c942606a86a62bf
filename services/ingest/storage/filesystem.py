"""A folder as a store: written aside, synced, then linked to its name, which must be free. It never overwrites."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from services.ingest.storage import folder_marker
from services.ingest.storage.adapter import (
    CHUNK_BYTES,
    BadLocation,
    Location,
    LocationTaken,
    NotStored,
    Seen,
    StorageExhausted,
    StoredObject,
    StoreUnreachable,
)
from services.ingest.storage.descent import FOLDER_MODE, folder_of, is_there, make_folders, open_file
from services.ingest.storage.identity import MARKER, Known, Mark, id_to_make, must_be, settle
from services.ingest.storage.naming import checked
from services.ingest.storage.unfinished import TRIES_MAX, copy, locked, remove_if_nobody_writes
from services.ingest.storage.walk import walk

UNFINISHED = ".unfinished"
MOUNT_IT = f"mount its volume, which has {MARKER}; if it is lost for good: docs/backup.md, a lost store"
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class FilesystemStore:
    """A store below ``root``. Its marker tells the real volume from an empty mount point and from another volume."""

    root: Path
    name: str
    id: str = ""
    reserve_bytes: int = 0
    sync: Callable[[int], None] = os.fsync  # injected, so that a test can see what is durable when

    @staticmethod
    def create(root: Path, name: str, *, reserve_bytes: int = 0, known: Known | None = None) -> FilesystemStore:
        """Make a store in an empty or missing folder, or open the one that is there. Raises StoreUnreachable.

        One that is ``known`` to be used is never made: it is there, or something is wrong.
        """
        store = FilesystemStore(root.resolve(), name, reserve_bytes=reserve_bytes)
        if not (known and known.is_used) and not (root / MARKER).exists():
            root.mkdir(parents=True, exist_ok=True)
            store.mark(id_to_make(known))
        store = replace(store, id=store.marked().id)
        return replace(store, id=settle(store, known))

    @property
    def at(self) -> str:
        """Where it is, for messages."""
        return str(self.root)

    def mark(self, id: str) -> None:  # noqa: A002 - it is no other word
        """Declare the folder a store. Refuses a folder with other files: they would look like our own."""
        if {path.name for path in self.root.iterdir() if not path.name.startswith(MARKER)} - {UNFINISHED}:
            raise StoreUnreachable(f"{self.root} isn't empty and has no {MARKER}: use an empty folder, or mount")
        (self.root / UNFINISHED).mkdir(FOLDER_MODE, exist_ok=True)
        folder_marker.write_once(self.root, Mark(self.name, id))

    def mark_again(self, id: str) -> str:  # noqa: A002 - it is no other word
        """Give the store another id, in one step; return it."""
        folder_marker.rewrite(self.root, Mark(self.name, id))
        return id

    def marked(self) -> Mark:
        """Return what the marker says. Raises StoreUnreachable where it is missing or names another store."""
        try:
            found = folder_marker.read(self.root)
        except OSError as missing:
            raise StoreUnreachable(f"store {self.name!r} isn't at {self.root}: {MOUNT_IT}") from missing
        if found.name != self.name:
            raise StoreUnreachable(f"{self.root} holds store {found.name!r}, not {self.name!r}: mount the right volume")
        return found

    def check(self) -> None:
        """Raise StoreUnreachable unless this very store is there: without it a missing file proves nothing."""
        must_be(self.name, self.at, self.marked().id, self.id)

    def put(self, source: Path | BinaryIO, location: Location) -> StoredObject:
        """Write, sync, name and sync again. Raises LocationTaken, StorageExhausted, StoreUnreachable, BadLocation."""
        checked(location)
        if isinstance(source, Path):
            with source.open("rb") as opened:
                self._room_for(os.fstat(opened.fileno()).st_size)
                return self._put(opened, location)
        self._room_for(None)
        return self._put(source, location)

    def open(self, location: Location, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield a range in chunks. The file is opened before this returns, so a deletion in between can't cut it."""
        opened = self._opened(location)
        opened.seek(start)
        return _chunks(opened, length)

    def size(self, location: Location) -> int:
        """Return the size in bytes. Raises NotStored."""
        with self._opened(location) as opened:
            return os.fstat(opened.fileno()).st_size

    @contextmanager
    def borrow(self, location: Location) -> Iterator[Path]:
        """Lend the object's own path. Raises NotStored."""
        self.size(location)
        yield self.path_of(location)

    def absent(self, location: Location) -> bool:
        """Ask the disk. The store is checked before and after, for a volume can go away in between."""
        self.check()
        try:
            there = is_there(self.root, checked(location))
        except OSError as failed:
            raise StoreUnreachable(f"{location!r} in store {self.name!r}: {failed.strerror}") from failed
        self.check()
        return not there

    def versions(self, location: Location) -> tuple[str, ...]:
        """Return one empty id for what lies there: a folder keeps no versions."""
        return () if self.absent(location) else ("",)

    def list(self, prefix: str = "", after: str = "") -> Iterator[Location]:
        """Walk the store in order, folder by folder; hidden names are the store's own."""
        return (seen.location for seen in self.look(prefix, after))

    def look(self, prefix: str = "", after: str = "") -> Iterator[Seen]:
        """Walk as ``list`` does, from the folder that ``prefix`` names."""
        self.check()
        folder = prefix[: prefix.rfind("/") + 1]
        passed = after.removeprefix(folder).split("/") if after else []
        for found in walk(self.root / folder, folder, passed):
            if found.startswith(prefix):
                with suppress(FileNotFoundError):
                    size = (self.root / found).lstat().st_size
                    yield Seen(location=Location(found), size_bytes=size)

    def free_bytes(self) -> int:
        """Return the bytes that unprivileged writers still have, less the reserve; never negative."""
        self.check()
        volume = os.statvfs(self.root)
        return max(0, volume.f_bavail * volume.f_frsize - self.reserve_bytes)

    def clear_unfinished(self) -> int:
        """Remove leftovers. A writer holds a lock on its file, and a killed one's lock went with it."""
        self.check()
        with folder_of(self.root, f"{UNFINISHED}/") as (folder, _):
            names = os.listdir(folder)  # noqa: PTH208 - of a folder that is open, not of a path
            return sum(remove_if_nobody_writes(folder, name) for name in names)

    def path_of(self, location: Location) -> Path:
        """Return where a location lies, for programs that read by path. Raises BadLocation where links lead out of it.

        Only for reading: what writes or removes goes by ``descent``, which nobody can swap a link into afterwards.
        """
        path = self.root / checked(location)
        if not path.parent.resolve().is_relative_to(self.root):
            raise BadLocation(f"{location!r} leads out of store {self.name!r} through a link: remove the link")
        return path

    def _room_for(self, needed: int | None) -> None:
        free = self.free_bytes()
        if free < (needed or 1):
            raise self._exhausted(needed)

    def _exhausted(self, needed: int | None) -> StorageExhausted:
        volume = os.statvfs(self.root)
        free = volume.f_bavail * volume.f_frsize
        return StorageExhausted(store=self.name, needed_bytes=needed, free_bytes=free, reserve_bytes=self.reserve_bytes)

    def _put(self, source: BinaryIO, location: Location) -> StoredObject:
        with folder_of(self.root, f"{UNFINISHED}/{secrets.token_hex(12)}.part") as (folder, name):
            try:
                with locked(folder, name) as file:
                    sha256, size = copy(source, file, self.sync)
                    self._link(folder, name, location)
            except OSError as failed:
                if failed.errno in NO_ROOM:
                    raise self._exhausted(None) from failed
                raise
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)
        return StoredObject(store=self.name, location=location, sha256=sha256, size_bytes=size)

    def _link(self, unfinished: int, name: str, location: Location) -> None:
        for attempt in range(TRIES_MAX):
            try:
                for folder in make_folders(self.root, location):
                    self.sync(folder)
                with folder_of(self.root, location) as (folder, last):
                    # A link fails where a rename would overwrite.
                    os.link(name, last, src_dir_fd=unfinished, dst_dir_fd=folder, follow_symlinks=False)
                    self.sync(folder)
            except FileExistsError as taken:
                raise LocationTaken(f"{location!r} is taken in store {self.name!r}: make a new location") from taken
            except FileNotFoundError:
                # A removal took the empty folder away between the two calls; it does so once, not for ever.
                if attempt == TRIES_MAX - 1:
                    raise
                continue
            break

    def _opened(self, location: Location) -> BinaryIO:
        try:
            return os.fdopen(open_file(self.root, checked(location)), "rb")
        except (FileNotFoundError, NotADirectoryError) as missing:
            self.check()
            raise NotStored(f"nothing lies at {location!r} in store {self.name!r}") from missing


def _chunks(opened: BinaryIO, length: int | None) -> Iterator[bytes]:
    with opened:
        left = length
        while left is None or left > 0:
            chunk = opened.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
            if not chunk:
                return
            left = None if left is None else left - len(chunk)
            yield chunk
