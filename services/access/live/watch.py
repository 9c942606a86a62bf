"""What time and other people's decisions do to live pictures: they end, within a second, whoever passes them on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.ledger import Desk
from services.access.live import office
from services.access.live.settings import LiveSettings
from services.runtime.identity import People
from services.runtime.settings import Settings


class Watch:
    """One turn of the ticker: asks of every open picture whether it may go on."""

    def __init__(self, desk: Desk, settings: Settings, live: LiveSettings) -> None:
        self._desk = desk
        self._lost_after = timedelta(seconds=live.lost_after_s)
        self._people = People.load(settings.people)

    async def turn(self, engine: AsyncEngine) -> None:
        """Close what a period, a decision or silence ended."""
        await office.sweep(engine, self._desk, self._people, self._lost_after)
