"""The folders that recorders write to, offered to intake one whole file after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.intake.commands import Came, TakeIn
from services.ingest.intake.taking import Intake
from services.ingest.ledger import timer
from services.ingest.media.process import MediaProcess
from services.ingest.sources import store
from services.ingest.sources.file import SourcesBroken, SourcesFile
from services.ingest.watch import Answer, Arrival, Watcher
from services.runtime import database
from services.runtime.logs import logger
from services.runtime.settings import Settings

LOOK_S = 0.2
TELL_S = 2.0


@dataclass(slots=True)
class Watching:
    """A part of the process: watches sources until it stops. A source that is added or changed counts at once."""

    settings: Settings
    make_intake: Callable[[], Intake]
    sources: SourcesFile
    media: MediaProcess
    name: str = "ingest.watch"
    role: str = "intake"
    beat_within_s: float = 120.0

    def run(self, stop: Event, beat: Callable[[], None]) -> None:
        """Offer files until ``stop``; the one in hand is answered first."""
        asyncio.run(self._run(stop, beat))

    async def _run(self, stop: Event, beat: Callable[[], None]) -> None:
        engine = database.engine(self.settings, "ingest", pool=2, application=self.name)
        intake, ending = self.make_intake(), asyncio.Event()

        async def offer(arrival: Arrival) -> Answer:
            return await self._offer(engine, intake, arrival)

        # Before the file is read: what is written in between is seen as a change.
        read, told_at = self.sources.mark(), 0.0
        watcher = Watcher([], offer, self.media)
        self._change(watcher)
        watching = asyncio.create_task(watcher.run(ending))
        resting = asyncio.create_task(database.rest(engine))
        while not stop.is_set() and not watching.done():
            beat()
            if (mark := self.sources.mark()) != read:
                read = mark
                self._change(watcher)
            if monotonic() - told_at > TELL_S:
                await self._tell(engine, watcher)
                told_at = monotonic()
            await asyncio.sleep(LOOK_S)
        ending.set()
        await watching
        resting.cancel()
        await engine.dispose()

    def _change(self, watcher: Watcher) -> None:
        try:
            watcher.change(self.sources.read())
        except SourcesBroken as broken:
            # Whoever is editing it sees this; footage goes on coming in from the sources as they were.
            logger().error("sources.broken", reason=str(broken))

    async def _tell(self, engine: AsyncEngine, watcher: Watcher) -> None:
        if not (waiting := watcher.waiting()):
            return
        try:
            async with engine.begin() as tx:
                await store.watching(tx, waiting)
        except Exception as error:
            if not database.is_transient(error):
                raise
            logger().warning("sources.untold", error=type(error).__name__)

    async def _offer(self, engine: AsyncEngine, intake: Intake, arrival: Arrival) -> Answer:
        source = arrival.source
        command = TakeIn(
            path=arrival.path,
            camera_id=source.camera_id,
            source_id=source.source_id,
            attested=source.attested,
        )
        outcome = await intake.take(engine, command, timer(f"watch:{source.source_id}"), arrival.found)
        async with engine.begin() as tx:
            await store.note(tx, source.source_id, str(arrival.path), outcome)
        if outcome.may_pass:
            return Answer.LATER
        return Answer.REFUSED if outcome.came is Came.REFUSED else Answer.TAKEN
