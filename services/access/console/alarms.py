"""Much viewing in the console: who opened more than is usual, who looked into it and what he found, open ones first."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.alarms import http as api
from services.access.alarms import office
from services.access.alarms.decider import NOTE_MAX, NOTE_MIN, WATCHERS, Alarm
from services.access.asking import desk_of, engine_of
from services.access.console import frame
from services.access.console.forms import NOTHING, Filled, filled
from services.access.console.refusing import told
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.tasks import Task
from services.access.console.visit import Visit, Visiting
from services.runtime.oidc.refusals import FreshSignInNeeded
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/bulk-viewings", route_class=PageRoute, include_in_schema=False)

HERE: Final = "/console/bulk-viewings"
TASKS_MAX: Final = 20
HOUR_S: Final = 3600


@router.get("")
async def shown(visit: Visiting, done: str = "") -> Response:
    """Show what is open, then what somebody has looked into."""
    return await _shown(visit, done=done == "reviewed")


@router.post("/{viewing_id}/review")
async def review(visit: Visiting, viewing_id: str) -> Response:
    """Say what was found."""
    form = await filled(visit)
    try:
        body = api.LookedBody.model_validate({"finding": form.one("finding"), "note": form.one("note")})
        await api.review_bulk_viewing(visit.request, viewing_id, body, visit.person)
    except FreshSignInNeeded:
        raise
    except ValidationError as error:
        return await _shown(visit, form=form, about=viewing_id, refusal=malformed(error.errors()))
    except Refusal as refusal:
        return await _shown(visit, form=form, about=viewing_id, refusal=refusal)
    return moved(HERE, done="reviewed")


async def found(tx: AsyncConnection, visit: Visit) -> list[Task]:
    """Return what nobody has looked into; nobody is shown the alarm about himself."""
    if not visit.person.roles & WATCHERS:
        return []
    codec = desk_of(visit.request).codec
    return [_task(visit, each) for each in await office.open_ones(tx, codec, visit.person.person_id, TASKS_MAX)]


def _task(visit: Visit, alarm: Alarm) -> Task:
    event = alarm.found
    return Task(
        title="alarm_bulk",
        about={"name": visit.name_of(event.person), "hours": _hours(event.footage_s), "clips": str(event.clips)},
        to=f"{HERE}#v-{event.viewing_id}",
        act="open",
        due=alarm.look_by,
    )


async def _shown(
    visit: Visit, *, done: bool = False, form: Filled = NOTHING, about: str = "", refusal: Refusal | None = None
) -> Response:
    may_see = bool(visit.person.roles & WATCHERS)
    lists = await _read(visit) if may_see else []
    return frame.page(
        visit,
        "bulk_viewings.html",
        status=refusal.status if refusal is not None else 200,
        may_see=may_see,
        rows=[_row(each, visit.now) for listed in lists for each in listed],
        is_cut=any(len(listed) == office.SHOWN_MAX for listed in lists),
        most=office.SHOWN_MAX,
        note_min=NOTE_MIN,
        note_max=NOTE_MAX,
        typed={about: form.one("note")},
        done=done,
        refusal=told(refusal, visit.language) if refusal is not None else None,
    )


async def _read(visit: Visit) -> list[list[Alarm]]:
    codec, asker = desk_of(visit.request).codec, visit.person.person_id
    async with engine_of(visit.request).connect() as tx:
        return [await office.open_ones(tx, codec, asker), await office.reviewed_ones(tx, codec, asker)]


def _row(alarm: Alarm, now: datetime) -> dict[str, Any]:
    return {
        "found": alarm.found,
        "found_at": alarm.found_at,
        "hours": _hours(alarm.found.footage_s),
        "hours_max": _hours(alarm.found.footage_s_max),
        "look_by": alarm.look_by,
        "is_overdue": alarm.look_by <= now,
        "reviewed": alarm.reviewed,
        "reviewed_at": alarm.reviewed_at,
    }


def _hours(seconds: int) -> str:
    """Return hours with one decimal, where it says something."""
    return f"{seconds / HOUR_S:,.1f}".removesuffix(".0")
