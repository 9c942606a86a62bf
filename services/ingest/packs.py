"""Keeps what binds at hand: each version that the protection log names, fetched from access where it is missing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.custody.forbids import Forbids
from services.runtime.kept_packs import KeptPacks
from services.runtime.settings import Settings


@dataclass(slots=True)
class Keeping:
    """A tick of custody. No lock is held while access is asked."""

    settings: Settings
    forbids: Forbids
    packs: KeptPacks

    async def tick(self, engine: AsyncEngine) -> None:
        """Keep every version that binds, or will: when its day comes, its files may have been replaced long since."""
        async with engine.begin() as tx:
            await self.forbids.catch_up(tx)
        bindings = [each for versions in self.forbids.log.policies.values() for each in versions]
        await self.packs.fetch(self.settings, bindings)
