"""Folds closed hours of segment_hot into buckets, whole camera-hours at a time, in SQL.

A repeat that slipped in while its bucket was being written is dropped here: the fold has the last word on what is new.
"""

from __future__ import annotations

from datetime import datetime

from services.kernel.batches import HOUR, hour_of, hour_start
from services.retention.buckets import Connection

FIRST = "SELECT min(started_at) FROM segment_hot"
FOLD = """
WITH chosen AS (
  SELECT camera_id FROM segment_hot WHERE camera_id > $1 AND started_at >= $2 AND started_at < $3
   ORDER BY camera_id, started_at LIMIT $4),
picked AS (
  DELETE FROM segment_hot WHERE camera_id IN (SELECT camera_id FROM chosen) AND started_at >= $2 AND started_at < $3
  RETURNING *, (extract(epoch FROM started_at) * 1000000)::int8 - $5::int8 * 3600000000 AS offset_us),
fresh AS (
  SELECT * FROM picked p
   WHERE NOT EXISTS (SELECT FROM segment_hour b
                      WHERE (b.camera_id, b.hour, b.generation) = (p.camera_id, $5, p.generation)
                        AND p.offset_us = ANY (b.offsets_us))),
grouped AS (
  SELECT camera_id, generation, retention_class, officer, shift,
         array_agg(offset_us ORDER BY offset_us) AS offsets_us,
         array_agg((extract(epoch FROM ended_at - started_at) * 1000000)::int8 ORDER BY offset_us) AS lengths_us,
         array_agg((extract(epoch FROM recorded_at - ended_at) * 1000000)::int8 ORDER BY offset_us) AS lags_us,
         CASE WHEN max(recovery_from) > to_timestamp(0)
              THEN array_agg((extract(epoch FROM recovery_from) * 1000000)::int8 ORDER BY offset_us) END
           AS recoveries_us,
         CASE WHEN bool_or(destroyed)
              THEN string_agg(destroyed::int::text, '' ORDER BY offset_us)::varbit END AS destroyed
    FROM fresh GROUP BY camera_id, generation, retention_class, officer, shift),
buckets AS (
  INSERT INTO segment_hour (camera_id, hour, generation, chunk, retention_class, officer, shift, offsets_us,
                            lengths_us, lags_us, recoveries_us, destroyed, due_at)
  SELECT g.camera_id, $5, g.generation,
         coalesce((SELECT max(b.chunk) FROM segment_hour b
                    WHERE (b.camera_id, b.hour, b.generation) = (g.camera_id, $5, g.generation)), 0)
           + row_number() OVER (PARTITION BY g.camera_id, g.generation
                                ORDER BY g.retention_class, g.officer, g.shift),
         g.retention_class, g.officer, g.shift, g.offsets_us, g.lengths_us, g.lags_us, g.recoveries_us, g.destroyed,
         now()
    FROM grouped g
  RETURNING camera_id, hour, generation, chunk, cardinality(offsets_us) AS segments),
entries AS (
  INSERT INTO wheel (due_on, due_at, camera_id, hour, generation, chunk)
  SELECT '-infinity', now(), camera_id, hour, generation, chunk FROM buckets),
fill AS (
  INSERT INTO camera_fill (camera_id, stored)
  SELECT camera_id, sum(segments) FROM buckets GROUP BY camera_id ORDER BY camera_id
      ON CONFLICT (camera_id) DO UPDATE SET stored = camera_fill.stored + excluded.stored)
SELECT count(*) AS segments, max(camera_id) AS last_camera FROM picked
"""


class Folding:
    """Where the fold stands: it goes through an hour camera by camera, a bounded piece in each transaction."""

    def __init__(self, segments_max: int) -> None:
        self._segments_max = segments_max
        self._hour: int | None = None
        self._after = ""

    async def piece(self, connection: Connection, closed_before: datetime) -> int:
        """Fold one piece of the oldest hour that ended by ``closed_before``; return how many segments, 0 when done."""
        first: datetime | None = await connection.fetchval(FIRST)
        if first is None or hour_start(hour_of(first) + 1) > closed_before:
            return 0
        if self._hour != hour_of(first):
            self._hour, self._after = hour_of(first), ""
        segments = await self._fold(connection, hour_of(first))
        if not segments and self._after:
            # Late ones came in behind us, for cameras that this hour was already folded for.
            self._after = ""
            segments = await self._fold(connection, hour_of(first))
        return segments

    async def _fold(self, connection: Connection, hour: int) -> int:
        begins = hour_start(hour)
        row = await connection.fetchrow(FOLD, self._after, begins, begins + HOUR, self._segments_max, hour)
        assert row is not None
        self._after = row["last_camera"] or self._after
        return int(row["segments"])
