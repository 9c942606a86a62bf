"""Who waits after a refusal: the segments that custody named, each for itself; what else its hour holds may go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from services.retention.buckets import Connection
from services.retention.changes import WaitRow
from services.retention.decider import Wait

Hour: TypeAlias = tuple[str, int]  # camera and clock hour
Waits: TypeAlias = Mapping[tuple[str, int, int], Sequence[Wait]]  # by camera, hour and generation

# As long as a record of the protection log is unread here, custody may refuse for what we can't see: then once an hour.
ADD = """
INSERT INTO waiting (camera_id, hour, generation, batch_id, part, offsets_us, seq, not_before, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7,
        coalesce($8, (SELECT now() + interval '1 hour' FROM dead_letter
                       WHERE topic LIKE '%hold.events' AND kind = 'bad' AND outcome <> 'retried' LIMIT 1)),
        $9)
    ON CONFLICT DO NOTHING
"""
FORGET = """
DELETE FROM waiting w USING unnest($1::text[], $2::int[]) AS k(camera_id, hour)
 WHERE (w.camera_id, w.hour) = (k.camera_id, k.hour) AND w.seq <= $3 AND coalesce(w.not_before, $4) <= $4
"""
READ = """
SELECT w.camera_id, w.hour, w.generation, w.offsets_us, w.seq, w.not_before, w.reason
  FROM waiting w JOIN unnest($1::text[], $2::int[]) AS k(camera_id, hour) USING (camera_id, hour)
"""


async def add(connection: Connection, rows: Sequence[WaitRow]) -> None:
    """Write down whom an answer makes wait."""
    if rows:
        await connection.executemany(ADD, rows)


async def forget(connection: Connection, hours: Iterable[Hour], read_seq: int, now: datetime) -> None:
    """Drop the waits of these hours that are over."""
    await connection.execute(FORGET, *_columns(hours), read_seq, now)


async def read(connection: Connection, hours: Iterable[Hour]) -> Waits:
    """Return the waits of these hours."""
    found: dict[tuple[str, int, int], list[Wait]] = {}
    for row in await connection.fetch(READ, *_columns(hours)):
        wait = Wait(
            offsets_us=frozenset(row["offsets_us"]),
            seq=row["seq"],
            not_before=row["not_before"],
            reason=row["reason"],
        )
        found.setdefault((row["camera_id"], row["hour"], row["generation"]), []).append(wait)
    return found


def _columns(hours: Iterable[Hour]) -> tuple[list[str], list[int]]:
    wanted = sorted(set(hours))
    return [camera for camera, _ in wanted], [hour for _, hour in wanted]
