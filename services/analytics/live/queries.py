"""What the live windows show now. Reading needs no stream worker: one that stopped shows as stale, never as calm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.database import db_now

STALE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something is an alarm."""

    silent_after_minutes: Annotated[int, Query(ge=1, le=1440)] = 10
    deletions_per_hour_max: Annotated[int, Query(ge=0)] = 10_000
    minutes: Annotated[int, Query(ge=1, le=1440)] = 60


async def windows(tx: AsyncConnection, limits: Limits) -> dict[str, Any]:
    """Return rates, silent cameras and deletions, with the age of what they rest on."""
    now = await db_now(tx)
    bound = {
        "since": now - timedelta(minutes=limits.minutes),
        "silent": now - timedelta(minutes=limits.silent_after_minutes),
        "day": now - timedelta(hours=24),
    }
    deletions = await _rows(tx, _DELETIONS, bound)
    return {
        "as_of": now,
        "workers": [row | {"stale": now - row["beat_at"] > STALE_AFTER} for row in await _rows(tx, _WORKERS, {})],
        "segments_per_minute": await _rows(tx, _SEGMENTS, bound),
        "silent_cameras": await _rows(tx, _SILENT, bound),
        "deletions_per_hour": [row | {"alarm": row["deletions"] > limits.deletions_per_hour_max} for row in deletions],
        "alarm": any(row["deletions"] > limits.deletions_per_hour_max for row in deletions),
    }


async def _rows(tx: AsyncConnection, sql: str, bound: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in (await tx.execute(text(sql), bound)).mappings()]


_WORKERS = "SELECT worker, beat_at, lag, skipped, rss_bytes FROM live_worker ORDER BY worker"
_SEGMENTS = """
SELECT camera_id AS camera, begins_at AS minute, events AS segments FROM live_window
WHERE what = 'segment' AND begins_at >= :since AND events > 0 ORDER BY begins_at, camera_id"""
# A body-worn camera is silent whenever nobody wears it: only a fixed one that falls silent is news.
_SILENT = """
SELECT c.camera_id AS camera, c.agency, last.at AS last_segment_at
FROM camera c LEFT JOIN LATERAL (
    SELECT s.stored_at AS at FROM segment s WHERE s.camera_id = c.camera_id ORDER BY s.started_at DESC LIMIT 1
) last ON true
WHERE c.kind = 'fixed' AND c.retired_at IS NULL AND coalesce(last.at < :silent, true)
  AND NOT EXISTS (SELECT FROM live_window w WHERE w.what = 'segment' AND w.camera_id = c.camera_id
                  AND w.events > 0 AND w.begins_at >= :silent)
ORDER BY c.camera_id"""
_DELETIONS = """
SELECT begins_at AS hour, sum(events)::bigint AS deletions FROM live_window
WHERE what = 'deletion' AND begins_at >= :day AND events > 0 GROUP BY begins_at ORDER BY begins_at """
