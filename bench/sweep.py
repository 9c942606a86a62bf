"""The retention sweep: find what is due among millions of segments, mark it, beside a table with a row per segment.

``python -m bench.sweep [--segments 1000000] [--due 100000] [--rounds 3] [--json]``. Compare within a run, never across.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import asyncpg
import psutil

from bench.report import spread, tell
from services.retention import buckets, wheel
from services.retention.bits import everything
from services.retention.bucket import Bucket
from services.retention.buckets import Connection
from services.runtime import database
from services.runtime.embedded.postgres import PostgresServer
from services.runtime.memory import settle
from services.runtime.migrate import migrate
from services.runtime.settings import Settings

PER_HOUR = 60
DAYS = 90
# A segment a minute; the hours that are due lie behind us, the others are spread over the days to come.
BUCKETS = """
INSERT INTO segment_hour (camera_id, hour, generation, chunk, retention_class, officer, shift, offsets_us, lengths_us,
                          lags_us, due_at)
SELECT 'camera-' || i % $2, $3 + (i / $2)::int, 1, 1, 'standard', '', '',
       array(SELECT m * 60000000::int8 FROM generate_series(0, $4 - 1) m), array_fill(60000000::int8, ARRAY[$4]),
       array_fill(1000000::int8, ARRAY[$4]),
       CASE WHEN i < $5 THEN $6::timestamptz - interval '1 minute'
            ELSE $6::timestamptz + interval '1 hour' + (i % $7) * interval '1 day' END
  FROM generate_series(0, $1 - 1) i
"""
ENTRIES = """
INSERT INTO wheel SELECT (due_at AT TIME ZONE 'UTC')::date, due_at, camera_id, hour, generation, chunk FROM segment_hour
"""
ROWS = """
CREATE TABLE segment_row (camera_id text, started_at timestamptz, ended_at timestamptz, retention_class text,
  officer text, shift text, recorded_at timestamptz, due_at timestamptz, commanded boolean NOT NULL DEFAULT false,
  PRIMARY KEY (camera_id, started_at));
INSERT INTO segment_row
SELECT b.camera_id, s.started_at, s.ended_at, b.retention_class, b.officer, b.shift, s.recorded_at, b.due_at, false
  FROM segment_hour b JOIN segment s USING (camera_id, hour)
"""
INDEX = "CREATE INDEX segment_row_due ON segment_row (due_at) WHERE NOT commanded"
FIND_ROWS = "SELECT camera_id, started_at FROM segment_row WHERE due_at <= $1 AND NOT commanded"
# Else every round walks over what the rounds before it took back.
CLEAN = "VACUUM wheel, segment_hour, segment_row"
MARK_ROWS = "UPDATE segment_row SET commanded = true WHERE due_at <= $1 AND NOT commanded"
SIZES = """
SELECT pg_total_relation_size('segment_hour') AS buckets, pg_total_relation_size('segment_row') AS rows,
       (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'wheel'::regclass)::int8
         AS wheel
