"""SQL of batches: cleared once, cut into lines that are each marked in one short transaction, closed for ever."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.batches import HourLine, SegmentKey, hour_start
from services.kernel.events import DeletionCleared

# Marks go in chunks of well under a second, so that a hold never waits longer for the gate (protocol.md section 3).
CHUNK_SEGMENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Part of a batch: segments of one camera, hour and generation that are judged in one transaction."""

    batch_id: UUID
    position: int
    camera_id: str
    hour: int
    generation: int
    offsets_us: tuple[int, ...]
    start_id: UUID
    seq: int  # of its clearance

    def segments(self) -> list[SegmentKey]:
        at = hour_start(self.hour)
        return [
            SegmentKey(camera_id=self.camera_id, started_at=at + timedelta(microseconds=us), generation=self.generation)
            for us in self.offsets_us
        ]


async def open_batch(tx: AsyncConnection, event: DeletionCleared, start: UUID) -> bool:
    """Write a cleared batch in chunks; False if this id was seen before, for a closed id is never executed again."""
    row = {"id": event.batch_id, "camera": event.camera_id, "seq": event.seq, "start": start}
    if (await tx.execute(_BATCH, row)).scalar() is None:
        return False
    rows = [
        {
            "batch": event.batch_id,
            "position": position,
            "camera": line.camera_id,
            "hour": line.hour,
            "generation": line.generation,
            "offsets": list(line.offsets_us),
        }
        for position, line in enumerate(chunks(event.lines))
    ]
    if rows:
        await tx.execute(_LINE, rows)
    return True


def chunks(lines: Sequence[HourLine]) -> list[HourLine]:
    """Cut lines so that each is marked in one short transaction; camera, hour and start rise (oldest first)."""
    ordered = sorted(lines, key=lambda line: (line.camera_id, line.hour, line.generation))
    return [
        HourLine(
            camera_id=line.camera_id,
            hour=line.hour,
            generation=line.generation,
            offsets_us=tuple(sorted(line.offsets_us)[at : at + CHUNK_SEGMENTS]),
        )
        for line in ordered
        for at in range(0, len(line.offsets_us), CHUNK_SEGMENTS)
    ]


async def next_line(tx: AsyncConnection) -> Line | None:
    """Return the first unanswered line of the oldest open batch, locked."""
    row = (await tx.execute(_NEXT_LINE)).one_or_none()
    if row is None:
        return None
    values = row._asdict()
    return Line(**values | {"offsets_us": tuple(values["offsets_us"])})


async def answer_line(tx: AsyncConnection, batch_id: UUID, position: int, answers: list[dict[str, object]]) -> None:
    """Write the outcomes of one line."""
    row = {"batch": batch_id, "position": position, "answers": json.dumps(answers)}
    await tx.execute(_ANSWER, row)


async def answers_if_complete(tx: AsyncConnection, batch_id: UUID) -> list[dict[str, object]] | None:
    """Return all outcomes of a batch in order, or None while a line has none."""
    rows = (await tx.execute(_ANSWERS, {"batch": batch_id})).all()
    if any(row.answers is None for row in rows):
        return None
    return [answer for row in rows for answer in row.answers]


async def close_batch(tx: AsyncConnection, batch_id: UUID, at: datetime) -> None:
    """Close a batch for ever."""
    await tx.execute(text("update batch set closed_at = :at where batch_id = :id"), {"at": at, "id": batch_id})


async def open_batches(tx: AsyncConnection) -> list[tuple[UUID, str]]:
    """Return batches that have no answer, oldest first."""
    rows = await tx.execute(text("select batch_id, camera_id from batch where closed_at is null order by seq"))
    return [(row.batch_id, row.camera_id) for row in rows]


async def lines_of(tx: AsyncConnection, batch_id: UUID) -> list[Line]:
    """Return the unanswered lines of a batch."""
    rows = await tx.execute(_LINES_OF, {"batch": batch_id})
    return [Line(**row._asdict() | {"offsets_us": tuple(row.offsets_us)}) for row in rows]


_BATCH = text("""
insert into batch (batch_id, camera_id, seq, start_id) values (:id, :camera, :seq, :start)
on conflict do nothing returning batch_id
""")
_LINE = text("""
insert into batch_line (batch_id, position, camera_id, hour, generation, offsets_us)
values (:batch, :position, :camera, :hour, :generation, :offsets)
""")
_NEXT_LINE = text("""
select l.batch_id, l.position, l.camera_id, l.hour, l.generation, l.offsets_us, b.start_id, b.seq
  from batch b join batch_line l using (batch_id)
 where b.closed_at is null and l.answers is null
 order by b.seq, l.position limit 1 for update of l skip locked
""")
_LINES_OF = text("""
select l.batch_id, l.position, l.camera_id, l.hour, l.generation, l.offsets_us, b.start_id, b.seq
  from batch b join batch_line l using (batch_id)
 where b.batch_id = :batch and l.answers is null order by l.position
""")
_ANSWER = text("""
update batch_line set answers = cast(:answers as jsonb) where batch_id = :batch and position = :position
""")
_ANSWERS = text("select answers from batch_line where batch_id = :batch order by position")
