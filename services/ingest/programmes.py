"""Read when programmes end: from then on their cameras' new footage is refused (SPD-02)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.projector import ended
from services.kernel.events import ProgrammeEnded
from services.runtime.received import Received


@dataclass(frozen=True, slots=True)
class ProgrammeReader:
    """The handler of the worker ``ingest.programmes``."""

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        """Note each end; everything else on policy.events is for others."""
        for received in batch:
            if isinstance(received.recorded.event, ProgrammeEnded):
                await ended(tx, received.recorded.event)
