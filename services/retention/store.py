"""R1 as SQL: carries out the changes of one batch inside the worker's transaction.

Segments alone, nearly every batch of the live path, are one statement and so one round trip.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from services.kernel.batches import HourLine
from services.retention import buckets, waiting, wheel
from services.retention.bits import everything
from services.retention.bucket import Bucket
from services.retention.buckets import Connection
from services.retention.changes import Changes, DestroyedRow, Marking, RecordedRow
from services.retention.projector import hour_and_offset

HourKey = tuple[str, int, int]
Offsets = Mapping[HourKey, frozenset[int]]

INSERT_RECORDED = """
INSERT INTO segment_hot (camera_id, started_at, generation, ended_at, retention_class, officer, shift, recorded_at,
                         recovery_from)
SELECT n.camera_id, n.started_at, n.generation, n.ended_at, n.retention_class, n.officer, n.shift, n.recorded_at,
       n.recovery_from
  FROM unnest($1::text[], $2::timestamptz[], $3::int2[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
              $8::timestamptz[], $9::timestamptz[], $10::int[], $11::int8[])
       AS n(camera_id, started_at, generation, ended_at, retention_class, officer, shift, recorded_at, recovery_from,
            hour, offset_us)
 WHERE NOT EXISTS (SELECT FROM segment_hour b
                    WHERE (b.camera_id, b.hour, b.generation) = (n.camera_id, n.hour, n.generation)
                      AND n.offset_us = ANY (b.offsets_us))
    ON CONFLICT DO NOTHING
"""
STARTED = """
INSERT INTO receipt (camera_id, started_at, generation, batch_id, started_event, started_marking_at)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::int2[], $4::uuid[], $5::uuid[], $6::timestamptz[])
    ON CONFLICT (camera_id, started_at, generation)
    DO UPDATE SET started_event = excluded.started_event, started_marking_at = excluded.started_marking_at
"""
DESTROYED = """
INSERT INTO receipt (camera_id, started_at, generation, batch_id, destroyed_event, destroyed_at)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::int2[], $4::uuid[], $5::uuid[], $6::timestamptz[])
    ON CONFLICT (camera_id, started_at, generation)
    DO UPDATE SET destroyed_event = excluded.destroyed_event, destroyed_at = excluded.destroyed_at
"""
DESTROYED_HOT = """
UPDATE segment_hot h SET destroyed = true
  FROM unnest($1::text[], $2::timestamptz[], $3::int2[]) AS n(camera_id, started_at, generation)
 WHERE (h.camera_id, h.started_at, h.generation) = (n.camera_id, n.started_at, n.generation)
"""
EMPTIED = """
UPDATE camera_fill f SET stored = greatest(0, f.stored - n.gone)
  FROM unnest($1::text[], $2::int8[]) AS n(camera_id, gone) WHERE f.camera_id = n.camera_id
