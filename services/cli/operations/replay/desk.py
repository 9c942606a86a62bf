"""What is done about replays besides applying one: plans, state, cancelling, going back."""

from __future__ import annotations

import json
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.operations.comparing import LIVE, engine_for
from services.cli.operations.projected import Projected, projected
from services.cli.operations.replay import runs
from services.cli.operations.replay.active import ANOTHER, NotNow, active_groups, connected
from services.cli.operations.replay.leftovers import tell, tidy
from services.cli.operations.replay.plan import Plan, forgotten, lost_of, over, plan_of
from services.cli.operations.replay.switching import switch_back, tables_before
from services.cli.operations.shadows import Taken, alone
from services.runtime.codec import Codec
from services.runtime.digests import digest
from services.runtime.moment import moment
from services.runtime.registry import open_registry
from services.runtime.settings import Settings


async def make_plan(settings: Settings, one: Projected, tables: tuple[str, ...]) -> Plan:
    """Return the plan to build some tables up to now, and keep it for ``apply``. Raises NotNow for lost records."""
    engine = engine_for(settings, one.service)
    try:
        async with moment(engine, settings, Codec(open_registry(settings)), one.sources) as at:
            if lost := lost_of(at) or forgotten(await one.kept(at.tx), at):
                raise NotNow(lost)
            plan = plan_of(one.service, tables, at)
        async with engine.begin() as tx:
            await runs.prepare(tx)
            await runs.keep(tx, plan)
        return plan
    finally:
        await engine.dispose()


async def cancel(settings: Settings, service: str) -> tuple[int, int]:
    """Ask the running replay of a service to end; return how many were asked, and how many lost ones cleared away."""
    engine = engine_for(settings, service)
    try:
        async with engine.begin() as tx:
            await runs.prepare(tx)
        try:
            async with alone(engine, runs.LOCK):
                return 0, await tidy(settings, engine)
        except Taken:
            async with engine.begin() as tx:
                return len((await tx.execute(runs.CANCEL)).all()), 0
    finally:
        await engine.dispose()


async def roll_back(settings: Settings, service: str, by: str, why: str) -> list[str]:
    """Exchange the live tables with those before the last switch; return their names. Raises NotNow, NothingBefore."""
    engine = engine_for(settings, service)
    try:
        async with alone(engine, runs.LOCK):
            await tidy(settings, engine)
            async with engine.begin() as tx:
                if at_work := [*active_groups(settings, service), *await connected(tx)]:
                    raise NotNow(f"{', '.join(at_work)}: stop {service} first")
                names = await _exchanged(tx, service, by, why)
            await tell(settings, engine)
            return names
    except Taken:
        raise NotNow(ANOTHER) from None
    finally:
        await engine.dispose()


async def _exchanged(tx: AsyncConnection, service: str, by: str, why: str) -> list[str]:
    await tx.execute(text("SET LOCAL timezone TO 'UTC'"))
    there = await tables_before(tx)
    tables = tuple(name for name in projected(service).compared if name in there)
    earlier = over({name: await digest(tx, LIVE, name) for name in tables}, tables)
    names = await switch_back(tx)
    later = over({name: await digest(tx, LIVE, name) for name in tables}, tables)
    plan = Plan(service=service, tables=tables, stretches=(), waiting=0)
    row = {"run_id": uuid4(), "plan": json.dumps(plan.body()), "why": why, "by": by}
    await tx.execute(runs.ROLLBACK, row | {"before": earlier, "after": later})
    return names


async def status(settings: Settings, service: str) -> list[runs.Run]:
    """Return the last replays of a service."""
    engine = engine_for(settings, service)
    try:
        async with engine.begin() as tx:
            await runs.prepare(tx)
            return await runs.listed(tx)
    finally:
        await engine.dispose()
