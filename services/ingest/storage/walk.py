"""The files of a store that is a folder, in order. Hidden names are the store's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def walk(folder: Path, below: str, passed: list[str]) -> Iterator[str]:
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
            yield from walk(folder / entry.name, f"{below}{entry.name}/", passed[1:] if entry.name == first else [])
        elif entry.is_file(follow_symlinks=False) and entry.name != first:
            yield f"{below}{entry.name}"
