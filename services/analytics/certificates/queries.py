"""What analytics' own tables hold about the footage of a certificate. No table of another service is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Row, Text, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.certificates.subject import HourSubject, RequestSubject, SegmentSubject, Subject
from services.analytics.tables import (
    audit_entry,
    camera,
    destruction,
    hold_answer,
    policy_force,
    protection_line,
    segment,
)
from services.analytics.tables import request as request_table
from services.analytics.tables import shift as shift_table
from services.kernel.binding import PolicyBinding
from services.kernel.events import ShiftFiled
from services.kernel.ids import PROTECTION_LOG, event_id
from services.kernel.scope import Scope, scope_from_json

SEGMENTS_MAX: Final = 2_000
"""In one certificate; a request that covers more gets one by hour."""

READ_AT_ONCE: Final = 500
"""Positions of a log that are looked at together, each by its event's own id, so by the index."""

_ON = and_(*(segment.c[name] == destruction.c[name] for name in ("camera_id", "started_at", "generation")))
_FOOTAGE = select(segment, *(c for c in destruction.columns if c.name not in segment.columns)).select_from(
    segment.outerjoin(destruction, _ON)
)


async def footage(tx: AsyncConnection, subject: Subject, scope: Scope | None) -> Sequence[Row[Any]]:
    """Return the recorded segments of a subject, one more than ``SEGMENTS_MAX`` at most."""
    wanted = _FOOTAGE.where(segment.c.stored_event.is_not(None))
    match subject:
        case SegmentSubject():
            wanted = wanted.where(
                segment.c.camera_id == subject.camera_id,
                segment.c.started_at == subject.started_at,
                segment.c.generation == subject.generation,
            )
        case HourSubject():
            ends = subject.begins + timedelta(hours=1)
            wanted = wanted.where(
                segment.c.camera_id == subject.camera_id,
                segment.c.started_at >= subject.begins,
                segment.c.started_at < ends,
            )
        case RequestSubject():
            assert scope is not None
            wanted = wanted.where(segment.c.ended_at > scope.starts_at)
            wanted = wanted.where(segment.c.camera_id.in_(scope.cameras)) if scope.cameras else wanted
            wanted = wanted.where(segment.c.started_at < scope.ends_at) if scope.ends_at else wanted
    ordered = wanted.order_by(segment.c.camera_id, segment.c.started_at, segment.c.generation)
    return (await tx.execute(ordered.limit(SEGMENTS_MAX + 1))).all()


async def scope_of(tx: AsyncConnection, request_id: UUID) -> Scope | None:
    """Return what a request asked for, None for a request that nobody submitted."""
    found = await tx.scalar(select(request_table.c.scope).where(request_table.c.request_id == request_id))
    return scope_from_json(found) if found else None


async def bindings(tx: AsyncConnection) -> dict[UUID, PolicyBinding]:
    """Return every version that ever came into force, by the event that says so."""
    rows = await tx.execute(select(policy_force).order_by(policy_force.c.seq))
    return {
        row.event_id: PolicyBinding(
            policy_id=row.policy_id,
            version=row.version,
            digest=row.digest,
            binding_from=row.binding_from,
            shortens=row.shortens,
            seq=row.seq,
            recorded_at=row.at,
        )
        for row in rows
    }


async def protection_lines(tx: AsyncConnection, cameras: Iterable[str]) -> Sequence[Row[Any]]:
    """Return the records of every protection that may cover footage of these cameras, in the log's order."""
    scoped = protection_line.c.cameras
    shared = scoped.op("&&", is_comparison=True)(cast(list(cameras), ARRAY(Text)))
    named = select(protection_line.c.hold_id).where(scoped.is_not(None), (func.cardinality(scoped) == 0) | shared)
    wanted = select(protection_line).where(protection_line.c.hold_id.in_(named)).order_by(protection_line.c.seq)
    return (await tx.execute(wanted)).all()


async def camera_rows(tx: AsyncConnection, cameras: Iterable[str]) -> Sequence[Row[Any]]:
    """Return what the catalog knows of cameras."""
    return (await tx.execute(select(camera).where(camera.c.camera_id.in_(list(cameras))))).all()


async def shifts(tx: AsyncConnection, cameras: Iterable[str]) -> list[ShiftFiled]:
    """Return the shifts of devices."""
    rows = await tx.execute(select(shift_table).where(shift_table.c.device_id.in_(list(cameras))))
    return [
        ShiftFiled(
            device_id=row.device_id,
            shift=row.shift,
            officer=row.officer,
            shift_from=row.shift_from,
            shift_to=row.shift_to,
            incidents=tuple(row.incidents),
        )
        for row in rows
    ]


class LogEntry(NamedTuple):
    """One entry of the audit log."""

    position: int
    event_id: str
    event_type: str
    text: str


async def entries(tx: AsyncConnection, origin: str, events: Iterable[UUID]) -> dict[str, LogEntry]:
    """Return the audit log's entries of events, by event id."""
    found = audit_entry.c
    wanted = select(found["index"].label("position"), found.subject_event_id, found.event_type, found.entry)
    rows = await tx.execute(wanted.where(found.origin == origin, found.subject_event_id.in_(list(events))))
    told = (LogEntry(row.position, str(row.subject_event_id), row.event_type, row.entry.decode()) for row in rows)
    return {each.event_id: each for each in told}


def on_the_log(seq: int) -> UUID:
    """Return the id of the event at a position of the protection log."""
    return event_id(PROTECTION_LOG, seq)


async def cleared_before(tx: AsyncConnection, origin: str, seq: int) -> AsyncIterator[list[LogEntry]]:
    """Yield the clearances up to a position of the protection log, the newest first, some at a time."""
    for top in range(seq, 0, -READ_AT_ONCE):
        wanted = [str(on_the_log(each)) for each in range(top, max(top - READ_AT_ONCE, 0), -1)]
        found = await entries(tx, origin, map(UUID, wanted))
        read = (found[each] for each in wanted if each in found)
        yield [each for each in read if each.event_type == "DeletionCleared"]


async def answers(tx: AsyncConnection, origin: str, holds: Iterable[UUID]) -> list[LogEntry]:
    """Return those of custody's answers to protections that named something as being destroyed."""
    named = select(hold_answer.c.hold_id).where(hold_answer.c.hold_id.in_(list(holds)), hold_answer.c.destroying > 0)
    found: list[LogEntry] = []
    for hold_id in await tx.scalars(named.distinct()):
        first = 1
        # Answers to one protection and what amends them are numbered together, without a gap.
        while read := await entries(tx, origin, _answers_of(hold_id, first)):
            found += (each for each in read.values() if each.event_type == "HoldApplied")
            first += READ_AT_ONCE
    return found


def _answers_of(hold_id: UUID, first: int) -> list[UUID]:
    return [event_id(f"hold/{hold_id}/answer", each) for each in range(first, first + READ_AT_ONCE)]
