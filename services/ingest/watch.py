"""Watch recorders' folders: each file is offered once it is whole, or once it is clear that it never will be.

The watcher only wakes us. What counts is the scan at start and every half minute: nothing is lost while we are down.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from watchfiles import awatch

from services.ingest.media.found import Probe, Refusal, RefusalKind
from services.ingest.media.probe import given_up, probe, utc_now
from services.ingest.media.process import MediaProcess
from services.ingest.sources.folder import files, is_for_us, lies_in, put_away
from services.ingest.sources.source import Afterwards, Source
from services.ingest.waitlist import Mark, Patience, Waitlist
from services.runtime.logs import logger

TICK_SECONDS = 0.5
log = logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One file at rest: footage, or the reason why it is none. It stays where it is until it is answered."""

    source: Source
    path: Path
    found: Probe | Refusal
    size_bytes: int


class Answer(StrEnum):
    """What the taker says of an arrival."""

    TAKEN = "taken"  # stored durably, or known already: the source's file is no longer needed
    REFUSED = "refused"  # recorded as refused; the file is set aside, never removed
    LATER = "later"  # no room, no log: offer it again


class Waking:
    """The task that listens to the file system. It has an event of its own: cancelled, ``awatch`` sets what it got."""

    def __init__(self, listen: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> None:
        self._listen = listen
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def over(self) -> bool:
        return self._task is None or self._task.done()

    async def again(self) -> None:
        """Listen anew, to the folders as they are now."""
        await self.end()
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._listen(self._stop))

    async def end(self) -> None:
        """Listen no longer."""
        if self._task is not None:
            self._stop.set()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


class Watcher:
    """Offers the files of several sources, one at a time. ``offer`` must answer; what it raises ends the watch."""

    def __init__(
        self,
        sources: Sequence[Source],
        offer: Callable[[Arrival], Awaitable[Answer]],
        process: MediaProcess,
        *,
        patience: Patience | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._offer = offer
        self._process = process
        self._patience = patience or Patience()
        self._monotonic = monotonic
        self._now = now
        self._sources: tuple[Source, ...] = ()
        self._lists: dict[str, Waitlist] = {}
        self.change(sources)

    def change(self, sources: Sequence[Source]) -> None:
        """Watch these sources from now on. What is known of the files of a folder that stays is kept."""
        folders = {source.source_id: source.folder for source in self._sources}
        self._sources = tuple(source for source in sources if source.watched)
        self._patterns = {source.source_id: source.pattern for source in self._sources}
        self._lists = {
            source.source_id: self._lists[source.source_id]
            if folders.get(source.source_id) == source.folder
            else Waitlist(self._patience)
            for source in self._sources
        }
        self._changed = True

    def waiting(self) -> dict[str, int]:
        """Return how many files of each source wait to be taken in."""
        return {source_id: len(waitlist.waiting) for source_id, waitlist in self._lists.items()}

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until ``stop`` is set; the file in hand is answered first."""
        waking = Waking(self._wake)
        try:
            next_scan = self._monotonic()
            while not stop.is_set():
                if self._changed or waking.over:
                    # Without a watcher the rescan alone finds everything, only later; and it is tried again.
                    await waking.again()
                if self._changed or self._monotonic() >= next_scan:
                    self._changed = False
                    await self.rescan()
                    next_scan = self._monotonic() + self._patience.rescan_seconds
                await self.offer_ripe(stop)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), TICK_SECONDS)
        finally:
            await waking.end()

    async def rescan(self) -> None:
        """Look at every file of every source, whatever the watcher has or hasn't said."""
        for source in self._sources:
            there = await asyncio.to_thread(list, files(source.folder))
            if source not in self._sources:
                continue  # It was changed while we looked.
            waitlist = self._lists[source.source_id]
            for path, mark in there:
                waitlist.see(path, mark, self._monotonic())
            waitlist.keep_only(path for path, _ in there)

    async def offer_ripe(self, stop: asyncio.Event | None = None) -> None:
        """Offer whatever has rested for long enough."""
        for source in self._sources:
            for path in self._lists[source.source_id].ripe(self._monotonic()):
                if source not in self._sources or (stop is not None and stop.is_set()):
                    return
                await self._try(source, path)

    async def _wake(self, stop: asyncio.Event) -> None:
        folders = [source.folder for source in self._sources if source.folder.is_dir()]
        if not folders:
            await asyncio.sleep(self._patience.rescan_seconds)
            return
        try:
            async for changes in awatch(*folders, stop_event=stop, watch_filter=None, debounce=200):
                for _, name in changes:
                    self._notice(Path(name))
        except (OSError, RuntimeError) as failed:
            log.warning("watcher.failed", error=str(failed), remedy="raise fs.inotify.max_user_watches")
            await asyncio.sleep(self._patience.rescan_seconds)

    def _notice(self, path: Path) -> None:
        for source in self._sources:
            if path.is_relative_to(source.folder) and is_for_us(path, source.folder) and not path.is_dir():
                self._lists[source.source_id].see(path, Mark.of(path), self._monotonic())

    async def _try(self, source: Source, path: Path) -> None:
        waitlist, now = self._lists[source.source_id], self._monotonic()
        if not lies_in(path, source.folder):
            waitlist.forget(path)
            return
        before = waitlist.waiting[path]
        waitlist.see(path, Mark.of(path), now)
        if waitlist.waiting.get(path) != before:
            return
        look = partial(probe, self._process, path, pattern=self._patterns[source.source_id], now=self._now)
        found = self._worded(await asyncio.to_thread(look), path, now - before.since)
        answer = Answer.LATER
        if found is not None:
            arrival = Arrival(source=source, path=path, found=found, size_bytes=before.mark.size_bytes)
            answer = await self._offer(arrival)
        if answer is Answer.LATER:
            waitlist.not_yet(path, self._monotonic())
            return
        waitlist.answer(path, before.mark)
        # Bytes that came under this name in the meantime are another arrival: they stay, and are seen again.
        alike = Mark.of(path) == before.mark and lies_in(path, source.folder)
        if source.afterwards is not Afterwards.LEAVE and alike:
            await asyncio.to_thread(put_away, source, path, taken=answer is Answer.TAKEN)

    def _worded(self, found: Probe | Refusal, path: Path, rested: float) -> Probe | Refusal | None:
        """Return what to offer, or None while waiting may still help."""
        if isinstance(found, Probe):
            return found
        hopes = found.may_mend_itself and rested < self._patience.give_up_seconds
        return None if hopes or found.kind is RefusalKind.MISSING else given_up(found, path, rested)
