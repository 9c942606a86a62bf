"""Keys that lie in files: made whole at the first start, readable by their owner only, refused when others can."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class KeyFileUnsafe(RuntimeError):
    """A key file holds something else than its key, or can be read by others."""


def kept_key(path: Path, new: Callable[[], bytes]) -> bytes:
    """Return what a key file holds; a first start makes it from ``new``. Raises KeyFileUnsafe."""
    if not path.exists():
        _write_once(path, new())
    if path.stat().st_mode & 0o077:
        raise KeyFileUnsafe(f"{path} can be read by others: chmod 600 {path}")
    return path.read_bytes()


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
