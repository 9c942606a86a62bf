"""Rows of a city in the shape of the projections, made in the database itself: requests, footage, queue, registers.

They are no history: nothing of them stands on the log. Pages and lists can't tell, and that is what is measured.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from services.access.ledger import access_stream, approval_stream, request_stream

Connection = Any  # asyncpg has no type for what a pool and a connection share

CAMERAS, PER_HOUR, QUEUED_DAYS = 100, 60, 7
# The camera whose pages are asked for; older than so many days, all that it recorded is gone, and each has its receipt.
LOOKED_AT, GONE_AFTER_DAYS = "bench-007", 30
HOUR_US = 3_600_000_000
# One in so many requests is still open.
OPEN_ONE_IN = 50
COPIED_AT_ONCE = 10_000

FOOTAGE = """
INSERT INTO segment_hour (camera_id, hour, generation, chunk, attr_id, folder, offsets_us, durations_us, sizes,
                          arrived_us, recorded_us, recovery_us, names, sha256)
SELECT 'bench-' || lpad(c::text, 3, '0'), $1 - h, 1, 0, $2, 'bench/', o.at, o.long, o.size,
       o.zero, o.zero, o.zero, o.name, o.sha
  FROM generate_series(0, $3 - 1) c, generate_series(1, $4) h,
       (SELECT array_agg(n * 60000000::bigint ORDER BY n) AS at, array_agg(60000000::bigint) AS long,
               array_agg(1000000::bigint) AS size, array_agg(0::bigint) AS zero, array_agg('x.mp4'::text) AS name,
               decode(repeat('ab', 32 * 60), 'hex') AS sha FROM generate_series(0, 59) n) o
"""
GONE = """
INSERT INTO segment_state (camera_id, started_us, generation, state, mark_seq, receipt)
SELECT c.id, ($1 - h) * 3600000000::bigint + n * 60000000::bigint, 1, 'gone', 1,
       jsonb_build_object('sha256', repeat('ab', 32), 'places', repeat('x', 400))
  FROM (SELECT 'bench-' || lpad(n::text, 3, '0') AS id FROM generate_series(0, $2 - 1) n) c,
       LATERAL generate_series(CASE WHEN c.id = $4 THEN least($3 - 23, $5) ELSE $3 - 23 END, $3) h,
       generate_series(0, 59) n
"""
QUEUE = """
INSERT INTO segment_hour (camera_id, hour, generation, chunk, retention_class, officer, shift, offsets_us, lengths_us,
                          lags_us, queued, stage, due_at)
SELECT 'bench-' || lpad(c::text, 3, '0'), $1 - h, 1, 0, 'fixed', '', '', o.at, o.long, o.lag,
       CASE WHEN h > $4 THEN repeat('1', 60)::bit varying END,
       CASE WHEN h > $4 THEN 'queued' ELSE 'kept' END, now() + make_interval(hours => $3 - h + 1)
  FROM generate_series(0, $2 - 1) c, generate_series(1, $3) h,
       (SELECT array_agg(n * 60000000::bigint ORDER BY n) AS at, array_agg(60000000::bigint) AS long,
               array_agg(0::bigint) AS lag FROM generate_series(0, 59) n) o
"""
ENDED = """
UPDATE protection p SET protects_until = placed_at FROM request_file r
 WHERE p.request_id = r.request_id::text AND NOT r.is_open
"""
REGISTER = """
INSERT INTO segment (camera_id, started_at, generation, ended_at, retention_class, size_bytes, officer, shift,
                     has_audio, clock_source, stored_at, policy_version)
SELECT 'bench-' || lpad((n % $1)::text, 3, '0'), to_timestamp($2 - 60 * (n / $1)), 1,
       to_timestamp($2 - 60 * (n / $1) + 60),
       'fixed', 1000000, '', '', false, 'recorder', to_timestamp($2 - 60 * (n / $1) + 61), 'daan-cctv@2'
  FROM generate_series(0, $3 - 1) n
