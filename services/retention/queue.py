"""What goes in the next days, by camera and day of an agency: counted in the database, for pages and reports."""

from __future__ import annotations

from datetime import datetime

from services.retention.buckets import Connection

DAYS_MAX = 31

# Columns of the index of what goes next alone: the buckets with their arrays are thousands of pages. A day is a date
# until it is counted: sorting words takes longer.
BY_DAY = """
SELECT camera_id, stage, day::text, count(*) AS hours, sum(remaining)::int8 AS segments
  FROM (SELECT camera_id, stage, (due_at AT TIME ZONE $1)::date AS day, remaining FROM segment_hour
         WHERE stage IN ('queued', 'due', 'commanded', 'overdue') AND (due_at < $2 OR stage = 'overdue')) moving
 GROUP BY camera_id, stage, moving.day ORDER BY moving.day, camera_id, stage
"""


async def by_day(connection: Connection, zone: str, until: datetime) -> list[dict[str, object]]:
    """Return how many segments of each camera take their next step on each day before ``until``, and all overdue."""
    return [dict(row) for row in await connection.fetch(BY_DAY, zone, until)]
