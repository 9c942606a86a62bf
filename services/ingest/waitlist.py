"""Which files are ready to be looked into: those that nobody has written to for a while. Pure; told the time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

WAITING_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a file must rest, how often an unfinished one is tried again, and when that ends. Seconds."""

    rest_seconds: float = 2.0
    retry_seconds: float = 5.0
    give_up_seconds: float = 120.0
    rescan_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What tells that a file was written to again, or replaced by another of its name."""

    inode: int
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Mark | None:
        """Return the mark of what lies there now, or None if nothing does."""
        try:
            seen = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return cls(inode=seen.st_ino, size_bytes=seen.st_size, modified_ns=seen.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file, as it was when it was last seen to change, and when to try it next."""

    mark: Mark
    since: float
    try_at: float


@dataclass(slots=True)
class Waitlist:
    """Keeps what is waiting, and what was answered: an answered file is tried again only when it changes."""

    patience: Patience
    waiting: dict[Path, Waiting] = field(default_factory=dict)
    answered: dict[Path, Mark] = field(default_factory=dict)

    def see(self, path: Path, mark: Mark | None, now: float) -> None:
        """Take note of a file. One that changed starts to rest again; one too many waits for the next rescan."""
        if mark is None:
            self.forget(path)
        elif self.answered.get(path) == mark or self._unchanged(path, mark):
            return
        elif path in self.waiting or len(self.waiting) < WAITING_MAX:
            self.answered.pop(path, None)
            self.waiting[path] = Waiting(mark, now, now + self.patience.rest_seconds)

    def ripe(self, now: float) -> list[Path]:
        """Return the files to try now, those that waited longest first."""
        due = [(waits.try_at, path) for path, waits in self.waiting.items() if waits.try_at <= now]
        return [path for _, path in sorted(due)]

    def not_yet(self, path: Path, now: float) -> None:
        """Try the file again later; how long it has rested goes on counting."""
        if waits := self.waiting.get(path):
            self.waiting[path] = Waiting(waits.mark, waits.since, now + self.patience.retry_seconds)

    def answer(self, path: Path, mark: Mark) -> None:
        """The file as it was at ``mark`` has had its answer; if it changed meanwhile, it goes on waiting."""
        if self._unchanged(path, mark):
            del self.waiting[path]
            self.answered[path] = mark

    def forget(self, path: Path) -> None:
        """The file is gone."""
        self.waiting.pop(path, None)
        self.answered.pop(path, None)

    def keep_only(self, there: Iterable[Path]) -> None:
        """Forget whatever a rescan did not find."""
        found = set(there)
        for path in [*self.waiting, *self.answered]:
            if path not in found:
                self.forget(path)

    def _unchanged(self, path: Path, mark: Mark) -> bool:
        waits = self.waiting.get(path)
        return waits is not None and waits.mark == mark
