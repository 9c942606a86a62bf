"""What is known about replays of a service: a table in a schema of its own in the service's database.

It stands apart from the service's tables: no migration knows it, no rebuild touches it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.operations.replay.plan import Plan
from services.kernel.events import ReplayRun

PLANNED, RUNNING, CANCELLING = "planned", "running", "cancelling"
CANCELLED, FAILED, COMPARED, SWITCHED = "cancelled", "failed", "compared", "switched"
ROLLED_BACK = "rolled back"
# Whoever applies a plan holds this lock until the end of its process: a run without it has lost its process.
LOCK = "camledger replay"

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
    digest_before, digest_after, told, fault, changed_at"""
ALL = text(f"SELECT {COLUMNS} FROM replay.run ORDER BY planned_at DESC LIMIT 50")  # noqa: S608 - constants
PLANS = text("SELECT run_id, plan FROM replay.run WHERE plan_digest LIKE :digest || '%' AND state = 'planned'")
START = text("""
    UPDATE replay.run SET state = 'running', why = :why, asked_by = :by, shadow = :shadow,
    changed_at = clock_timestamp() WHERE run_id = :run_id AND state = 'planned'""")
BEAT = text("UPDATE replay.run SET done = :done, changed_at = clock_timestamp() WHERE run_id = :run_id RETURNING state")
END = text("""
    UPDATE replay.run SET state = :state, fault = :fault, digest_before = :before, digest_after = :after,
    done = greatest(done, :done), changed_at = clock_timestamp()
    WHERE run_id = :run_id AND state IN ('running', 'cancelling')""")
ROLLBACK = text("""
    INSERT INTO replay.run (run_id, plan_digest, plan, state, records, why, asked_by, digest_before, digest_after)
    VALUES (:run_id, '', CAST(:plan AS jsonb), 'rolled back', 0, :why, :by, :before, :after)""")
LOST = text("""
    UPDATE replay.run SET state = 'cancelled', fault = 'its process was gone', changed_at = clock_timestamp()
    WHERE state IN ('running', 'cancelling')""")
TOLD = text("UPDATE replay.run SET told = true WHERE run_id = :run_id")
HELD = text("""
    SELECT EXISTS (SELECT FROM pg_locks, hashtextextended(:name, 0) AS key
    WHERE locktype = 'advisory' AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = key >> 32 & 4294967295 AND objid::bigint = key & 4294967295)""")
UNTOLD = text("""
    SELECT run_id, plan, state, why, plan_digest, asked_by, done, digest_before, digest_after FROM replay.run
    WHERE state IN ('compared', 'switched', 'rolled back') AND NOT told ORDER BY changed_at""")
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


async def untold(tx: AsyncConnection) -> list[tuple[UUID, ReplayRun, str]]:
    """Return every run that ended with something to tell and isn't on the log yet, with who asked for it."""
    return [(row["run_id"], _event(row), row["asked_by"]) for row in (await tx.execute(UNTOLD)).mappings()]


def _event(row: RowMapping) -> ReplayRun:
    plan = row["plan"] if isinstance(row["plan"], dict) else json.loads(row["plan"])
    return ReplayRun(
        service=plan["service"],
        projection=", ".join(plan["tables"]),
        why=f"{row['why']} ({'rolled back' if row['state'] == ROLLED_BACK else 'plan ' + row['plan_digest']})",
        records=row["done"],
        digest_before=row["digest_before"],
        digest_after=row["digest_after"],
        switched=row["state"] != COMPARED,
    )


async def listed(tx: AsyncConnection) -> list[Run]:
    """Return the last replays of this service, newest first."""
    held = bool(await tx.scalar(HELD, {"name": LOCK}))
    rows = (await tx.execute(ALL)).mappings()
    return [Run(**row, lost=row["state"] in {RUNNING, CANCELLING} and not held) for row in rows]


def ended(
    run_id: UUID, state: str, before: str = "", after: str = "", fault: str = "", done: int = 0
) -> dict[str, object]:
    """Return the parameters of ``END``."""
    told = {"before": before, "after": after, "fault": fault[:500], "done": done}
    return {"run_id": run_id, "state": state} | told
