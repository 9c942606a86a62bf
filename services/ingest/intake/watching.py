"""The folders that recorders write to, offered to intake one whole file after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.intake.commands import Came, TakeIn
from services.ingest.intake.taking import Intake
from services.ingest.ledger import timer
from services.ingest.media.process import MediaProcess
from services.ingest.watch import Answer, Arrival, Source, watch
from services.runtime import database
from services.runtime.settings import Settings

LOOK_S = 0.2


@dataclass(slots=True)
class Watching:
    """A part of the process: watches sources until it stops."""

    settings: Settings
    make_intake: Callable[[], Intake]
    sources: Sequence[Source]
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

        watching = asyncio.create_task(watch(self.sources, offer, self.media, ending))
        while not stop.is_set() and not watching.done():
            beat()
            await asyncio.sleep(LOOK_S)
        ending.set()
        await watching
        await engine.dispose()

    async def _offer(self, engine: AsyncEngine, intake: Intake, arrival: Arrival) -> Answer:
        source = arrival.source
        command = TakeIn(
            path=arrival.path,
            camera_id=source.camera_id,
            source_id=source.source_id,
            attested=source.attested,
        )
        outcome = await intake.take(engine, command, timer(f"watch:{source.source_id}"), arrival.found)
        if outcome.may_pass:
            return Answer.LATER
        return Answer.REFUSED if outcome.came is Came.REFUSED else Answer.TAKEN
