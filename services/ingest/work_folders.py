"""Folders that footage is worked on in: each is locked by its worker, and a killed worker's lock went with it.

What lies in one is footage that no receipt names, so it must not outlive the process that made it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """A folder of one worker, until it leaves."""

    path: Path
    lock: int  # the open folder

    def leave(self) -> None:
        """Take the folder away with all that is in it; once."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def work_folder(parent: Path, prefix: str) -> WorkFolder:
    """Make a folder and hold its lock: as long as somebody does, nobody clears it."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        # Whoever clears leftovers may have come between the calls and taken the folder for one.
        with suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return WorkFolder(path, lock)
            os.close(lock)


@contextmanager
def working_in(parent: Path, prefix: str) -> Iterator[Path]:
    """Lend a folder of one's own for as long as the block lasts."""
    folder = work_folder(parent, prefix)
    try:
        yield folder.path
    finally:
        folder.leave()


def emptied(folder: Path) -> None:
    """Make a folder, or take away what killed processes left in it: files, and folders that nobody works in."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        if left.is_dir() and not left.is_symlink():
            _remove_if_nobody_works(left)
        else:
            left.unlink(missing_ok=True)


@contextmanager
def lending(store_id: str) -> Iterator[Path]:
    """Lend a folder for what a store without paths fetches to lend, where temporary files lie."""
    with working_in(Path(tempfile.gettempdir()), _lent(store_id)) as folder:
        yield folder


def clear_lent(store_id: str) -> None:
    """Take away what killed processes had fetched from a store."""
    for left in Path(tempfile.gettempdir()).glob(f"{_lent(store_id)}*"):
        if left.is_dir() and not left.is_symlink():
            _remove_if_nobody_works(left)


def _lent(store_id: str) -> str:
    return f"camledger-lent-{store_id}-"


def _remove_if_nobody_works(folder: Path) -> None:
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    except (BlockingIOError, FileNotFoundError):
        pass  # Its worker lives, or has just left.
    finally:
        os.close(lock)
