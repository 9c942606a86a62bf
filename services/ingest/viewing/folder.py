"""Where viewing copies lie: leased, bounded, and gone before anybody may say that their original is.

A copy lies below a folder named after its original's location, so whoever takes the original away finds all of them.
Its modification time is the end of its lease. ``.guard`` orders makers and removals, of any process on the volume.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from services.ingest.storage.adapter import StorageError

GUARD, MAKING, PART = ".guard", ".making", ".part"
LETS_GO_WITHIN_S: Final = 5.0  # a maker looks after its original five times a second
FOLDER_MODE: Final = 0o700


class StillBeingMade(StorageError):
    """A maker hasn't let go of its unfinished copy yet: the original's receipt has to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One finished copy. Milliseconds count from the original's first picture; ``init_bytes`` end before the media."""

    path: Path
    how: str  # remuxed or transcoded
    init_bytes: int
    from_ms: int
    to_ms: int

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size

    @property
    def leased_until(self) -> datetime:
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)


class CopyFolder:
    """All viewing copies of one installation."""

    def __init__(self, root: Path, bytes_max: int) -> None:
        self.root, self.bytes_max = root, bytes_max
        root.mkdir(FOLDER_MODE, parents=True, exist_ok=True)

    def of(self, location: str) -> Path:
        """Return the folder of everything that was derived from one original."""
        return self.root / hashlib.sha256(location.encode()).hexdigest()[:40]

    def copies(self, location: str) -> list[Made]:
        """Return the finished copies of one original."""
        return [_read(path) for path in sorted(self.of(location).glob("*.mp4"))]

    def find(self, location: str, key: str) -> Made | None:
        """Return the copy of a key, None if it isn't made."""
        found = next(iter(self.of(location).glob(f"{key}~*.mp4")), None)
        return None if found is None else _read(found)

    def lease(self, made: Made, until: datetime) -> None:
        """Keep a copy until an instant; a lease is never shortened by another viewer's."""
        with suppress(FileNotFoundError):
            ends = max(until.timestamp(), made.path.stat().st_mtime)
            os.utime(made.path, (ends, ends))

    @contextmanager
    def making(self, location: str) -> Iterator[Path]:
        """Lend a path for an unfinished copy; its mark vanishes when the original is taken away."""
        folder = self.of(location)
        with self._guarded():
            folder.mkdir(FOLDER_MODE, exist_ok=True)
            lock = (folder / MAKING).open("ab")
            fcntl.flock(lock, fcntl.LOCK_SH)
            part = folder / f"{secrets.token_hex(8)}{PART}"
            mark_of(part).touch()
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)
            mark_of(part).unlink(missing_ok=True)
            lock.close()
            with self._guarded():
                self._tidy(folder)

    def publish(self, part: Path, key: str, made: tuple[str, int, int, int], is_there: Callable[[], bool]) -> bool:
        """Give a finished copy its name, unless its original went meanwhile."""
        with self._guarded():
            if not mark_of(part).exists() or not is_there():
                return False
            how, init_bytes, from_ms, to_ms = made
            part.rename(part.with_name(f"{key}~{how}~{init_bytes}~{from_ms}~{to_ms}.mp4"))
            return True

    def erase(self, location: str) -> None:
        """Take away all that was derived from an original, and wait for a maker to let go. Raises StillBeingMade."""
        folder, until = self.of(location), time.monotonic() + LETS_GO_WITHIN_S
        while folder.exists():
            with self._guarded():
                for path in [*folder.glob("*.mp4"), *folder.glob(f"*{PART}")]:
                    path.unlink(missing_ok=True)
                self._tidy(folder)
            if folder.exists():
                if time.monotonic() > until:
                    raise StillBeingMade(f"a viewing copy of {location!r} is being made: it is stopped, ask again")
                time.sleep(0.05)

    def sweep(self, now: datetime) -> int:
        """Erase copies whose lease is over and what a killed maker left; return how many went."""
        gone = 0
        for folder in [each for each in self.root.iterdir() if each.is_dir()]:
            with self._guarded():
                over = [each.path for each in map(_read, folder.glob("*.mp4")) if each.leased_until <= now]
                for path in over:
                    path.unlink(missing_ok=True)
                gone += len(over)
                self._tidy(folder)
        return gone

    def used_bytes(self) -> int:
        """Return what all copies take, finished or not."""
        total = 0
        for path in self.root.glob("*/*"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        with (self.root / GUARD).open("ab") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            yield

    def _tidy(self, folder: Path) -> None:
        """Remove a folder that holds nothing, and unfinished copies whose maker is dead; the caller holds the guard."""
        with suppress(FileNotFoundError, OSError):
            with (folder / MAKING).open("ab") as lock:
                if not _nobody_makes(lock):
                    return
                for part in folder.glob(f"*{PART}"):
                    part.unlink(missing_ok=True)
            if not any(folder.glob("*.mp4")):
                (folder / MAKING).unlink(missing_ok=True)
                folder.rmdir()


def mark_of(part: Path) -> Path:
    """Return the file whose absence tells a maker to stop: FFmpeg may write its own again, never this one."""
    return part.with_suffix(f".mark{PART}")


def _nobody_makes(lock: BinaryIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> Made:
    _, how, init_bytes, from_ms, to_ms = path.stem.split("~")
    return Made(path=path, how=how, init_bytes=int(init_bytes), from_ms=int(from_ms), to_ms=int(to_ms))
