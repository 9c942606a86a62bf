"""Rows of the breaker: what is tripped, who asked for its reset, how much went in the running hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.retention.breaker import EVERYWHERE, Fill, Trip
from services.retention.buckets import Connection

OPEN = "SELECT camera_id FROM breaker"
TRIP = """
INSERT INTO breaker (camera_id, tripped_at, "limit", counted) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING camera_id
"""
FILLS = """
SELECT camera_id, stored, CASE WHEN window_hour = $2 THEN commanded ELSE 0 END AS commanded
  FROM camera_fill WHERE camera_id = ANY ($1::text[])
"""
EVERYTHING = "SELECT coalesce(sum(commanded), 0)::int8 FROM camera_fill WHERE window_hour = $1"
COUNT = """
UPDATE camera_fill f SET commanded = n.number + CASE WHEN f.window_hour = $3 THEN f.commanded ELSE 0 END,
       window_hour = $3
  FROM unnest($1::text[], $2::int8[]) AS n(camera_id, number) WHERE f.camera_id = n.camera_id
"""
PROPOSED = 'SELECT "limit", counted, proposed_by FROM breaker WHERE camera_id = $1 FOR UPDATE'
PROPOSE = "UPDATE breaker SET proposed_by = $2 WHERE camera_id = $1"
RESET = "DELETE FROM breaker WHERE camera_id = $1"
FORGET = "UPDATE camera_fill SET commanded = 0 WHERE $1 = '' OR camera_id = $1"


async def open_breakers(connection: Connection) -> frozenset[str]:
    """Return the cameras whose breaker is open; an empty id stands for all."""
    return frozenset(row["camera_id"] for row in await connection.fetch(OPEN))


async def trip(connection: Connection, trips: Iterable[Trip], now: datetime) -> list[Trip]:
    """Open breakers; return those that weren't open before."""
    return [t for t in trips if await connection.fetchrow(TRIP, t.camera_id, now, t.limit, t.counted)]


async def fills(connection: Connection, cameras: Iterable[str], hour: int) -> tuple[dict[str, Fill], int]:
    """Return the fill of these cameras, and what was proposed for all cameras in this clock hour."""
    rows = await connection.fetch(FILLS, sorted(cameras), hour)
    found = {row["camera_id"]: Fill(stored=row["stored"], commanded=row["commanded"]) for row in rows}
    return found, int(await connection.fetchval(EVERYTHING, hour))


async def count(connection: Connection, proposed: Mapping[str, int], hour: int) -> None:
    """Add proposals to the running hour."""
    await connection.execute(COUNT, sorted(proposed), [proposed[camera] for camera in sorted(proposed)], hour)


async def propose_reset(connection: Connection, camera_id: str, person: str) -> str | None:
    """Return who asked before, empty if nobody did and ``person`` now has; None: that breaker isn't open."""
    row = await connection.fetchrow(PROPOSED, camera_id)
    if row is None:
        return None
    if not row["proposed_by"]:
        await connection.execute(PROPOSE, camera_id, person)
    return str(row["proposed_by"])


async def reset(connection: Connection, camera_id: str) -> None:
    """Close the breaker and begin its count anew."""
    await connection.execute(RESET, camera_id)
    await connection.execute(FORGET, camera_id or EVERYWHERE)
