"""Keeps what binds at hand: each version that the protection log names, fetched from access where it is missing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.retention.library import Library
from services.retention.protections import Protections
from services.runtime import database


@dataclass(slots=True)
class Keeping:
    """A ticker of the sweep's process. Nothing is locked while access is asked."""

    protections: Protections
    library: Library

    async def __call__(self, engine: AsyncEngine) -> None:
        """Keep every version that binds, or will: when its day comes, its files may have been replaced long since."""
        async with engine.begin() as tx:
            log = await self.protections.refresh(await database.raw(tx))
        await self.library.fetch(log)
