"""Makes viewing copies, one at a time, in a process that may be killed: a bounded queue that says where one stands."""

from __future__ import annotations

import os
import signal
import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any, Final

from services.ingest.media.boxes import init_length
from services.ingest.media.found import Refusal, RefusalKind
from services.ingest.media.probe import asked
from services.ingest.media.process import MediaProcess
from services.ingest.storage.adapter import Location, NotStored, Store
from services.ingest.viewing.folder import CopyFolder, Made, mark_of
from services.runtime.logs import logger

WAITING_MAX: Final = 16
LIMIT_S: Final = 300.0
MEMORY_MIB: Final = 1536
FORGET_S: Final = 60.0  # until a refusal may be tried again
LOOK_S: Final = 0.2
# A copy may be larger than a small original, never by more than this.
GROWS_MAX, ROOM_AT_LEAST = 4, 64 * 1024 * 1024


class QueueFull(Exception):
    """Too many copies wait, or there is no room for another; the message says which."""


class NotMakeable(Exception):
    """No viewing copy can be made of this footage; the message is FFmpeg's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which footage, and which part of it, in milliseconds from its first picture; None reaches to its end."""

    location: str
    size_bytes: int
    copyable: bool  # its codec is one that browsers play: try without encoding first
    from_ms: int | None
    to_ms: int | None

    @property
    def key(self) -> str:
        return sha256(f"{self.from_ms}/{self.to_ms}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Not made yet: ``waiting`` with its place in the queue, or ``making``."""

    state: str
    place: int = 0


@dataclass(slots=True)
class Job:
    """One copy that was asked for."""

    wanted: Wanted
    until: datetime
    begun: bool = False
    ended: float = 0.0
    fault: str = ""


class ViewingCopies:
    """The copies of one process. ``ask`` never blocks on a copy that has to be made."""

    def __init__(self, folder: CopyFolder, store: Store, *, waiting_max: int = WAITING_MAX) -> None:
        self.folder, self._store, self._waiting_max = folder, store, waiting_max
        self._media = MediaProcess(limit_seconds=LIMIT_S, memory_mib=MEMORY_MIB)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="viewing-copies")
        self._jobs: OrderedDict[tuple[str, str], Job] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, wanted: Wanted, until: datetime) -> Made | Standing:
        """Return the copy, leased until an instant, or where it stands. Raises QueueFull or NotMakeable."""
        made = self.folder.find(wanted.location, wanted.key)
        if made is not None:
            self.folder.lease(made, until)
            return made
        with self._lock:
            return self._standing(wanted, until)

    def renew(self, location: str, until: datetime) -> None:
        """Keep every copy of an original a little longer."""
        for made in self.folder.copies(location):
            self.folder.lease(made, until)

    def turn(self) -> None:
        """Erase what is over, and forget refusals that are old."""
        self.folder.sweep(datetime.now(UTC))
        with self._lock:
            over = [key for key, job in self._jobs.items() if job.ended and monotonic() - job.ended > FORGET_S]
            for key in over:
                del self._jobs[key]

    def close(self) -> None:
        """End the worker; what waits is dropped."""
        self._worker.shutdown(wait=False, cancel_futures=True)
        self._media.close()

    def _standing(self, wanted: Wanted, until: datetime) -> Standing:
        key = (wanted.location, wanted.key)
        job = self._jobs.get(key)
        if job is not None and job.fault:
            raise NotMakeable(job.fault)
        if job is None or job.ended:
            job = self._queued(key, wanted, until)
        job.until = max(job.until, until)
        waiting = [name for name, each in self._jobs.items() if not each.begun]
        return Standing(state="making") if job.begun else Standing(state="waiting", place=waiting.index(key) + 1)

    def _queued(self, key: tuple[str, str], wanted: Wanted, until: datetime) -> Job:
        if sum(not each.ended for each in self._jobs.values()) >= self._waiting_max:
            raise QueueFull(f"{self._waiting_max} viewing copies wait already")
        self._room(wanted)
        job = Job(wanted, until)
        self._jobs[key] = job
        self._jobs.move_to_end(key)
        self._worker.submit(self._make, job)
        return job

    def _room(self, wanted: Wanted) -> None:
        volume = os.statvfs(self.folder.root)
        needed = bytes_max(wanted)
        if self.folder.used_bytes() + wanted.size_bytes > self.folder.bytes_max:
            raise QueueFull(f"viewing copies take all of the {self.folder.bytes_max} bytes that they may")
        if volume.f_bavail * volume.f_frsize < needed:
            raise QueueFull(f"the volume has no {needed} bytes left for a viewing copy")

    def _make(self, job: Job) -> None:
        job.begun = True
        try:
            self._made(job)
        except (NotMakeable, NotStored) as impossible:
            job.fault = str(impossible) or "it can't be made"
        except OSError as failed:
            job.fault = f"{type(failed).__name__}: {failed.strerror}"
        except Exception as failed:  # noqa: BLE001 - a worker that dies would leave every later copy waiting
            logger().error("viewing_copy.failed", exc_info=failed)
            job.fault = type(failed).__name__
        finally:
            job.ended = monotonic()

    def _made(self, job: Job) -> None:
        wanted = job.wanted
        # The unfinished copy and, where the store is a bucket, the fetched original: both are gone when this lets go.
        with self.folder.making(wanted.location) as part, self._store.borrow(Location(wanted.location)) as source:
            told = self._asked(wanted, source, part)
            parts = (str(told["how"]), init_length(part), int(told["from_ms"]), int(told["to_ms"]))
            os.utime(part, (job.until.timestamp(), job.until.timestamp()))
            if not self.folder.publish(part, wanted.key, parts, lambda: not self._absent(wanted)):
                raise NotMakeable("the footage was taken away meanwhile")

    def _absent(self, wanted: Wanted) -> bool:
        return self._store.absent(Location(wanted.location))

    def _asked(self, wanted: Wanted, source: Path, part: Path) -> Mapping[str, Any]:
        request = {"do": "view", "path": str(source), "to": str(part), "bytes_max": bytes_max(wanted)}
        request |= {"from_ms": wanted.from_ms, "to_ms": wanted.to_ms}
        answer: dict[str, Any] | Refusal = Refusal(kind=RefusalKind.NOT_REMUXABLE, message="")
        with Watch(mark_of(part), self._media):
            if wanted.copyable:
                answer = asked(self._media, request | {"how": "copy"}, source, wanted.size_bytes)
            if isinstance(answer, Refusal) and mark_of(part).exists():
                # No whole group of pictures inside, or sound that no browser plays: encoding cuts to the picture.
                answer = asked(self._media, request | {"how": "encode"}, source, wanted.size_bytes)
        if isinstance(answer, Refusal):
            raise NotMakeable(answer.message)
        return answer


class Watch:
    """Kills the media process as soon as its copy's mark was taken away: the original's receipt waits for it."""

    def __init__(self, mark: Path, media: MediaProcess) -> None:
        self._mark, self._media, self._over = mark, media, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_S):
            if not self._mark.exists() and (pid := self._media.pid) is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def bytes_max(wanted: Wanted) -> int:
    """Return how large a copy may grow."""
    return GROWS_MAX * wanted.size_bytes + ROOM_AT_LEAST
