"""Reads alarms from their places on the log, and carries a review out under the lock of their stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.alarms.decider import LOOK_WITHIN, Alarm
from services.access.ledger import SERVICE, Desk, access_stream, lock
from services.access.refusals import Unknown
from services.access.tables import bulk_viewing, fact
from services.kernel.envelope import Actor, Recorded
from services.kernel.events import BulkViewingFound, BulkViewingReviewed
from services.runtime import telemetry
from services.runtime.codec import Codec

SHOWN_MAX: Final = 100
IS_OPEN: Final = bulk_viewing.c.reviewed_version.is_(None)
Decide = Callable[[Alarm], BulkViewingReviewed]


def others(person_id: str) -> ColumnElement[bool]:
    """Return the condition that nobody is shown an alarm about himself."""
    return bulk_viewing.c.person != person_id


async def open_ones(tx: AsyncConnection, codec: Codec, asker: str, at_most: int = SHOWN_MAX) -> list[Alarm]:
    """Return what nobody has looked into, the oldest first."""
    wanted = select(bulk_viewing).where(IS_OPEN, others(asker)).order_by(bulk_viewing.c.found_at)
    return await _alarms(tx, codec, wanted.limit(at_most))


async def reviewed_ones(tx: AsyncConnection, codec: Codec, asker: str, at_most: int = SHOWN_MAX) -> list[Alarm]:
    """Return what somebody has looked into, the newest first."""
    wanted = select(bulk_viewing).where(~IS_OPEN, others(asker)).order_by(bulk_viewing.c.found_at.desc())
    return await _alarms(tx, codec, wanted.limit(at_most))


async def how_many(tx: AsyncConnection, asker: str) -> tuple[int, int]:
    """Return how many are open, and how many there are in all."""
    of_others = select(func.count().filter(IS_OPEN), func.count()).where(others(asker))
    is_open, all_ = (await tx.execute(of_others)).one()
    return int(is_open), int(all_)


async def overdue(tx: AsyncConnection, now: datetime) -> int:
    """Count what nobody has looked into although somebody should have by now."""
    late = select(func.count()).where(IS_OPEN, bulk_viewing.c.found_at <= now - LOOK_WITHIN)
    return int(await tx.scalar(late) or 0)


class Overdue:
    """One turn of the ticker: counts what is overdue, for the alarm of those who watch over access."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def turn(self, engine: AsyncEngine) -> None:
        async with engine.connect() as tx:
            found = await overdue(tx, await self._desk.clock(tx))
        telemetry.gauge("camledger_bulk_viewings_overdue", found, service=SERVICE)


async def one(tx: AsyncConnection, codec: Codec, viewing_id: UUID) -> Alarm:
    """Return the alarm that a viewing gave. Raises Unknown."""
    found = await _alarms(tx, codec, select(bulk_viewing).where(bulk_viewing.c.viewing_id == viewing_id))
    if not found:
        raise Unknown(f"viewing {viewing_id} gave no alarm", remedy="list them: GET /api/v1/bulk-viewings")
    return found[0]


async def review(engine: AsyncEngine, desk: Desk, actor: Actor, viewing_id: UUID, decide: Decide) -> Alarm:
    """Put on the log what was found, once: of two who look at the same time the second is told so."""
    async with engine.begin() as tx:
        request_id = (await one(tx, desk.codec, viewing_id)).found.request_id
        await lock(tx, access_stream(request_id))
        alarm = await one(tx, desk.codec, viewing_id)
        ledger = await desk.ledger(tx, actor)
        await ledger.append(access_stream(request_id), decide(alarm), str(request_id))
        return await one(tx, desk.codec, viewing_id)


async def _alarms(tx: AsyncConnection, codec: Codec, wanted: Select[Any]) -> list[Alarm]:
    rows = (await tx.execute(wanted)).all()
    records = await _records(tx, codec, (place for row in rows for place in _places(row)))
    return [_alarm([records[place] for place in _places(row)]) for row in rows]


def _places(row: Row[Any]) -> list[tuple[str, int]]:
    versions = (row.found_version, row.reviewed_version)
    return [(access_stream(row.request_id), version) for version in versions if version is not None]


async def _records(
    tx: AsyncConnection, codec: Codec, places: Iterable[tuple[str, int]]
) -> Mapping[tuple[str, int], Recorded]:
    at = tuple_(fact.c.stream_id, fact.c.stream_version)
    records = [codec.decode(value) for value in await tx.scalars(select(fact.c.value).where(at.in_([*places])))]
    return {(each.envelope.stream_id, each.envelope.stream_version): each for each in records}


def _alarm(records: list[Recorded]) -> Alarm:
    found, reviewed = records[0], records[1] if len(records) > 1 else None
    assert isinstance(found.event, BulkViewingFound)
    if reviewed is None:
        return Alarm(found=found.event, found_at=found.envelope.recorded_at)
    assert isinstance(reviewed.event, BulkViewingReviewed)
    return Alarm(
        found=found.event,
        found_at=found.envelope.recorded_at,
        reviewed=reviewed.event,
        reviewed_at=reviewed.envelope.recorded_at,
    )
