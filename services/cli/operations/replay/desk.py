"""What is done about replays besides applying one: plans, state, cancelling, going back, and the event about a run."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.operations.comparing import engine_for
from services.cli.operations.projected import Projected
from services.cli.operations.replay import runs
from services.cli.operations.replay.active import NotNow, active_groups, connected
from services.cli.operations.replay.plan import Plan, plan_of
from services.cli.operations.replay.switching import switch_back
from services.kernel.envelope import Actor, recorded
from services.kernel.events import ReplayRun
from services.runtime.codec import Codec
from services.runtime.database import db_now
from services.runtime.moment import moment
from services.runtime.outbox import Outbox
from services.runtime.registry import open_registry
from services.runtime.settings import Settings


async def make_plan(settings: Settings, one: Projected, tables: tuple[str, ...]) -> Plan:
    """Return the plan to build some tables up to now, and keep it for ``apply``."""
    engine = engine_for(settings, one.service)
    try:
        async with moment(engine, settings, Codec(open_registry(settings)), one.sources) as at:
            plan = plan_of(one.service, tables, at)
        async with engine.begin() as tx:
            await runs.prepare(tx)
            await runs.keep(tx, plan)
        return plan
    finally:
        await engine.dispose()


async def tell(settings: Settings, engine: AsyncEngine, run_id: UUID, event: ReplayRun, by: str) -> None:
    """Put the one event about a run into analytics' outbox. Told twice it is the same event: consumers drop it."""
    analytics = engine_for(settings, "analytics")
    try:
        outbox = Outbox("analytics", Codec(open_registry(settings)), settings)
        async with analytics.begin() as tx:
            actor = Actor(id=by, role="platform_admin", agency=settings.agency)
            stream = f"replay/{run_id}"
            fact = recorded(event, stream_id=stream, stream_version=1, at=await db_now(tx), actor=actor)
            await outbox.append(tx, [fact], key=settings.audit_origin)
        async with engine.begin() as tx:
            await tx.execute(runs.TOLD, {"run_id": run_id})
    finally:
        await analytics.dispose()


async def cancel(settings: Settings, service: str) -> int:
    """Ask the running replay of a service to end, clear away what a lost one left; return how many were asked."""
    engine = engine_for(settings, service)
    try:
        async with engine.begin() as tx:
            await runs.prepare(tx)
            asked = len((await tx.execute(runs.CANCEL)).all())
            for run in await runs.listed(tx):
                if run.lost:
                    await tx.execute(text(f'DROP SCHEMA IF EXISTS "{run.shadow}" CASCADE'))
                    await tx.execute(runs.END, runs.ended(run.run_id, runs.CANCELLED, fault="its process was gone"))
        return asked
    finally:
        await engine.dispose()


async def roll_back(settings: Settings, service: str) -> list[str]:
    """Exchange the live tables with those before the last switch; return their names. Raises NotNow, NothingBefore."""
    engine = engine_for(settings, service)
    try:
        async with engine.begin() as tx:
            if at_work := [*active_groups(settings, service), *await connected(tx)]:
                raise NotNow(f"{', '.join(at_work)}: stop {service} first")
            return await switch_back(tx)
    finally:
        await engine.dispose()


async def status(settings: Settings, service: str) -> list[runs.Run]:
    """Return the last replays of a service."""
    engine = engine_for(settings, service)
    try:
        async with engine.begin() as tx:
            await runs.prepare(tx)
            return await runs.listed(tx)
    finally:
        await engine.dispose()
