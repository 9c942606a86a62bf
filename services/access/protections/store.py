"""What stands on the protection log and how far it is published; SQL only, decisions are made elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.tables import (
    METADATA,
    answer,
    answer_amendment,
    batch_answer,
    camera_binding,
    clearance,
    parked,
    policy_binding,
    protection,
    protection_gate,
)
from services.kernel.batches import HOUR, hour_start
from services.kernel.ids import PROTECTION_LOG
from services.kernel.protection import CameraBinding, PolicyBinding, binding_version, policy_of
from services.kernel.scope import Scope

POLL_S = 0.02
outbox = METADATA.tables["outbox"]


async def log_position(tx: AsyncConnection) -> tuple[int, int]:
    """Return (last seq decided, last seq that the broker has acknowledged). The difference is what waits."""
    seq = int(await tx.scalar(select(protection_gate.c.seq)) or 0)
    of_the_log = outbox.c.headers["ce_subject"].astext == PROTECTION_LOG
    waiting = await tx.scalar(select(func.count()).select_from(outbox).where(of_the_log))
    return seq, seq - int(waiting or 0)


async def published(engine: AsyncEngine, seq: int, within_s: float) -> bool:
    """Wait until the broker has acknowledged ``seq`` of the protection log (A5); False when the time is over."""
    until = monotonic() + within_s
    while True:
        async with engine.connect() as tx:
            if (await log_position(tx))[1] >= seq:
                return True
        if monotonic() > until:
            return False
        await asyncio.sleep(POLL_S)


async def in_flight(tx: AsyncConnection, scopes: Sequence[Scope], before_seq: int) -> list[dict[str, object]]:
    """Return the clearances before ``before_seq`` without an outcome whose footage the scopes may touch."""
    open_ones = (
        select(clearance)
        .outerjoin(batch_answer, batch_answer.c.batch_id == clearance.c.batch_id)
        .where(batch_answer.c.batch_id.is_(None), clearance.c.seq < before_seq)
        .order_by(clearance.c.seq)
    )
    rows = (await tx.execute(open_ones)).mappings().all()
    return [
        {"batch_id": str(row["batch_id"]), "seq": row["seq"], "camera_id": row["camera_id"], "lines": row["lines"]}
        for row in rows
        if any(_may_touch(scope, row) for scope in scopes)
    ]


def _may_touch(scope: Scope, cleared: RowMapping) -> bool:
    """Cameras and hours decide; area, officer and incident may still be filed, so they rule nothing out."""
    if scope.cameras and cleared["camera_id"] not in scope.cameras:
        return False
    hours = [int(line["hour"]) for line in cleared["lines"]]
    if not hours:
        return False
    # A segment that began in the last hour may run on into the scope: one hour more on that side.
    starts_late = scope.ends_at is not None and hour_start(min(hours)) >= scope.ends_at
    return not starts_late and hour_start(max(hours)) + 2 * HOUR > scope.starts_at


async def answers(tx: AsyncConnection, hold_id: UUID) -> tuple[list[RowMapping], list[RowMapping]]:
    """Return custody's answers to a hold by seq, and what later facts amended."""
    applied = await tx.execute(select(answer).where(answer.c.hold_id == hold_id).order_by(answer.c.seq))
    amended = await tx.execute(
        select(answer_amendment)
        .where(answer_amendment.c.hold_id == hold_id)
        .order_by(answer_amendment.c.stream_version)
    )
    return list(applied.mappings()), list(amended.mappings())


async def parked_for(tx: AsyncConnection, hold_id: UUID) -> list[RowMapping]:
    """Return the records of this hold that custody couldn't read and nobody has settled."""
    rows = await tx.execute(select(parked).where(parked.c.hold_id == str(hold_id), ~parked.c.settled))
    return list(rows.mappings())


async def protections(tx: AsyncConnection, *, active_at: datetime | None = None) -> list[RowMapping]:
    """Return protections in the order of the log, only the active ones if an instant is given."""
    wanted = select(protection).order_by(protection.c.answer_seq)
    if active_at is not None:
        wanted = wanted.where((protection.c.protects_until.is_(None)) | (protection.c.protects_until > active_at))
    return list((await tx.execute(wanted)).mappings())


async def bindings(tx: AsyncConnection) -> dict[str, list[PolicyBinding]]:
    """Return every PolicyInForce by pack, as the kernel judges them."""
    found: dict[str, list[PolicyBinding]] = {}
    for row in (await tx.execute(select(policy_binding).order_by(policy_binding.c.seq))).mappings():
        found.setdefault(row["policy_id"], []).append(PolicyBinding(**row))
    return found


async def binding_now(tx: AsyncConnection, policy_id: str, now: datetime) -> PolicyBinding | None:
    """Return the version of one pack that binds at ``now``."""
    return binding_version((await bindings(tx)).get(policy_id, ()), now)


async def camera_bindings(tx: AsyncConnection) -> list[CameraBinding]:
    """Return every CameraBound in the order of the log."""
    rows = (await tx.execute(select(camera_binding).order_by(camera_binding.c.seq))).mappings()
    return [CameraBinding(**row) for row in rows]


async def pack_of_camera(tx: AsyncConnection, camera_id: str, now: datetime) -> str | None:
    """Return the id of the pack that binds a camera, whatever the class of its footage."""
    standing: Iterable[CameraBinding] = await camera_bindings(tx)
    return policy_of(standing, camera_id, "", now)


# What decision 3 and the packs of this house use.
RECOVERY_WHERE_NO_PACK_SAYS = timedelta(days=7)
