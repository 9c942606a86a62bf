"""What is known about replays of a service: a table in a schema of its own in the service's database.

It stands apart from the service's tables: no migration knows it, no rebuild touches it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.operations.replay.plan import Plan

PLANNED, RUNNING, CANCELLING = "planned", "running", "cancelling"
CANCELLED, FAILED, COMPARED, SWITCHED = "cancelled", "failed", "compared", "switched"
# A run that hasn't said anything for this long has lost its process.
SILENT_S = 30

CREATE = (
    "CREATE SCHEMA IF NOT EXISTS replay",
    """CREATE TABLE IF NOT EXISTS replay.run (
        run_id uuid PRIMARY KEY, plan_digest text NOT NULL, plan jsonb NOT NULL, state text NOT NULL,
        why text NOT NULL DEFAULT '', asked_by text NOT NULL DEFAULT '', shadow text NOT NULL DEFAULT '',
        done bigint NOT NULL DEFAULT 0, records bigint NOT NULL, digest_before text NOT NULL DEFAULT '',
        digest_after text NOT NULL DEFAULT '', told boolean NOT NULL DEFAULT false, fault text NOT NULL DEFAULT '',
        planned_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp())""",
)
INSERT = text("""
    INSERT INTO replay.run (run_id, plan_digest, plan, state, records)
    VALUES (:run_id, :digest, CAST(:plan AS jsonb), 'planned', :records)""")
COLUMNS = """run_id, plan_digest, plan ->> 'service' AS service, state, why, asked_by, shadow, done, records,
    digest_before, digest_after, told, fault, changed_at,
    state IN ('running', 'cancelling') AND changed_at < clock_timestamp() - make_interval(secs => :silent) AS lost"""
ALL = text(f"SELECT {COLUMNS} FROM replay.run ORDER BY planned_at DESC LIMIT 50")  # noqa: S608 - constants
PLANS = text("SELECT run_id, plan FROM replay.run WHERE plan_digest LIKE :digest || '%' AND state = 'planned'")
START = text("""
    UPDATE replay.run SET state = 'running', why = :why, asked_by = :by, shadow = :shadow,
    changed_at = clock_timestamp()
    WHERE run_id = :run_id AND state = 'planned'
    AND NOT EXISTS (SELECT FROM replay.run WHERE state IN ('running', 'cancelling')
                    AND changed_at > clock_timestamp() - make_interval(secs => :silent))""")
BEAT = text("UPDATE replay.run SET done = :done, changed_at = clock_timestamp() WHERE run_id = :run_id RETURNING state")
END = text("""
    UPDATE replay.run SET state = :state, fault = :fault, digest_before = :before, digest_after = :after,
    changed_at = clock_timestamp() WHERE run_id = :run_id""")
TOLD = text("UPDATE replay.run SET told = true WHERE run_id = :run_id")
CANCEL = text("UPDATE replay.run SET state = 'cancelling' WHERE state = 'running' RETURNING run_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One replay, as ``status`` tells it."""

    run_id: UUID
    plan_digest: str
    service: str
    state: str
    why: str
    asked_by: str
    shadow: str
    done: int
    records: int
    digest_before: str
    digest_after: str
    told: bool
    fault: str
    changed_at: datetime
    lost: bool


async def prepare(tx: AsyncConnection) -> None:
    """Create schema and table where they are missing."""
    for statement in CREATE:
        await tx.execute(text(statement))


async def keep(tx: AsyncConnection, plan: Plan) -> None:
    """Keep a plan so that ``apply`` can be given its digest alone."""
    body = json.dumps(plan.body())
    await tx.execute(INSERT, {"run_id": uuid4(), "digest": plan.digest(), "plan": body, "records": plan.records})


async def planned(tx: AsyncConnection, digest: str) -> tuple[UUID, Plan] | None:
    """Return the newest plan whose digest begins so, None if there is none or there are different ones."""
    found = (await tx.execute(PLANS, {"digest": digest})).all()
    plans = {row.run_id: Plan.of(row.plan if isinstance(row.plan, dict) else json.loads(row.plan)) for row in found}
    if len({plan.digest() for plan in plans.values()}) != 1:
        return None
    return next(iter(plans.items()))


async def listed(tx: AsyncConnection) -> list[Run]:
    """Return the last replays of this service, newest first."""
    return [Run(**row) for row in (await tx.execute(ALL, {"silent": SILENT_S})).mappings()]


def ended(run_id: UUID, state: str, before: str = "", after: str = "", fault: str = "") -> dict[str, object]:
    """Return the parameters of ``END``."""
    return {"run_id": run_id, "state": state, "before": before, "after": after, "fault": fault[:500]}
