"""Alarms that people are to look at: one person opened more than is usual. Shown to those who watch over access."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.asking import desk_of
from services.access.console.tasks import Task
from services.access.console.visit import Visit
from services.access.tables import fact
from services.kernel.events import BulkViewingFound

WATCHERS: Final = frozenset({"auditor", "ethics_office", "director", "unit_head"})
SHOWN_FOR: Final = timedelta(days=7)
LOOK_WITHIN: Final = timedelta(days=1)
SHOWN_MAX: Final = 20
HOUR_S: Final = 3600


async def found(tx: AsyncConnection, visit: Visit) -> list[Task]:
    """Return what was found lately; nobody is shown the alarm about himself."""
    if not visit.person.roles & WATCHERS:
        return []
    wanted = select(fact.c.value).where(
        fact.c.event_type == BulkViewingFound.__name__, fact.c.recorded_at > visit.now - SHOWN_FOR
    )
    rows = await tx.scalars(wanted.order_by(fact.c.recorded_at.desc()).limit(SHOWN_MAX))
    records = [desk_of(visit.request).codec.decode(value) for value in rows]
    return [
        _task(visit, record.event, record.envelope.recorded_at + LOOK_WITHIN)
        for record in records
        if isinstance(record.event, BulkViewingFound) and record.event.person != visit.person.person_id
    ]


def _task(visit: Visit, event: BulkViewingFound, due: datetime) -> Task:
    hours = round(event.footage_s / HOUR_S)
    return Task(
        title="alarm_bulk",
        about={"name": visit.name_of(event.person), "hours": str(hours), "clips": str(event.clips)},
        to=f"/console/requests/{event.request_id}",
        act="open",
        due=due,
    )