"""


async def footage(dsn: str, prefix: str, segments: int) -> int:
    """Fill ingest and retention with hours of segments; return how many hours each camera has."""
    hours = max(1, segments // (CAMERAS * PER_HOUR))
    now = int(datetime.now(UTC).timestamp()) // 3600
    ingest, retention = await _open(dsn, f"{prefix}ingest"), await _open(dsn, f"{prefix}retention")
    try:
        attr = await ingest.fetchval("SELECT min(attr_id) FROM segment_attr")
        await ingest.execute(FOOTAGE, now, attr, CAMERAS, hours)
        await ingest.execute(GONE, now, CAMERAS, hours, LOOKED_AT, GONE_AFTER_DAYS * 24)
        # As in tables that have grown for months, where the cleaner has been by.
        await ingest.execute("VACUUM (ANALYZE) segment_hour, segment_state")
        await retention.execute(QUEUE, now, CAMERAS, hours, hours - QUEUED_DAYS * 24)
        await retention.execute("VACUUM (ANALYZE) segment_hour")
    finally:
        await ingest.close()
        await retention.close()
    return hours


async def registers(dsn: str, prefix: str, segments: int) -> None:
    """Fill the catalog of analytics, a row a segment."""
    analytics = await _open(dsn, f"{prefix}analytics")
    try:
        await analytics.execute(REGISTER, CAMERAS, int(datetime.now(UTC).timestamp()), segments)
        await analytics.execute("ANALYZE segment")
    finally:
        await analytics.close()


async def requests(dsn: str, prefix: str, is_open: UUID, is_closed: UUID, number: int) -> None:
    """Multiply two real requests, one in its chain and one that ended, with their events and protections."""
    access = await _open(dsn, f"{prefix}access")
    try:
        await access.execute(
            "INSERT INTO camera (camera_id, version, kind, agency, area, place, mask_areas, masks, retired) "
            "SELECT 'bench-' || lpad(c::text, 3, '0'), 1, 'fixed', 'daan-hro', 'hall', 'hall', '[]', '[]', false "
            "FROM generate_series(0, $1 - 1) c ON CONFLICT DO NOTHING",
            CAMERAS,
        )
        for start in range(0, number, COPIED_AT_ONCE):
            part = range(start, min(number, start + COPIED_AT_ONCE))
            await _copied(access, is_open, [n for n in part if n % OPEN_ONE_IN == 0])
            await _copied(access, is_closed, [n for n in part if n % OPEN_ONE_IN])
        # What was asked for long ago protects nothing any more.
        await access.execute(ENDED)
        await access.execute("ANALYZE")
    finally:
        await access.close()


async def _copied(access: Connection, template: UUID, numbers: Sequence[int]) -> None:
    """Copy a request's rows under new ids, each a little earlier than the one before."""
    new = [(uuid4(), timedelta(minutes=number)) for number in numbers]
    names = [each(template) for each in (request_stream, approval_stream, access_stream)]
    for table, key in (("request_file", "request_id"), ("protection", "request_id")):
        rows = await access.fetch(f"SELECT * FROM {table} WHERE {key}::text = $1", str(template))
        await _rows(access, table, rows, template, new)
    for table in ("fact", "stream"):
        rows = await access.fetch(f"SELECT * FROM {table} WHERE stream_id = ANY ($1)", names)
        await _rows(access, table, rows, template, new)


async def _rows(
    access: Connection, table: str, rows: Sequence[Any], template: UUID, new: Sequence[tuple[UUID, timedelta]]
) -> None:
    if not rows:
        return
    made = [
        tuple(_other(name, value, template, identity, earlier) for name, value in row.items())
        for identity, earlier in new
        for row in rows
    ]
    await access.copy_records_to_table(table, records=made, columns=list(rows[0].keys()))


def _other(name: str, value: Any, template: UUID, identity: UUID, earlier: timedelta) -> Any:  # noqa: ANN401
    """Return a value of the copied row: ids of the new request, instants before those of the template."""
    if name == "hold_id":
        return UUID(bytes=secrets.token_bytes(16))
    match value:
        case UUID():
            return identity if value == template else value
        case str():
            return value.replace(str(template), str(identity))
        case bytes():
            return value.replace(str(template).encode(), str(identity).encode()).replace(template.bytes, identity.bytes)
        case datetime() if name in ("submitted_at", "changed_at", "recorded_at", "placed_at"):
            return value - earlier
        case _:
            return value


async def _open(dsn: str, database: str) -> Connection:
    return await asyncpg.connect(dsn, database=database, command_timeout=3600)
