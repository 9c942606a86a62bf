"""How many dead letters of a service nobody has settled, for the alarm: told anew after every start, by any process."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.runtime import telemetry
from services.runtime.aside import BAD, PARKED
from services.runtime.process import Ticker
from services.runtime.settings import Settings

EVERY_S: Final = 60.0
OPEN = text("SELECT kind, count(*) FROM dead_letter WHERE settled_at IS NULL GROUP BY kind")


def letters_counted(settings: Settings, service: str) -> Ticker:
    """Return the part that counts a service's open dead letters, beside its workers."""

    async def count(engine: AsyncEngine) -> None:
        await measure_letters(engine, service)

    return Ticker(f"{service}.letters", EVERY_S, count, settings, service, pool=1)


async def measure_letters(engine: AsyncEngine, service: str) -> None:
    """Set the gauge of each kind; none is said, too."""
    async with engine.connect() as tx:
        found: dict[str, int] = {row.kind: row.count for row in await tx.execute(OPEN)}  # type: ignore[misc]
    for kind in (BAD, PARKED):
        telemetry.gauge("camledger_dead_letters_open", found.get(kind, 0), service=service, kind=kind)
