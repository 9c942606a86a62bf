"""The calendar wheel: which bucket must be looked at when, partitioned by day.

An entry is a hint. The bucket itself knows its next visit; an entry with another instant is stale and dropped when it
is met, so that nobody ever has to search for an entry to remove it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.retention.bucket import BucketKey
from services.retention.buckets import Connection, key_columns
from services.retention.changes import Touch

DAY = timedelta(days=1)
SOON = date.min  # asyncpg writes it as -infinity: due at once, whatever the clock said when it was written

_IS_DUE = "due_on <= $1 AND (due_at <= $2 OR due_on = '-infinity')"
ANY_DUE = f"SELECT EXISTS (SELECT FROM wheel WHERE {_IS_DUE})"  # noqa: S608 - put together from constants of this file
# Bounded by day twice: else the rows to delete are looked for in the partitions of all days to come.
TAKE = f"""
WITH due AS (
  SELECT due_on, due_at, camera_id, hour, generation, chunk FROM wheel
   WHERE {_IS_DUE}
   ORDER BY due_on, due_at, camera_id, hour, generation, chunk LIMIT $3)
DELETE FROM wheel w USING due d
 WHERE w.due_on <= $1
   AND (w.due_on, w.due_at, w.camera_id, w.hour, w.generation, w.chunk)
       = (d.due_on, d.due_at, d.camera_id, d.hour, d.generation, d.chunk)
RETURNING w.due_at, w.camera_id, w.hour, w.generation, w.chunk
"""  # noqa: S608 - put together from constants of this file
PLACE = """
INSERT INTO wheel (due_on, due_at, camera_id, hour, generation, chunk)
SELECT * FROM unnest($1::date[], $2::timestamptz[], $3::text[], $4::int[], $5::int2[], $6::int[]) ON CONFLICT DO NOTHING
"""
_AND_SOON = """
INSERT INTO wheel (due_on, due_at, camera_id, hour, generation, chunk)
SELECT '-infinity', now(), camera_id, hour, generation, chunk FROM touched ON CONFLICT DO NOTHING
"""
# What is kept and not yet on its way out needs no look: its next visit finds whatever stands then.
TOUCH = f"""
WITH touched AS (
  UPDATE segment_hour SET due_at = now()
   WHERE stage NOT IN ('kept', 'gone') AND (cardinality($1::text[]) = 0 OR camera_id = ANY ($1))
     AND hour >= $2 AND hour <= $3
  RETURNING camera_id, hour, generation, chunk)
{_AND_SOON}"""  # noqa: S608 - put together from constants of this package
TOUCH_HOURS = f"""
WITH touched AS (
  UPDATE segment_hour b SET due_at = now()
    FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::int[], $3::int2[]) AS u(camera_id, hour, generation)) k
   WHERE (b.camera_id, b.hour, b.generation) = (k.camera_id, k.hour, k.generation)
  RETURNING b.camera_id, b.hour, b.generation, b.chunk)
{_AND_SOON}"""  # noqa: S608 - put together from constants of this package
TOUCH_BOUND = f"""
WITH touched AS (
  UPDATE segment_hour b SET due_at = now() FROM unnest($1::text[], $2::text[]) AS k(camera_id, retention_class)
   WHERE (b.camera_id, b.retention_class) = (k.camera_id, k.retention_class) AND b.stage <> 'gone'
  RETURNING b.camera_id, b.hour, b.generation, b.chunk)
{_AND_SOON}"""  # noqa: S608 - put together from constants of this package
RELEASE = f"""
WITH freed AS (DELETE FROM held_due WHERE hold_id = ANY ($1::uuid[]) RETURNING camera_id, hour, generation, chunk),
touched AS (
  UPDATE segment_hour b SET due_at = now() FROM (SELECT DISTINCT * FROM freed) k
   WHERE (b.camera_id, b.hour, b.generation, b.chunk) = (k.camera_id, k.hour, k.generation, k.chunk)
  RETURNING b.camera_id, b.hour, b.generation, b.chunk)
{_AND_SOON}"""  # noqa: S608 - put together from constants of this package
HOLD = """
INSERT INTO held_due (hold_id, camera_id, hour, generation, chunk)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int2[], $5::int[]) ON CONFLICT DO NOTHING
"""
PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'wheel'::regclass AND c.relname ~ '^wheel_[0-9]{8}$'
"""


