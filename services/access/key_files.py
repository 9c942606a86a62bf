"""Keys that lie in files: made whole at the first start or put there by somebody else, refused when others can read."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

BEYOND_OWNER: Final = stat.S_IRWXG | stat.S_IRWXO
BEYOND_GROUP_READING: Final = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO


class KeyFileUnsafe(RuntimeError):
    """A key file holds something else than its key, can't be read, or can be read by others."""


def kept_key(path: Path, new: Callable[[], bytes]) -> bytes:
    """Return what a key file holds; a first start makes it from ``new``. Raises KeyFileUnsafe."""
    if not path.exists():
        _write_once(path, new())
    return given_key(path)


def given_key(path: Path) -> bytes:
    """Return what a key file holds that somebody else put there: none is ever made. Raises KeyFileUnsafe."""
    user = os.geteuid()
    try:
        with path.open("rb") as file:
            # Of the open file, not of the name: a Secret's name points elsewhere after each change of it.
            if fault := exposed(path, os.fstat(file.fileno()), user, {os.getegid(), *os.getgroups()}):
                raise KeyFileUnsafe(fault)
            return file.read()
    except PermissionError as error:
        raise KeyFileUnsafe(closed(path, user)) from error
    except OSError as error:
        raise KeyFileUnsafe(f"{path} can't be read: {error.strerror}") from error


def exposed(path: Path, found: os.stat_result, user: int, groups: Collection[int]) -> str:
    """Return who else can read or change a key file, and what to do about it; empty if nobody.

    Of an owner's file nothing goes to anybody else. A mounted Secret belongs to root and is read through our group.
    """
    mode = stat.S_IMODE(found.st_mode)
    if not mode & BEYOND_OWNER:
        return ""
    told = f"{path} has mode {mode:04o}"
    if found.st_uid == user:
        return f"{told} and can be read by others: chmod 600 {path}"
    if mode & BEYOND_GROUP_READING:
        return f"{told}, owner {found.st_uid}, and is open to more than reading by its group: {_remedy(path, user)}"
    if found.st_gid not in groups:
        return f"{told} and can be read by group {found.st_gid}, which isn't ours: {_remedy(path, user)}"
    return ""


def closed(path: Path, user: int) -> str:
    """Return why ``user`` can't open a key file, and what to do about it."""
    told = str(path)
    # A folder above it may be closed as well, and then nobody tells us its mode.
    with suppress(OSError):
        found = path.stat()
        told = f"{path} has mode {stat.S_IMODE(found.st_mode):04o}, belongs to user {found.st_uid} and"
    return f"{told} is closed to user {user}: {_remedy(path, user)}"


def _remedy(path: Path, user: int) -> str:
    return f"mount the Secret with defaultMode 0440 and our group as fsGroup, or chown {user} and chmod 400 {path}"


def _write_once(path: Path, content: bytes) -> None:
    """Write a key file for its owner only. Two parts may start at once: the name appears whole, the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink()
