"""Retention's HTTP interface: why footage still exists, what is due, overdue and held, and the breaker's reset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.events import BreakerReset
from services.kernel.ids import EPOCH
from services.retention import asking, breakers, cursor, queue, wheel
from services.retention.asking import Asking
from services.retention.breaker import CLOCK, EVERYWHERE
from services.retention.changes import Touch
from services.retention.emitting import Emitter
from services.retention.explain import explain
from services.retention.instants import iso
from services.retention.library import Library
from services.retention.protections import Protections
from services.retention.worker import CONSUMER, LogHandler
from services.runtime import database
from services.runtime.bodies import Body, Instant, Line
from services.runtime.codec import Codec
from services.runtime.deadletter_http import dead_letter_router
from services.runtime.discarded import tell_through
from services.runtime.http import Refusal, new_app
from services.runtime.identity import Person, person, require
from services.runtime.settings import Settings

RESETTERS = ("system_manager", "manager_supervisor", "platform_admin")
Caller = Annotated[Person, Depends(person)]


class ResetBreaker(Body):
    """The breaker of one camera; an empty id is that of the installation, ``clock`` that of the clock guard."""

    camera_id: Line = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes work with."""

    asking: Asking
    emitter: Emitter


def build_app(settings: Settings, codec: Codec, emitter: Emitter) -> FastAPI:
    """Return the app; called in the thread that serves it."""
    questions = Asking(protections=Protections(codec), library=Library(settings))
    desk = Desk(asking=questions, emitter=emitter)
    routers = [_segments(desk), _lists(desk), _breaker(desk)]
    letters = dead_letter_router({CONSUMER: LogHandler()}, codec, tell_through(emitter.outbox))
    return new_app("retention", settings, title="camledger retention", routers=[*routers, letters])


def _segments(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["segments"])

    @router.get("/segments/{camera_id}/{started_at}/explain")
    async def explain_segment(
        request: Request,
        caller: Caller,
        *,
        camera_id: str,
        started_at: Instant,
        generation: int | None = None,
        lang: str = "en",
    ) -> dict[str, object]:
        """Why a segment still exists, or why it is gone: from events and clauses."""
        async with request.app.state.engine.begin() as tx:
            now = await database.db_now(tx)
            connection = await database.raw(tx)
            case = await desk.asking.case(connection, camera_id, started_at.astimezone(UTC), generation, now)
        if case is None:
            raise _unknown(camera_id, started_at)
        return explain(case if caller.is_insider else case.without_matters(), lang)

    return router


def _lists(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["lists"])

    @router.get("/due")
    async def due(
        request: Request,
        _caller: Caller,
        since: Annotated[Instant | None, Query(alias="from")] = None,
        until: Annotated[Instant | None, Query(alias="to")] = None,
        camera: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=asking.ROWS_MAX)] = asking.ROWS_MAX,
    ) -> list[dict[str, object]]:
        """What is queued, due or proposed, by the instant of its next step."""
        async with request.app.state.engine.begin() as tx:
            await database.db_now(tx)
            ends = since and since.astimezone(UTC), until and until.astimezone(UTC)
            return await asking.due(await database.raw(tx), *ends, camera=camera, limit=limit)

    @router.get("/due/days")
    async def due_by_day(
        request: Request,
        _caller: Caller,
        zone: Annotated[str, Query(max_length=100)] = "UTC",
        days: Annotated[int, Query(ge=1, le=queue.DAYS_MAX)] = 7,
    ) -> list[dict[str, object]]:
        """How many segments of each camera take their next step on each of the next days of a zone, by stage."""
        try:
            known = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Refusal("UnknownZone", status=422, title="No such time zone", detail=zone) from error
        async with request.app.state.engine.begin() as tx:
            now = await database.db_now(tx)
            today = now.astimezone(known).replace(hour=0, minute=0, second=0, microsecond=0)
            return await queue.by_day(await database.raw(tx), known.key, today + timedelta(days=days + 1))

    @router.get("/overdue")
    async def overdue(request: Request, _caller: Caller) -> list[dict[str, object]]:
        """What is past its maximum: unprotected (an alarm) or lawfully kept."""
        async with request.app.state.engine.begin() as tx:
            await database.db_now(tx)
            return await asking.overdue(await database.raw(tx))

    @router.get("/held")
    async def held(request: Request, caller: Caller) -> list[dict[str, object]]:
        """What each hold keeps of what came up so far."""
        async with request.app.state.engine.begin() as tx:
            await database.db_now(tx)
            found = await desk.asking.held(await database.raw(tx))
        return found if caller.is_insider else [line | {"matter": ""} for line in found]

    @router.get("/status")
    async def status(request: Request, _caller: Caller, *, counted: bool = True) -> dict[str, object]:
        """Where retention stands; what is on its way out is counted unless ``counted`` is false."""
        async with request.app.state.engine.begin() as tx:
            now = await database.db_now(tx)
            return await asking.status(await database.raw(tx), now, counted=counted)

    return router


def _breaker(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["breaker"])

    @router.post("/breaker/reset")
    async def reset(request: Request, caller: Caller, order: ResetBreaker) -> dict[str, object]:
        """Ask for a reset; a second person who asks for the same one carries it out."""
        require(caller, *RESETTERS)
        async with request.app.state.engine.begin() as tx:
            return await _reset(desk, tx, order.camera_id, caller)

    return router


async def _reset(desk: Desk, tx: AsyncConnection, camera_id: str, caller: Person) -> dict[str, object]:
    now, connection = await database.db_now(tx), await database.raw(tx)
    at = await cursor.lock(connection)  # No sweep runs between the reset and what it lets go on.
    first = await breakers.propose_reset(connection, camera_id, caller.person_id)
    if first is None:
        raise _not_open(camera_id)
    if not first:
        return {"camera_id": camera_id, "state": "proposed", "proposed_by": caller.person_id}
    if first == caller.person_id:
        raise _four_eyes(first)
    await breakers.reset(connection, camera_id)
    if camera_id == CLOCK:
        await cursor.resume(connection, now)
    # A clock that came back had set the next visits of everything by an instant far ahead.
    if camera_id != CLOCK or at.halted_why == "behind":
        cameras = () if camera_id in (EVERYWHERE, CLOCK) else (camera_id,)
        await wheel.touch(connection, [Touch(cameras=cameras, since=EPOCH, until=None)])
    event = BreakerReset(camera_id=camera_id, persons=(first, caller.person_id))
    await desk.emitter.emit(tx, connection, [(event, None)], now, actor=caller.actor(require(caller, *RESETTERS)))
    return {"camera_id": camera_id, "state": "reset", "persons": [first, caller.person_id], "at": iso(now)}


def _unknown(camera_id: str, started_at: datetime) -> Refusal:
    return Refusal(
        "UnknownSegment",
        status=404,
        title="No such segment",
        detail=f"Retention knows no segment of camera {camera_id} that began at {iso(started_at.astimezone(UTC))}.",
        remedy="List the camera's segments and take the instant from there, microseconds included.",
    )


def _not_open(camera_id: str) -> Refusal:
    return Refusal(
        "BreakerNotOpen",
        status=409,
        title="This breaker is not open",
        detail=f"No breaker of {camera_id or 'the whole installation'} is open.",
        remedy="`camledger breaker list` shows the open ones.",
    )


def _four_eyes(first: str) -> Refusal:
    return Refusal(
        "FourEyesNeeded",
        status=409,
        title="A second person is needed",
        detail=f"{first} asked for this reset; the same person can't carry it out, from whatever account.",
        remedy="Have another person with one of the roles ask for it.",
    )
