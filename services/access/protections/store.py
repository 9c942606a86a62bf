"""What stands on the protection log and how far it is published; SQL only, decisions are made elsewhere."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.engine import Result, RowMapping
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
    request_file,
)
from services.kernel.batches import HOUR, SEGMENT_HOURS_MAX, hour_start
from services.kernel.binding import CameraBinding, PolicyBinding, binding_version, policy_of
from services.kernel.ids import PROTECTION_LOG
from services.kernel.scope import Scope

POLL_S = 0.02
# A scope that names no camera may cover any.
EVERY_CAMERA = "strict $[*].cameras ? (@.size() == 0)"
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


async def open_clearances(tx: AsyncConnection) -> Sequence[RowMapping]:
    """Return the clearances that custody hasn't answered, in the order of the log."""
    open_ones = (
        select(clearance)
        .outerjoin(batch_answer, batch_answer.c.batch_id == clearance.c.batch_id)
        .where(batch_answer.c.batch_id.is_(None))
        .order_by(clearance.c.seq)
    )
    return (await tx.execute(open_ones)).mappings().all()


def in_flight(cleared: Iterable[RowMapping], scopes: Sequence[Scope], before_seq: int) -> list[dict[str, object]]:
    """Return the open clearances before ``before_seq`` whose footage the scopes may touch."""
    return [
        {"batch_id": str(row["batch_id"]), "seq": row["seq"], "camera_id": row["camera_id"], "lines": row["lines"]}
        for row in cleared
        if row["seq"] < before_seq and any(_may_touch(scope, row) for scope in scopes)
    ]


def _may_touch(scope: Scope, cleared: RowMapping) -> bool:
    """Cameras and hours decide; area, officer and incident may still be filed, so they rule nothing out."""
    if scope.cameras and cleared["camera_id"] not in scope.cameras:
        return False
    hours = [int(line["hour"]) for line in cleared["lines"]]
    if not hours:
        return False
    # A segment that began late in an hour may run on into the scope, as long as a segment may be.
    starts_late = scope.ends_at is not None and hour_start(min(hours)) >= scope.ends_at
    return not starts_late and hour_start(max(hours)) + (1 + SEGMENT_HOURS_MAX) * HOUR > scope.starts_at


Rows = dict[UUID, list[RowMapping]]


async def answers(tx: AsyncConnection, hold_ids: Sequence[UUID]) -> tuple[Rows, Rows]:
    """Return custody's answers to holds by seq, and what later facts amended, by hold."""
    applied = select(answer).where(answer.c.hold_id.in_(hold_ids)).order_by(answer.c.seq)
    amended = select(answer_amendment).where(answer_amendment.c.hold_id.in_(hold_ids))
    amended = amended.order_by(answer_amendment.c.stream_version)
    return _by_hold(await tx.execute(applied)), _by_hold(await tx.execute(amended))


def _by_hold(rows: Result[Any]) -> Rows:
    found: Rows = defaultdict(list)
    for row in rows.mappings():
        found[UUID(str(row["hold_id"]))].append(row)
    return found


async def parked_for(tx: AsyncConnection, *hold_ids: UUID) -> Rows:
    """Return the records of these holds that custody couldn't read and nobody has settled, by hold."""
    wanted = parked.c.hold_id.in_([str(each) for each in hold_ids])
    return _by_hold(await tx.execute(select(parked).where(wanted, ~parked.c.settled)))


async def protections(tx: AsyncConnection, *, active_at: datetime | None = None) -> list[RowMapping]:
    """Return protections in the order of the log, only the active ones if an instant is given."""
    wanted = select(protection).order_by(protection.c.answer_seq)
    if active_at is not None:
        wanted = wanted.where(_active(active_at))
    return list((await tx.execute(wanted)).mappings())


async def around(tx: AsyncConnection, requests: Sequence[UUID], at: datetime) -> list[RowMapping]:
    """Return what protects the footage of some requests: every active hold and rescue, and their own protections."""
    own = protection.c.request_id == any_(literal([str(each) for each in requests], ARRAY(Text)))
    wanted = select(protection).where(_active(at), (protection.c.kind != "request") | own)
    return list((await tx.execute(wanted.order_by(protection.c.answer_seq))).mappings())


async def newest(
    tx: AsyncConnection,
    kind: str,
    most: int,
    *,
    active_at: datetime | None = None,
    requester: str = "",
    camera: str = "",
) -> list[RowMapping]:
    """Return the newest protections, in the order of the log.

    Of one kind, active ones, those of one person's requests, or those that may cover a camera, if asked.
    """
    wanted = select(protection).order_by(protection.c.answer_seq.desc()).limit(most)
    if kind:
        wanted = wanted.where(protection.c.kind == kind)
    if active_at is not None:
        wanted = wanted.where(_active(active_at))
    if requester:
        wanted = wanted.where(_requested_by(requester))
    if camera:
        named = protection.c.scopes.contains([{"cameras": [camera]}])
        wanted = wanted.where(named | func.jsonb_path_exists(protection.c.scopes, cast(EVERY_CAMERA, JSONPATH)))
    return [*(await tx.execute(wanted)).mappings()][::-1]


async def one(tx: AsyncConnection, hold_id: UUID) -> RowMapping | None:
    """Return one protection by its id."""
    return (await tx.execute(select(protection).where(protection.c.hold_id == hold_id))).mappings().first()


async def is_requested_by(tx: AsyncConnection, hold_id: UUID, person: str) -> bool:
    """Tell whether a protection is of a request that this person handed in."""
    wanted = select(protection.c.hold_id).where(protection.c.hold_id == hold_id, _requested_by(person))
    return await tx.scalar(wanted) is not None


def _requested_by(person: str) -> ColumnElement[bool]:
    own = select(cast(request_file.c.request_id, Text)).where(request_file.c.requester == person)
    return protection.c.request_id.in_(own)


def _active(at: datetime) -> ColumnElement[bool]:
    return (protection.c.protects_until.is_(None)) | (protection.c.protects_until > at)


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
