"""A folder as a store: written aside, synced, then linked to its name, which must be free. It never overwrites."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

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
from services.ingest.storage.naming import checked

MARKER = ".camledger-store"
UNFINISHED = ".unfinished"
MOUNT_IT = f"mount its volume, which has {MARKER}; if it is lost for good: docs/backup.md, a lost store"
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
TRIES_MAX = 5
FILE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class FilesystemStore:
    """A store below ``root``. Its marker file tells the real volume from an empty mount point in its place."""

    root: Path
    name: str
    reserve_bytes: int = 0
    sync: Callable[[int], None] = os.fsync  # injected, so that a test can see what is durable when

    @staticmethod
    def create(root: Path, name: str, *, reserve_bytes: int = 0, is_used: bool = False) -> FilesystemStore:
        """Make a store in an empty or missing folder, or open the one that is there. Raises StoreUnreachable.

        One that ``is_used``, for the catalog knows footage in it, is never made: it is there, or something is wrong.
        """
        store = FilesystemStore(root.resolve(), name, reserve_bytes)
        if not is_used and not (root / MARKER).exists():
            root.mkdir(parents=True, exist_ok=True)
            store.mark()
        store.check()
        return store

    def mark(self) -> None:
        """Declare the folder a store. Refuses a folder with other files: they would look like our own."""
        if {path.name for path in self.root.iterdir()} - {UNFINISHED}:
            raise StoreUnreachable(f"{self.root} isn't empty and has no {MARKER}: use an empty folder, or mount")
        (self.root / UNFINISHED).mkdir(FOLDER_MODE, exist_ok=True)
        (self.root / MARKER).write_text(f"{self.name}\n", encoding="utf-8")
        sync_folder(self.root)

    def check(self) -> None:
        """Raise StoreUnreachable unless this very store is there: without it a missing file proves nothing."""
        try:
            found = (self.root / MARKER).read_text(encoding="utf-8").strip()
        except OSError as missing:
            raise StoreUnreachable(f"store {self.name!r} isn't at {self.root}: {MOUNT_IT}") from missing
        if found != self.name:
            raise StoreUnreachable(f"{self.root} holds store {found!r}, not {self.name!r}: mount the right volume")

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
        there = is_there(self.root, checked(location))
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
        for found in _walk(self.root / folder, folder, passed):
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
            return sum(_remove_if_nobody_writes(folder, name) for name in names)

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
                with _locked(folder, name) as file:
                    sha256, size = _copy(source, file, self.sync)
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


def sync_folder(folder: Path) -> None:
    """Make names that were added to or taken from ``folder`` survive a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _locked(folder: int, name: str) -> BinaryIO:
    for _ in range(TRIES_MAX):
        file = os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE, dir_fd=folder), "wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        # Whoever clears leftovers may have come between the two calls and taken the file for one.
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()
    raise StoreUnreachable(f"{name} is taken away again and again: end the program that clears the store")


def _copy(source: BinaryIO, file: BinaryIO, sync: Callable[[int], None]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        size += file.write(chunk)
    file.flush()
    sync(file.fileno())
    return digest.hexdigest(), size


def _chunks(opened: BinaryIO, length: int | None) -> Iterator[bytes]:
    with opened:
        left = length
        while left is None or left > 0:
            chunk = opened.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
            if not chunk:
                return
            left = None if left is None else left - len(chunk)
            yield chunk


def _walk(folder: Path, below: str, passed: list[str]) -> Iterator[str]:
    """Yield files in order; ``passed`` is where an earlier walk stopped, as the parts of its last name."""
    first = passed[0] if passed else ""
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry for entry in entries if entry.name >= first), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return  # Nothing was ever put there, or a removal took the empty folder away.
    for entry in found:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, f"{below}{entry.name}/", passed[1:] if entry.name == first else [])
        elif entry.is_file(follow_symlinks=False) and entry.name != first:
            yield f"{below}{entry.name}"


def _remove_if_nobody_writes(folder: int, name: str) -> bool:
    try:
        with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(name, dir_fd=folder)
    except (BlockingIOError, FileNotFoundError):
        return False
    return True
