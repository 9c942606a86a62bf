"""What a killed run left: its state, its shadow, the event that it could not tell any more."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.operations.comparing import engine_for
from services.cli.operations.replay import runs
from services.cli.operations.shadows import drop_orphans
from services.kernel.envelope import Actor, recorded
from services.kernel.events import ReplayRun
from services.runtime.codec import Codec
from services.runtime.database import db_now
from services.runtime.outbox import Outbox
from services.runtime.registry import open_registry
from services.runtime.settings import Settings


async def tidy(settings: Settings, engine: AsyncEngine) -> int:
    """Clear away what a killed run left, tell what it did; return how many runs were lost.

    Only while ``runs.LOCK`` is held: whatever still says that it runs has then lost its process.
    """
    async with engine.begin() as tx:
        await runs.prepare(tx)
        lost = (await tx.execute(runs.LOST)).rowcount
    await drop_orphans(engine)
    await tell(settings, engine)
    return lost


async def tell(settings: Settings, engine: AsyncEngine) -> None:
    """Put the event about each run that isn't told yet into analytics' outbox. Told twice it is the same event."""
    async with engine.begin() as tx:
        waiting = await runs.untold(tx)
    for run_id, event, by in waiting:
        await put(settings, run_id, event, by)
        async with engine.begin() as tx:
            await tx.execute(runs.TOLD, {"run_id": run_id})


async def put(settings: Settings, run_id: UUID, event: ReplayRun, by: str) -> None:
    """Put the event about one run, asked for by a person, into analytics' outbox."""
    analytics = engine_for(settings, "analytics")
    try:
        outbox = Outbox("analytics", Codec(open_registry(settings)), settings)
        async with analytics.begin() as tx:
            actor = Actor(id=by, role="platform_admin", agency=settings.agency)
            stream = f"replay/{run_id}"
            fact = recorded(event, stream_id=stream, stream_version=1, at=await db_now(tx), actor=actor)
            await outbox.append(tx, [fact], key=settings.audit_origin)
    finally:
        await analytics.dispose()
