"""Reads and writes buckets. Whoever changes bits locks the rows first, always in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import asyncpg

from services.retention.arrays import int8s
from services.retention.bits import from_text, to_text
from services.retention.bucket import Bucket, BucketKey

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

COLUMNS = """b.camera_id, b.hour, b.generation, b.chunk, b.retention_class, b.officer, b.shift,
       array_send(b.offsets_us) AS offsets_us, array_send(b.lengths_us) AS lengths_us, array_send(b.lags_us) AS lags_us,
       array_send(b.recoveries_us) AS recoveries_us, b.due_at, b.queued::text, b.commanded::text, b.destroyed::text,
       b.overdue::text, b.past_maximum::text"""

LOCK = f"""
SELECT {COLUMNS}
  FROM segment_hour b JOIN unnest($1::text[], $2::int[], $3::int2[], $4::int[]) AS k(camera_id, hour, generation, chunk)
       USING (camera_id, hour, generation, chunk)
 ORDER BY b.camera_id, b.hour, b.generation, b.chunk FOR UPDATE OF b
"""  # noqa: S608 - put together from constants of this package

LOCK_HOURS = f"""
SELECT {COLUMNS}
  FROM segment_hour b JOIN unnest($1::text[], $2::int[], $3::int2[]) AS k(camera_id, hour, generation)
       USING (camera_id, hour, generation)
 ORDER BY b.camera_id, b.hour, b.generation, b.chunk FOR UPDATE OF b
"""  # noqa: S608 - put together from constants of this package

READ_HOUR = f"SELECT {COLUMNS} FROM segment_hour b WHERE b.camera_id = $1 AND b.hour = $2"  # noqa: S608 - a constant

WRITE = """
UPDATE segment_hour b
   SET queued = n.queued::varbit, commanded = n.commanded::varbit, destroyed = n.destroyed::varbit,
       overdue = n.overdue::varbit, past_maximum = n.past_maximum::varbit, stage = n.stage, due_at = n.due_at
  FROM unnest($1::text[], $2::int[], $3::int2[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
              $10::text[], $11::timestamptz[])
       AS n(camera_id, hour, generation, chunk, queued, commanded, destroyed, overdue, past_maximum, stage, due_at)
 WHERE (b.camera_id, b.hour, b.generation, b.chunk) = (n.camera_id, n.hour, n.generation, n.chunk)
"""

WRITE_BITS = """
UPDATE segment_hour b
   SET queued = n.queued::varbit, commanded = n.commanded::varbit, destroyed = n.destroyed::varbit,
       overdue = n.overdue::varbit, past_maximum = n.past_maximum::varbit
  FROM unnest($1::text[], $2::int[], $3::int2[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
       AS n(camera_id, hour, generation, chunk, queued, commanded, destroyed, overdue, past_maximum)
 WHERE (b.camera_id, b.hour, b.generation, b.chunk) = (n.camera_id, n.hour, n.generation, n.chunk)
"""


async def lock(connection: Connection, keys: Sequence[BucketKey]) -> list[Bucket]:
    """Lock and return these buckets."""
    rows = await connection.fetch(LOCK, *key_columns(keys))
    return [bucket_from(row) for row in rows]


async def lock_hours(connection: Connection, hours: Iterable[tuple[str, int, int]]) -> list[Bucket]:
    """Lock and return all buckets of these cameras, hours and generations."""
    wanted = sorted(set(hours))
    rows = await connection.fetch(LOCK_HOURS, *([hour[i] for hour in wanted] for i in range(3)))
    return [bucket_from(row) for row in rows]


async def read_hour(connection: Connection, camera_id: str, hour: int) -> list[Bucket]:
    """Return the buckets of one camera and hour without locking them."""
    return [bucket_from(row) for row in await connection.fetch(READ_HOUR, camera_id, hour)]


async def write(connection: Connection, changed: Sequence[tuple[Bucket, str]]) -> None:
    """Write bits, stage and next visit of locked buckets."""
    if changed:
        buckets = [bucket for bucket, _ in changed]
        stages, due = [stage for _, stage in changed], [bucket.due_at for bucket in buckets]
        await connection.execute(WRITE, *key_columns([b.key for b in buckets]), *_maps(buckets), stages, due)


async def write_bits(connection: Connection, buckets: Sequence[Bucket]) -> None:
    """Write the bits of locked buckets and nothing else."""
    if buckets:
        await connection.execute(WRITE_BITS, *key_columns([b.key for b in buckets]), *_maps(buckets))


def key_columns(keys: Sequence[BucketKey]) -> tuple[list[str], list[int], list[int], list[int]]:
    """Return keys as the four arrays that the statements unnest."""
    return [k.camera_id for k in keys], [k.hour for k in keys], [k.generation for k in keys], [k.chunk for k in keys]


def bucket_from(row: asyncpg.Record) -> Bucket:
    """Read one row of COLUMNS."""
    return Bucket(
        key=BucketKey(camera_id=row["camera_id"], hour=row["hour"], generation=row["generation"], chunk=row["chunk"]),
        retention_class=row["retention_class"],
        officer=row["officer"],
        shift=row["shift"],
        offsets_us=int8s(row["offsets_us"]),
        lengths_us=int8s(row["lengths_us"]),
        lags_us=int8s(row["lags_us"]),
        recoveries_us=int8s(row["recoveries_us"]),
        queued=from_text(row["queued"]),
        commanded=from_text(row["commanded"]),
        destroyed=from_text(row["destroyed"]),
        overdue=from_text(row["overdue"]),
        past_maximum=from_text(row["past_maximum"]),
        due_at=row["due_at"],
    )


def _maps(buckets: Sequence[Bucket]) -> list[list[str | None]]:
    return [
        [to_text(b.size, b.queued) for b in buckets],
        [to_text(b.size, b.commanded) for b in buckets],
        [to_text(b.size, b.destroyed) for b in buckets],
        [to_text(b.size, b.overdue) for b in buckets],
        [to_text(b.size, b.past_maximum) for b in buckets],
    ]
