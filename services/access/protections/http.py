"""Holds and rescues over HTTP: 202 while only received, 200 once accepted, effective when custody says so."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from services.access import footage
from services.access.asking import (
    Asking,
    desk_of,
    engine_of,
    must_have,
    on_record,
    settings_of,
    uuid_of,
)
from services.access.emergency.office import under
from services.access.emergency.terms import EXTEND, PLACE, RESCUE
from services.access.protections import office, releasing, store
from services.access.protections.bodies import ExtensionBody, HoldBody, RescueBody
from services.access.protections.commands import (
    ExtendHold,
    PlaceHold,
    PlaceRescue,
    ProposeRelease,
    ReleaseHold,
    WriteAgain,
)
from services.access.protections.decider import HoldCommand
from services.access.refusals import Unknown
from services.access.requests.telling import SEES_OWN_ONLY
from services.access.stepping_up import must_be_fresh
from services.kernel.scope import Scope, is_everything
from services.runtime.database import db_now
from services.runtime.identity import Person

router = APIRouter(prefix="/api/v1")

HOLDERS = frozenset(
    {
        "system_manager",
        "manager_supervisor",
        "custodian",
        "unit_head",
        "handling_unit",
        "records_unit",
        "captain",
        "secretary",
        "director",
        "ethics_office",
        "mayor_counsel",
        "legal_counsel",
        "service:ingest",
        "service:retention",
    }
)


@router.post("/holds")
async def place_hold(request: Request, body: HoldBody, who: Asking) -> JSONResponse:
    """Place a hold (A1). 200 = accepted: from now on nothing in scope enters destruction but what is named."""
    must_be_fresh(request, who, "hold.place")
    who = await under(request, who, PLACE)
    async with on_record(request, who, "hold.place", str(body.hold_id or "")):
        must_have(who, HOLDERS, "place a hold")
        scope = body.scope.scope()
        count = await _count(request, scope)
        command = PlaceHold(
            hold_id=body.hold_id or uuid4(),
            person=who.person_id,
            hold_kind=body.hold_kind,
            scope=scope,
            matter=body.matter,
            authority=body.authority,
            review_by=body.review_by,
            confirmed_count=body.confirmed_count,
        )
        return await _carry_out(request, who, command, office.Known(count_in_scope=count))


@router.post("/rescues")
async def place_rescue(request: Request, body: RescueBody, who: Asking) -> JSONResponse:
    """Take footage out of the deletion queue; refused when it is gone, or beyond maximum less allowance."""
    who = await under(request, who, RESCUE)
    async with on_record(request, who, "rescue.place", str(body.hold_id or "")):
        must_have(who, HOLDERS, "rescue footage")
        scope = body.scope.scope()
        ends_by = await releasing.rescue_ends_by(engine_of(request), desk_of(request), settings_of(request), scope)
        command = PlaceRescue(
            hold_id=body.hold_id or uuid4(),
            person=who.person_id,
            scope=scope,
            reason=body.reason,
            until=body.until,
        )
        return await _carry_out(request, who, command, office.Known(rescue_ends_by=ends_by))


Most = Annotated[int, Query(ge=1, le=1_000)]


@router.get("/holds")
async def list_holds(
    request: Request, who: Asking, kind: str = "", *, active: bool = False, camera: str = "", most: Most = 1_000
) -> dict[str, object]:
    """List the newest protections in the order of the log; ``kind`` is hold, request or rescue.

    ``active`` leaves out what no longer protects, ``camera`` what surely doesn't cover it; ``complete`` is false where
    there are more than ``most``.
    """
    async with engine_of(request).connect() as tx:
        whose = who.person_id if who.roles <= SEES_OWN_ONLY else ""
        at = await db_now(tx) if active else None
        rows = await store.newest(tx, kind, most, active_at=at, requester=whose, camera=camera)
        return {"holds": await office.told(tx, rows), "complete": len(rows) < most, "asked_by": who.person_id}


@router.get("/holds/{hold_id}")
async def show_hold(request: Request, hold_id: str, who: Asking) -> dict[str, object]:
    """Show one protection with its three lists."""
    told = await _told(request, identity := uuid_of(hold_id, "hold"))
    if who.roles <= SEES_OWN_ONLY and not await _is_own(request, who, identity):
        raise Unknown(f"no hold {hold_id} on the protection log", remedy="list your own: GET /api/v1/holds")
    return told | {"asked_by": who.person_id}


@router.post("/holds/{hold_id}/extend")
async def extend_hold(request: Request, hold_id: str, body: ExtensionBody, who: Asking) -> JSONResponse:
    """Extend a hold (another A1 with its own seq)."""
    must_be_fresh(request, who, "hold.extend")
    who = await under(request, who, EXTEND)
    async with on_record(request, who, "hold.extend", hold_id):
        must_have(who, HOLDERS, "extend a hold")
        scope = body.scope.scope() if body.scope is not None else None
        count = await _count(request, scope)
        command = ExtendHold(
            hold_id=uuid_of(hold_id, "hold"),
            person=who.person_id,
            scope=scope,
            review_by=body.review_by,
            confirmed_count=body.confirmed_count,
        )
        return await _carry_out(request, who, command, office.Known(count_in_scope=count))


@router.post("/holds/{hold_id}/write-again")
async def write_hold_again(request: Request, hold_id: str, who: Asking) -> JSONResponse:
    """Write a protection again that custody can't read (C2): the same id, all its scopes, its present end."""
    async with on_record(request, who, "hold.write_again", hold_id):
        must_have(who, HOLDERS, "write a hold again")
        return await _carry_out(request, who, WriteAgain(hold_id=uuid_of(hold_id, "hold"), person=who.person_id))


