"""The windows in Postgres. A window's count is counted anew from the ids in it, so a record told twice counts once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.live.windows import Seen
from services.analytics.tables import live_event, live_window, live_worker

KEPT = timedelta(hours=48)
"""How far back windows reach; the registers keep everything."""


async def add(tx: AsyncConnection, batch: Sequence[Seen]) -> None:
    """Count a batch into its windows; all of it or nothing, and twice is once."""
    if not batch:
        return
    windows = sorted({(one.what, one.camera_id, one.begins_at) for one in batch})
    # The row first: a worker that lost the partition and its successor wait for each other here, then count the same.
    await tx.execute(_LOCK, [{"what": w, "camera_id": c, "begins_at": at, "events": 0} for w, c, at in windows])
    await tx.execute(insert(live_event).on_conflict_do_nothing(), [asdict(one) for one in batch])
    await tx.execute(_COUNT, [{"what": w, "camera_id": c, "at": at} for w, c, at in windows])


async def repair(tx: AsyncConnection, now: datetime) -> None:
    """Bring the windows of the kept time level with the registers, and forget what is older.

    A record that the stream lost counts from here on, and one that it will tell again won't count twice.
    """
    oldest = now - KEPT
    await tx.execute(text("LOCK TABLE live_event, live_window IN SHARE ROW EXCLUSIVE MODE"))
    for table in (live_event, live_window):
        await tx.execute(delete(table).where(table.c.begins_at < oldest))
    for statement in (_SEGMENTS, _DELETIONS, _RECOUNT):
        await tx.execute(statement, {"oldest": oldest})


async def beat(tx: AsyncConnection, *, worker: str, lag: int, skipped: int, rss_bytes: int) -> None:
    """Note that the stream worker lives, and how far behind it is."""
    values = {"worker": worker, "lag": lag, "skipped": skipped, "rss_bytes": rss_bytes}
    told = insert(live_worker).values(beat_at=text("clock_timestamp()"), **values)
    await tx.execute(
        told.on_conflict_do_update(index_elements=["worker"], set_=values | {"beat_at": text("clock_timestamp()")})
    )


_LOCK = insert(live_window).on_conflict_do_update(
    index_elements=["what", "camera_id", "begins_at"], set_={"events": live_window.c.events}
)
_COUNT = text("""
UPDATE live_window SET events = (
    SELECT count(*) FROM live_event e WHERE e.what = :what AND e.camera_id = :camera_id AND e.begins_at = :at)
WHERE what = :what AND camera_id = :camera_id AND begins_at = :at""")
_SEGMENTS = text("""
INSERT INTO live_event SELECT stored_event, 'segment', camera_id, date_trunc('minute', stored_at, 'UTC')
FROM segment WHERE stored_at >= :oldest ON CONFLICT DO NOTHING""")
_DELETIONS = text("""
INSERT INTO live_event SELECT receipt_event, 'deletion', camera_id, date_trunc('hour', destroyed_at, 'UTC')
FROM segment WHERE destroyed_at >= :oldest ON CONFLICT DO NOTHING""")
_RECOUNT = text("""
INSERT INTO live_window SELECT what, camera_id, begins_at, count(*) FROM live_event WHERE begins_at >= :oldest
GROUP BY what, camera_id, begins_at ON CONFLICT (what, camera_id, begins_at) DO UPDATE SET events = excluded.events""")
