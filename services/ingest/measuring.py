"""What ingest shows to whoever watches: protections that nobody can read, stores without room."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.runtime import telemetry

STANDS = text("""
    select (select count(*) from parked where settled_at is null) as parked,
           (select count(*) from store_state where exhausted_since is not null) as full_stores""")


async def measure(engine: AsyncEngine) -> None:
    """Set ingest's gauges from its tables."""
    async with engine.connect() as tx:
        stands = (await tx.execute(STANDS)).mappings().one()
    telemetry.gauge("camledger_protections_parked", stands["parked"], service="ingest")
    telemetry.gauge("camledger_stores_full", stands["full_stores"], service="ingest")
