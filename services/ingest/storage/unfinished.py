"""Files that are being written: each is locked by its writer, and a killed writer's lock went with it."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable
from typing import BinaryIO

from services.ingest.storage.adapter import CHUNK_BYTES, StoreUnreachable

TRIES_MAX = 5
FILE_MODE = 0o600


def locked(folder: int, name: str) -> BinaryIO:
    """Make a file and hold its lock: as long as somebody does, nobody clears it. Raises StoreUnreachable."""
    for _ in range(TRIES_MAX):
        file = os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE, dir_fd=folder), "wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        # Whoever clears leftovers may have come between the two calls and taken the file for one.
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()
    raise StoreUnreachable(f"{name} is taken away again and again: end the program that clears the store")


def copy(source: BinaryIO, file: BinaryIO, sync: Callable[[int], None]) -> tuple[str, int]:
    """Write the source into a file and sync it; return the hash and the size of what went through."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        size += file.write(chunk)
    file.flush()
    sync(file.fileno())
    return digest.hexdigest(), size


def remove_if_nobody_writes(folder: int, name: str) -> bool:
    """Remove a leftover; return False for a file whose writer lives."""
    try:
        with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(name, dir_fd=folder)
    except (BlockingIOError, FileNotFoundError):
        return False
    return True
