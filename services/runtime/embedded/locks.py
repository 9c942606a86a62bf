"""Exclusive use of a folder between processes: the kernel frees it when its holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.runtime.embedded.errors import DataFolderInUse


@contextmanager
def waiting_for(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``; wait as long as another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class DataFolderLock:
    """Held from start to stop of a stack. The file names its holder for whoever comes second."""

    def __init__(self, folder: Path, lock_file: Path) -> None:
        self._folder = folder
        self._path = lock_file
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises DataFolderInUse, naming the process that has the folder."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode().strip() or "not yet known"
            os.close(descriptor)
            raise DataFolderInUse(
                f"{self._folder} is in use by process {holder}. "
                f"Stop it (Ctrl-C where it runs, or `kill {holder}`), or choose another folder with --data."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Free the folder; twice is once."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
