"""What goes in the next days, by camera and day of an agency: counted in the database, for pages and reports."""

from __future__ import annotations

from datetime import datetime

from services.retention.buckets import Connection

DAYS_MAX = 31

# Counted before anything is sorted: a sort that carries the buckets' arrays spills to the disk.
BY_DAY = """
WITH moving AS MATERIALIZED (
  SELECT camera_id, stage, due_at, cardinality(offsets_us) - coalesce(bit_count(destroyed), 0) AS segments
    FROM segment_hour
   WHERE stage IN ('queued', 'due', 'commanded', 'overdue') AND stage NOT IN ('kept', 'gone')
     AND (due_at < $2 OR stage = 'overdue'))
SELECT camera_id, stage, (due_at AT TIME ZONE $1)::date::text AS day, count(*) AS hours, sum(segments)::int8 AS segments
  FROM moving GROUP BY 1, 2, 3 ORDER BY 3, 1, 2
"""


async def by_day(connection: Connection, zone: str, until: datetime) -> list[dict[str, object]]:
    """Return how many segments of each camera take their next step on each day before ``until``, and all overdue."""
    return [dict(row) for row in await connection.fetch(BY_DAY, zone, until)]
