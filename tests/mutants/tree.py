"""A copy of the working tree in which faults are planted and taken out again. The checkout itself is never touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.mutants.faults import REPOSITORY, Mutant

FOLDERS = ("services", "tests", "policies", "schemas", "samples", "docs", "deploy", "bench", "scripts", "requirements")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules", ".hypothesis")
ROOT_FILES = ("*.toml", "*.md", "*.yaml", "*.yml", "Makefile", "LICENSE", "NOTICE")
# Python takes compiled code for current by time and size: a fault of equal length needs a time of its own.
TIMES = count(1_000_000_000)


class Tree:
    """One copy; faults are planted in it one run after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in FOLDERS:
            if (REPOSITORY / name).is_dir():
                shutil.copytree(REPOSITORY / name, folder / name, ignore=LEFT_OUT)
        for pattern in ROOT_FILES:
            for path in REPOSITORY.glob(pattern):
                shutil.copy2(path, folder / path.name)

    @contextmanager
    def planted(self, mutants: Sequence[Mutant]) -> Iterator[None]:
        """Plant faults, and put the honest files back afterwards, as they were copied: the checkout may go on."""
        honest = {path: path.read_bytes() for path in {self.folder / mutant.path for mutant in mutants}}
        try:
            for mutant in mutants:
                self._plant(mutant)
            yield
        finally:
            for path, content in honest.items():
                self._write(path, content)

    def _plant(self, mutant: Mutant) -> None:
        path = self.folder / mutant.path
        honest = path.read_text("utf-8")
        assert honest.count(mutant.old) == 1, f"{mutant.name}: its old text must stand once in {mutant.path}"
        self._write(path, honest.replace(mutant.old, mutant.new).encode())

    def _write(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        at = next(TIMES)
        os.utime(path, (at, at))
