"""Steps down from a store's root, folder by folder, and never through a link.

Whoever can write to the storage may swap a folder for a link between a look at its path and the deed. So nothing looks
first: each name is opened relative to the folder that is open already, and a link on the way is an error.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from services.ingest.storage.adapter import BadLocation

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FOLDER_MODE = 0o700  # footage is for this service alone, whatever umask it was started with


@contextmanager
def folder_of(root: Path, location: str) -> Iterator[tuple[int, str]]:
    """Open the folder that a location lies in; give it with the location's last name.

    Raises BadLocation for a link on the way, FileNotFoundError and NotADirectoryError as the disk does.
    """
    *folders, name = location.split("/")
    opened = os.open(root, FOLDER)
    try:
        for each in folders:
            below = _entered(opened, each, location)
            os.close(opened)
            opened = below
        yield opened, name
    finally:
        os.close(opened)


def make_folders(root: Path, location: str) -> Iterator[int]:
    """Make the folders of a location that are missing; yield each folder that got a new name, to be synced."""
    parts = location.split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        with folder_of(root, "/".join(parts[:depth])) as (folder, name), suppress(FileExistsError):
            os.mkdir(name, FOLDER_MODE, dir_fd=folder)
            yield folder


def is_there(root: Path, location: str) -> bool:
    """Tell whether anything, be it a link, has the name of this location. Raises BadLocation for a link on the way."""
    try:
        with folder_of(root, location) as (folder, name):
            os.stat(name, dir_fd=folder, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def open_file(root: Path, location: str) -> int:
    """Open the file of a location for reading. Raises BadLocation for a link on the way or in its place."""
    with folder_of(root, location) as (folder, name):
        try:
            return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except OSError as failed:
            if failed.errno == errno.ELOOP:
                raise _led_astray(location) from failed
            raise


def must_not_be_a_link(folder: int, name: str, location: str) -> None:
    """Raise BadLocation for a link in the place of footage: removing it would prove nothing of the footage."""
    if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        raise _led_astray(location)


def _entered(folder: int, name: str, location: str) -> int:
    try:
        return os.open(name, FOLDER, dir_fd=folder)
    except OSError as failed:
        if failed.errno not in {errno.ENOTDIR, errno.ELOOP}:
            raise
        # A file in the way proves that nothing lies behind it. Anything else was just swapped and proves nothing.
        if stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise
        raise _led_astray(location) from failed


def _led_astray(location: str) -> BadLocation:
    return BadLocation(f"{location!r} leads through a link: remove the link, and find out who put it there")