"""
TRAIL = """
INSERT INTO trail (camera_id, hour, generation, event_id, part, event_type, recorded_at, offsets_us, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
"""
OUTSTANDING = """
INSERT INTO outstanding (batch_id, camera_id, hour, generation, offsets_us, commanded_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
CLEARED = """
UPDATE outstanding o SET cleared_seq = n.seq FROM unnest($1::uuid[], $2::int8[]) AS n(batch_id, seq)
 WHERE o.batch_id = n.batch_id
"""
ANSWERED = "DELETE FROM outstanding WHERE batch_id = ANY ($1::uuid[]) RETURNING batch_id"
STILL_OUT = """
SELECT o.camera_id, o.hour, o.generation, o.offsets_us
  FROM outstanding o JOIN unnest($1::text[], $2::int[], $3::int2[]) AS k(camera_id, hour, generation)
       USING (camera_id, hour, generation)
"""
CAMERA = """
INSERT INTO camera (camera_id, kind, version) VALUES ($1, $2, $3)
    ON CONFLICT (camera_id) DO UPDATE SET kind = excluded.kind, version = excluded.version
 WHERE excluded.version > camera.version
"""
PLACE = """
INSERT INTO camera_place (camera_id, since, area) VALUES ($1, $2, $3)
    ON CONFLICT (camera_id, since) DO UPDATE SET area = excluded.area
"""
SHIFT = """
INSERT INTO shift_worn (device_id, shift, officer, shift_from, shift_to, incidents, version)
VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (device_id, shift) DO UPDATE
   SET officer = excluded.officer, shift_from = excluded.shift_from, shift_to = excluded.shift_to,
       incidents = excluded.incidents, version = excluded.version
 WHERE excluded.version > shift_worn.version
"""
REBUCKET = "INSERT INTO rebucket (seq, policy_id, due_from) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
PROTECTION = """
INSERT INTO protection_record (seq, event_type, value) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING seq
"""


async def carry_out(connection: Connection, changes: Changes) -> None:
    """Write everything that a batch changes. Repeats of records that were written before change nothing."""
    await insert_recorded(connection, changes.recorded)
    if changes.only_recorded():
        return
    await _facts(connection, changes)
    await _destructions(connection, changes)
    await _markings(connection, changes.markings)
    await write_own(connection, changes)
    if changes.cleared:
        await connection.execute(CLEARED, [b for b, _ in changes.cleared], [seq for _, seq in changes.cleared])
    await _answers(connection, changes)
    await wheel.release(connection, changes.released)
    await wheel.touch(connection, changes.touches)
    await _many(connection, REBUCKET, changes.rebuckets)


async def insert_recorded(connection: Connection, rows: Sequence[RecordedRow]) -> None:
    """Insert segments that aren't there yet, whether still in the open hour or long folded into a bucket."""
    if rows:
        places = [hour_and_offset(row.started_at) for row in rows]
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(INSERT_RECORDED, *columns, [h for h, _ in places], [o for _, o in places])


async def write_own(connection: Connection, changes: Changes) -> None:
    """Write what our own events leave behind; the sweep has written their bits already."""
    await _many(connection, OUTSTANDING, changes.outstanding)
    await write_trail(connection, changes)


async def write_trail(connection: Connection, changes: Changes) -> None:
    """Write which events spoke of which segments, for explanations."""
    await _many(connection, TRAIL, changes.trail)


async def keep_protections(connection: Connection, rows: Iterable[tuple[int, str, bytes | None]]) -> set[int]:
    """Store records of the protection log as they came; return the positions that weren't there before."""
    return {row["seq"] for each in rows if (row := await connection.fetchrow(PROTECTION, *each)) is not None}


async def _facts(connection: Connection, changes: Changes) -> None:
    await _many(connection, CAMERA, changes.cameras)
    await _many(connection, PLACE, changes.places)
    await _many(connection, SHIFT, changes.shifts)


async def _destructions(connection: Connection, changes: Changes) -> None:
    for statement, rows in ((STARTED, changes.started), (DESTROYED, changes.destroyed)):
        if rows:
            unique = {row[:3]: row for row in rows}
            await connection.execute(statement, *(list(column) for column in zip(*unique.values(), strict=True)))
    if changes.destroyed:
        await _destroyed(connection, changes.destroyed)


async def _destroyed(connection: Connection, rows: Sequence[DestroyedRow]) -> None:
    # The hot rows first: a fold that holds them ends before this goes on, and then the buckets below have them.
    await connection.execute(DESTROYED_HOT, *([row[i] for row in rows] for i in range(3)))
    offsets: dict[HourKey, set[int]] = defaultdict(set)
    for row in rows:
        hour, offset = hour_and_offset(row.started_at)
        offsets[row.camera_id, hour, row.generation].add(offset)
    gone: dict[str, int] = defaultdict(int)
    changed: list[Bucket] = []
    for bucket, mine in await _hit(connection, {key: frozenset(each) for key, each in offsets.items()}):
        gone[bucket.key.camera_id] += (mine & ~bucket.destroyed).bit_count()
        changed.append(bucket._replace(destroyed=bucket.destroyed | mine))
    await buckets.write_bits(connection, changed)
    await _close(connection, [b for b in changed if b.destroyed == everything(b.size)])
    await connection.execute(EMPTIED, sorted(gone), [gone[camera] for camera in sorted(gone)])


async def _close(connection: Connection, empty: Sequence[Bucket]) -> None:
    await buckets.write(connection, [(bucket._replace(due_at=None), "gone") for bucket in empty])


async def _markings(connection: Connection, markings: Iterable[Marking]) -> None:
    for each in markings:
        changed: list[Bucket] = []
        for bucket, mine in await _hit(connection, offsets_of(each.lines)):
            before: int = getattr(bucket, each.map)
            bits: dict[str, Any] = {each.map: before | mine if each.on else before & ~mine}
            changed.append(bucket._replace(**bits))
        await buckets.write_bits(connection, changed)


async def _answers(connection: Connection, changes: Changes) -> None:
    if not changes.answered:
        return
    known = {row["batch_id"] for row in await connection.fetch(ANSWERED, changes.answered)}
    lines = [line for batch_id, returned in changes.returned if batch_id in known for line in returned]
    await _take_back(connection, lines)
    await waiting.add(connection, [row for row in changes.waits if row.batch_id in known])
    await wheel.touch_hours(connection, offsets_of(lines))


async def _take_back(connection: Connection, lines: Sequence[HourLine]) -> None:
    """R3: these segments are commanded no more, unless another batch names them too."""
    returned = offsets_of(lines)
    hours = sorted(returned)
    still: dict[HourKey, set[int]] = defaultdict(set)
    for row in await connection.fetch(STILL_OUT, *([hour[i] for hour in hours] for i in range(3))):
        still[row["camera_id"], row["hour"], row["generation"]].update(row["offsets_us"])
    free = {key: offsets - still[key] for key, offsets in returned.items()}
    changed = [b._replace(commanded=b.commanded & ~mine) for b, mine in await _hit(connection, free)]
    await buckets.write_bits(connection, changed)


async def _hit(connection: Connection, offsets: Offsets) -> list[tuple[Bucket, int]]:
    """Lock the buckets of these hours and return those that are hit, with the map of the segments that are meant."""
    found = await buckets.lock_hours(connection, offsets) if offsets else []
    hits = ((b, b.map_of(offsets[b.key.camera_id, b.key.hour, b.key.generation])) for b in found)
    return [(bucket, mine) for bucket, mine in hits if mine]


def offsets_of(lines: Iterable[HourLine]) -> dict[HourKey, frozenset[int]]:
    """Return the offsets that lines name, by camera, hour and generation."""
    found: dict[HourKey, list[tuple[int, ...]]] = defaultdict(list)
    for line in lines:
        found[line.camera_id, line.hour, line.generation].append(line.offsets_us)
    return {key: frozenset(chain.from_iterable(each)) for key, each in found.items()}


async def _many(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        await connection.executemany(statement, rows)
