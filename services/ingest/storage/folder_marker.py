"""The marker of a folder that is a store, written whole or not at all: two that make it at once read the same."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from services.ingest.storage.identity import MARKER, Mark


def read(root: Path) -> Mark:
    """Return what the marker says. Raises OSError."""
    return Mark.of((root / MARKER).read_text(encoding="utf-8", errors="replace"))


def write_once(root: Path, mark: Mark) -> None:
    """Mark the folder, unless it is marked by now. A link fails where a rename would overwrite."""
    with _aside(root, mark) as aside, suppress(FileExistsError):
        os.link(aside, root / MARKER)
    sync_folder(root)


def rewrite(root: Path, mark: Mark) -> None:
    """Put another mark in the place of what is there."""
    with _aside(root, mark) as aside:
        aside.replace(root / MARKER)
    sync_folder(root)


def sync_folder(folder: Path) -> None:
    """Make names that were added to or taken from ``folder`` survive a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _aside(root: Path, mark: Mark) -> Iterator[Path]:
    # Beside the marker and not among unfinished uploads, which another starter may be clearing.
    aside = root / f"{MARKER}.{secrets.token_hex(8)}"
    try:
        with aside.open("x", encoding="utf-8") as file:
            file.write(str(mark))
            file.flush()
            os.fsync(file.fileno())
        yield aside
    finally:
        aside.unlink(missing_ok=True)