@router.post("/holds/{hold_id}/propose-release")
async def propose_release(request: Request, hold_id: str, who: Asking) -> JSONResponse:
    """The first of two persons proposes a release; nothing changes yet."""
    must_be_fresh(request, who, "hold.propose_release")
    async with on_record(request, who, "hold.propose_release", hold_id):
        must_have(who, HOLDERS, "propose a release")
        return await _carry_out(request, who, ProposeRelease(hold_id=uuid_of(hold_id, "hold"), person=who.person_id))


@router.post("/holds/{hold_id}/release")
async def release_hold(request: Request, hold_id: str, who: Asking) -> JSONResponse:
    """The second person releases; nothing goes before ``protects_until``."""
    must_be_fresh(request, who, "hold.release")
    async with on_record(request, who, "hold.release", hold_id):
        must_have(who, HOLDERS, "release a hold")
        identity = uuid_of(hold_id, "hold")
        await releasing.present(engine_of(request), desk_of(request), identity, who, request.app.state.people)
        return await _carry_out(request, who, ReleaseHold(hold_id=identity, person=who.person_id))


@router.get("/log/status")
async def log_status(request: Request, who: Asking) -> dict[str, object]:
    """Tell how far the protection log is decided and how far the broker has acknowledged it."""
    async with engine_of(request).connect() as tx:
        seq, published = await store.log_position(tx)
    return {"seq": seq, "published": published, "asked_by": who.person_id}


async def _count(request: Request, scope: Scope | None) -> int | None:
    """Count what a scope without a limit covers today, for the person who must confirm it."""
    return await footage.count(settings_of(request), scope) if scope is not None and is_everything(scope) else None


async def _is_own(request: Request, who: Person, hold_id: UUID) -> bool:
    async with engine_of(request).connect() as tx:
        return await store.is_requested_by(tx, hold_id, who.person_id)


async def _carry_out(
    request: Request, who: Person, command: HoldCommand, known: office.Known | None = None
) -> JSONResponse:
    engine = engine_of(request)
    seq = await office.alone(engine, desk_of(request), who.actor(), command, known)
    accepted = await store.published(engine, seq, office.ACCEPTED_WITHIN_S)
    return JSONResponse(await _told(request, command.hold_id), status_code=200 if accepted else 202)


async def _told(request: Request, hold_id: UUID) -> dict[str, object]:
    body = await office.standing(engine_of(request), hold_id)
    if body is None:
        raise Unknown(f"no hold {hold_id} on the protection log", remedy="list the holds: GET /api/v1/holds")
    return body
