"""SQL of the legal holds that stand in buckets because we put them there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog.footage import Filmed
from services.ingest.projector import key_row
from services.kernel.batches import SegmentKey
from services.kernel.ids import micros

_NOTED = text("""
select place from legal_hold
 where camera_id = :camera
   and started_us >= :hour * 3600000000::bigint and started_us < (:hour + 1) * 3600000000::bigint
""")
_PUT = text("""
insert into legal_hold (place, camera_id, started_us, generation, put_at)
values (:place, :camera_id, :started_us, :generation, :at) on conflict do nothing
""")
_LOCKED = text("""
select count(distinct (started_us, generation)) from legal_hold
 where camera_id = :camera and started_us = any(:starts)
""")
_LIFTED = text("delete from legal_hold where place = :place")
_FORGET_GONE = text("""
delete from legal_hold h using segment_state s
 where (h.camera_id, h.started_us, h.generation) = (s.camera_id, s.started_us, s.generation) and s.state = 'gone'
""")
_CAME_IN = text("""
select distinct camera_id, hour from segment_hot
 where recorded_us >= :since and (cast(:cameras as text[]) is null or camera_id = any(cast(:cameras as text[])))
""")
# Footage that is recorded while a look is under way commits a moment later than its own instant.
OVERLAP_US = 10_000_000


async def noted(tx: AsyncConnection, camera_id: str, hour: int) -> frozenset[str]:
    """Return the places of one camera-hour on which we have put a legal hold."""
    return frozenset((await tx.execute(_NOTED, {"camera": camera_id, "hour": hour})).scalars())


async def locked(tx: AsyncConnection, rows: Sequence[Filmed]) -> int:
    """Return how many of these segments have a legal hold of ours in a bucket."""
    starts: dict[str, list[int]] = {}
    for row in rows:
        starts.setdefault(row.camera_id, []).append(micros(row.started_at))
    found = [await tx.execute(_LOCKED, {"camera": camera, "starts": us}) for camera, us in starts.items()]
    return sum(int(each.scalar_one()) for each in found)


async def put(tx: AsyncConnection, place: str, key: SegmentKey, at: datetime) -> None:
    """Note a legal hold that a store has taken."""
    await tx.execute(_PUT, key_row(key) | {"place": place, "at": at})


async def lifted(tx: AsyncConnection, place: str) -> None:
    """Note that there is none any more."""
    await tx.execute(_LIFTED, {"place": place})


async def forget_gone(tx: AsyncConnection) -> None:
    """Forget what a restored database still has of footage that has its receipt."""
    await tx.execute(_FORGET_GONE)


async def came_in(tx: AsyncConnection, since: datetime, cameras: frozenset[str]) -> list[tuple[str, int]]:
    """Return the hours of some cameras in which footage was recorded since; an empty name stands for all cameras."""
    wanted = None if "" in cameras else sorted(cameras)
    rows = await tx.execute(_CAME_IN, {"since": micros(since) - OVERLAP_US, "cameras": wanted})
    return [(row.camera_id, row.hour) for row in rows]