"""
Due = Sequence[Bucket]


class Step(NamedTuple):
    """What is timed, and what must have been found before it is."""

    run: Callable[[Connection, datetime, Due], Awaitable[int]]
    before: Callable[[Connection, datetime], Awaitable[Due]] | None = None


async def wheel_finds(connection: Connection, now: datetime, _: Due) -> int:
    return sum(bucket.live.bit_count() for bucket in await _due(connection, now))


async def wheel_marks(connection: Connection, now: datetime, due: Due) -> int:  # noqa: ARG001 - as every step
    """Write that every segment of these buckets is commanded, as the sweep does."""
    marked = [(b._replace(commanded=everything(b.size), due_at=None), "commanded") for b in due]
    await buckets.write(connection, marked)
    return sum(bucket.size for bucket, _ in marked)


async def rows_find(connection: Connection, now: datetime, _: Due) -> int:
    return len(await connection.fetch(FIND_ROWS, now))


async def rows_mark(connection: Connection, now: datetime, _: Due) -> int:
    return int((await connection.execute(MARK_ROWS, now)).split()[-1])


async def nothing_due(connection: Connection, now: datetime, _: Due) -> int:
    return len(await wheel.take(connection, now - timedelta(days=1), 1_000))


async def _due(connection: Connection, now: datetime) -> Due:
    """Take what is due off the wheel, lock and read its buckets, as the sweep does; all at once, not in portions."""
    entries = await wheel.take(connection, now, 1_000_000)
    return await buckets.lock(connection, [entry.key for entry in entries])


STEPS = {
    "wheel: find": Step(wheel_finds),
    "wheel: mark": Step(wheel_marks, before=_due),
    "wheel: nothing due": Step(nothing_due),
    "rows: find": Step(rows_find),
    "rows: mark": Step(rows_mark),
}


async def fill(connection: Connection, segments: int, due: int, now: datetime) -> None:
    """Lay out the same segments twice: in buckets with a wheel, and one to a row."""
    number, cameras = segments // PER_HOUR, max(1, segments // PER_HOUR // (24 * 30))
    await wheel.make_partitions(connection, [(now + timedelta(days=d)).date() for d in range(-1, DAYS + 2)])
    first = int(now.timestamp() // 3600) - 24 * DAYS
    await connection.execute(BUCKETS, number, cameras, first, PER_HOUR, due // PER_HOUR, now, DAYS, timeout=3600)
    await connection.execute(ENTRIES, timeout=3600)
    await connection.execute(ROWS, timeout=3600)
    await connection.execute("ANALYZE", timeout=3600)
    await connection.execute("CHECKPOINT")


async def measured(connection: Connection, step: Step, now: datetime, backend: psutil.Process) -> dict[str, float]:
    """Run one step and take it back, so that every round finds the same."""
    transaction = connection.transaction()
    await transaction.start()
    due = await step.before(connection, now) if step.before else ()
    server, client, begun = backend.cpu_times(), process_time(), perf_counter()
    found = await step.run(connection, now, due)
    wall, client_s, after = perf_counter() - begun, process_time() - client, backend.cpu_times()
    await transaction.rollback()
    server_s = after.user + after.system - server.user - server.system
    return {"ms": wall * 1000, "client_cpu_s": client_s, "server_cpu_s": server_s, "found": found}


async def rounds(dsn: str, segments: int, due: int, number: int) -> dict[str, Any]:
    """Fill, then run every step in turn, ``number`` times; the rows once without and once with their index."""
    connection = await asyncpg.connect(dsn)
    now = datetime.now(UTC)
    try:
        await fill(connection, segments, due, now)
        backend = psutil.Process(connection.get_server_pid())
        found: dict[str, list[dict[str, float]]] = {}
        found["rows without index: find"] = [await measured(connection, STEPS["rows: find"], now, backend)]
        await connection.execute(INDEX, timeout=3600)
        settle()  # as every service does, once it has started
        for _ in range(number):
            for name, step in STEPS.items():
                found.setdefault(name, []).append(await measured(connection, step, now, backend))
            await connection.execute(CLEAN, timeout=3600)
        sizes = await connection.fetchrow(SIZES)
    finally:
        await connection.close()
    assert sizes is not None
    return {"found": found, "bytes_a_segment": {name: round(sizes[name] / segments, 1) for name in sizes.keys()}}  # noqa: SIM118 - asyncpg's Record


def main() -> None:
    """Run the benchmark on an embedded Postgres of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="camledger-bench-") as folder:
        server = PostgresServer(Path(folder) / "postgres", Path(folder) / "run")
        (Path(folder) / "run").mkdir()
        server.start()
        try:
            server.wait_ready()
            settings = Settings(service="retention", database=server.dsn)
            migrate(settings, "retention")
            result = asyncio.run(rounds(database.dsn(settings, "retention"), asked.segments, asked.due, asked.rounds))
        finally:
            server.stop()
    report(asked, result)


def report(asked: argparse.Namespace, result: dict[str, Any]) -> None:
    """Print medians, ranges, CPU seconds and the ratios between the two layouts."""
    found: dict[str, list[dict[str, float]]] = result["found"]
    ms = {name: spread([one["ms"] for one in runs]) for name, runs in found.items()}
    cpu = {
        name: {side: round(sum(one[side] for one in runs) / len(runs), 3) for side in ("client_cpu_s", "server_cpu_s")}
        for name, runs in found.items()
    }
    ratios = {
        "rows without index / wheel, find": ms["rows without index: find"]["median"] / ms["wheel: find"]["median"],
        "rows with index / wheel, find": ms["rows: find"]["median"] / ms["wheel: find"]["median"],
        "rows / wheel, mark": ms["rows: mark"]["median"] / ms["wheel: mark"]["median"],
        "rows / buckets and wheel, bytes": result["bytes_a_segment"]["rows"]
        / (result["bytes_a_segment"]["buckets"] + result["bytes_a_segment"]["wheel"]),
    }
    whole = {name: each["client_cpu_s"] + each["server_cpu_s"] for name, each in cpu.items()}
    ratios["rows with index / wheel, find, CPU"] = whole["rows: find"] / whole["wheel: find"]
    ratios["rows / wheel, find and mark, CPU"] = (whole["rows: find"] + whole["rows: mark"]) / (
        whole["wheel: find"] + whole["wheel: mark"]
    )
    expected = asked.due // PER_HOUR * PER_HOUR
    assert all(one["found"] == expected for name in STEPS.keys() - {"wheel: nothing due"} for one in found[name])
    lines = [
        f"{name:<28} {each['median']:>9.1f} ms  ({each['least']:.1f} to {each['most']:.1f})"
        for name, each in ms.items()
    ]
    lines += [f"{name:<36} {value:>6.1f} x" for name, value in ratios.items()]
    lines += [f"CPU seconds a run: {cpu}", f"bytes a segment: {result['bytes_a_segment']}"]
    title = f"sweep: {expected:,} due of {asked.segments:,} segments, {asked.rounds} rounds"
    figures = {"ms": ms, "ratios": ratios, "cpu_s": cpu, "bytes_a_segment": result["bytes_a_segment"]}
    tell(title, lines, figures, as_json=asked.json)


if __name__ == "__main__":
    main()