class Entry(NamedTuple):
    """One hint: look at ``key`` at ``due_at``."""

    due_at: datetime
    key: BucketKey


async def take(connection: Connection, now: datetime, limit: int) -> list[Entry]:
    """Drop and return the ``limit`` oldest entries that are due. Partitions of later days aren't opened.

    What is to be looked at soon is due though its instant lies ahead: it was written while the clock was wrong.
    """
    today = now.astimezone(UTC).date()
    # Planning the deletion takes longer than looking whether it would find anything, and mostly it wouldn't.
    if not await connection.fetchval(ANY_DUE, today, now):
        return []
    return [
        Entry(due_at, BucketKey(camera_id=camera_id, hour=hour, generation=generation, chunk=chunk))
        for due_at, camera_id, hour, generation, chunk in await connection.fetch(TAKE, today, now, limit)
    ]


async def place(connection: Connection, due: Iterable[tuple[datetime, BucketKey]]) -> None:
    """Add entries, making the partitions of their days on demand."""
    entries = sorted(due)
    if entries:
        days = [at.astimezone(UTC).date() for at, _ in entries]
        await make_partitions(connection, set(days))
        keys = key_columns([key for _, key in entries])
        await connection.execute(PLACE, days, [at for at, _ in entries], *keys)


async def touch(connection: Connection, touches: Iterable[Touch]) -> None:
    """Look again, soon, at buckets on their way out of these cameras and times."""
    for each in touches:
        # A segment that began the day before may reach into the interval.
        first = _hour(each.since) - 24
        last = 2**31 - 1 if each.until is None else _hour(each.until)
        await connection.execute(TOUCH, list(each.cameras), max(first, -(2**31)), last)


async def touch_hours(connection: Connection, hours: Iterable[tuple[str, int, int]]) -> None:
    """Look again, soon, at the buckets of these cameras, hours and generations."""
    wanted = sorted(set(hours))
    if wanted:
        await connection.execute(TOUCH_HOURS, *([hour[i] for hour in wanted] for i in range(3)))


async def touch_bound(connection: Connection, bound: Sequence[tuple[str, str]]) -> None:
    """Look again at every bucket of these cameras and classes: another version binds them."""
    if bound:
        await connection.execute(TOUCH_BOUND, [camera for camera, _ in bound], [class_ for _, class_ in bound])


async def release(connection: Connection, holds: Sequence[UUID]) -> None:
    """Bring back what these holds kept; only their own rows are read."""
    if holds:
        await connection.execute(RELEASE, list(holds))


async def hold(connection: Connection, held: Sequence[tuple[UUID, BucketKey]]) -> None:
    """Remember which holds keep which buckets."""
    if held:
        await connection.execute(HOLD, [hold_id for hold_id, _ in held], *key_columns([key for _, key in held]))


async def make_partitions(connection: Connection, days: Iterable[date]) -> None:
    """Create the partitions of these days where they are missing."""
    there = {row["relname"] for row in await connection.fetch(PARTITIONS)}
    for day in sorted(days):
        if _name(day) not in there:
            bounds = f"FROM ('{day.isoformat()}') TO ('{(day + DAY).isoformat()}')"
            await connection.execute(f"CREATE TABLE IF NOT EXISTS {_name(day)} PARTITION OF wheel FOR VALUES {bounds}")


async def drop_empty(connection: Connection, before: date) -> None:
    """Drop the partitions of days that lie before ``before`` and hold nothing any more."""
    for row in await connection.fetch(PARTITIONS):
        name = row["relname"]
        if name < _name(before) and not await connection.fetchval(f"SELECT EXISTS (SELECT FROM {name})"):  # noqa: S608
            await connection.execute(f"DROP TABLE {name}")


def _name(day: date) -> str:
    return f"wheel_{day:%Y%m%d}"


def _hour(instant: datetime) -> int:
    return int(instant.timestamp() // 3600)
