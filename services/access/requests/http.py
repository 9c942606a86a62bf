"""Requests over HTTP, once they are on file: sign, delegate, withdraw, close, and read what one may read."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse
from pydantic import Field

from services.access.asking import (
    Asking,
    desk_of,
    engine_of,
    must_have,
    on_record,
    signatory,
    uuid_of,
)
from services.access.emergency.office import under
from services.access.emergency.terms import SIGN
from services.access.protections import office as protections
from services.access.protections import store
from services.access.protections.wording import iso
from services.access.refusals import Unknown
from services.access.requests import listing, office, reading, telling
from services.access.requests.commands import ChangeTerm, CloseRequest, DelegateStep, RevokeDelegation, SignStep
from services.access.requests.file import RequestFile, protection_id
from services.access.requests.packs import pack_of
from services.access.stepping_up import must_be_fresh
from services.access.vault.shredding import term_ends
from services.kernel.policy import Pack
from services.runtime.bodies import Body, Instant

router = APIRouter(prefix="/api/v1")

Answers = dict[str, Any]
Text = Annotated[str, Field(max_length=4_000)]
Name = Annotated[str, PathParameter(max_length=100)]
Most = Annotated[int, Query(ge=1, le=1_000)]
CONFIRMERS = frozenset({"system_manager", "custodian", "unit_head", "records_unit", "handling_unit", "mayor_counsel"})


class StepBody(Body):
    """A decision on one step."""

    decision: str = Field(max_length=20)
    note: Text = ""
    opinion: Text = ""
    fields: Answers = Field(default_factory=dict)


class DelegationBody(Body):
    """Who may sign in one's place, and how long."""

    step: str = Field(max_length=100)
    to: str = Field(max_length=100)
    valid_from: Instant
    valid_to: Instant


class RevocationBody(Body):
    """Which step one no longer delegates, and to whom one had."""

    step: str = Field(max_length=100)
    to: str = Field(max_length=100)


class TermBody(Body):
    """What happens to the clock; ``reason`` is one that the policy names for a pause."""

    change: str = Field(pattern="^(paused|resumed|extended)$")
    reason: str = Field(default="", max_length=100)


class ClosingBody(Body):
    """How a request ends."""

    outcome: str = Field(default="fulfilled", pattern="^fulfilled$")


@router.get("/requests")
async def list_requests(
    request: Request, who: Asking, most: Most = 200, before: Instant | None = None
) -> dict[str, object]:
    """List requests, the newest first: an applicant sees his own, whoever signs or audits sees all.

    ``complete`` is false where there are more than ``most``; ``before``, when they were handed in, goes on from there.
    """
    only = who.person_id if who.roles <= telling.SEES_OWN_ONLY else ""
    async with engine_of(request).connect() as tx:
        rows = await listing.listed(tx, requester=only, limit=most, before=before)
    return {"requests": [telling.row(each) for each in rows], "complete": len(rows) < most}


@router.get("/requests/{request_id}")
async def show_request(request: Request, request_id: str, who: Asking) -> dict[str, object]:
    """Show one request with its chain; personal data only to the applicant and to who signs it."""
    file, pack = await reading.file_for(request, request_id, who)
    shown = await told(request, file, pack)
    if file.submitted is None or not file.submitted.personal_ref or not reading.may_see_person(file, pack, who):
        return shown
    fields = await reading.personal_of(request, file)
    personal = {name: value.reveal() for name, value in fields.items()} if fields is not None else "destroyed"
    return shown | {"personal": personal}


@router.post("/requests/{request_id}/steps/{step}")
async def sign_step(request: Request, request_id: str, step: Name, body: StepBody, who: Asking) -> JSONResponse:
    """Approve, return, deny, or give an opinion on one step."""
    if body.decision == "approve":
        must_be_fresh(request, who, "request.approve")
    who = await under(request, who, SIGN)
    async with on_record(request, who, f"request.step.{step}", request_id):
        command = SignStep(
            request_id=uuid_of(request_id, "request"),
            step=step,
            by=signatory(who),
            decision=body.decision,
            note=body.note,
            opinion=body.opinion,
            fields=body.fields,
        )
        return await _answered(request, await office.sign(engine_of(request), desk_of(request), command))


@router.post("/requests/{request_id}/delegations")
async def delegate_step(request: Request, request_id: str, body: DelegationBody, who: Asking) -> JSONResponse:
    """Let another person sign one's step for a dated time."""
    async with on_record(request, who, "request.delegate", request_id):
        if body.to not in {each.person_id for each in request.app.state.people.by_account.values()}:
            raise Unknown(f"nobody is known as {body.to}", remedy="name the person id of who signs in your place")
        command = DelegateStep(
            request_id=uuid_of(request_id, "request"),
            step=body.step,
            by=signatory(who),
            to=body.to,
            valid_from=body.valid_from,
            valid_to=body.valid_to,
        )
        return await _answered(request, await office.delegate(engine_of(request), desk_of(request), command))


@router.post("/requests/{request_id}/delegations/revoke")
async def revoke_delegation(request: Request, request_id: str, body: RevocationBody, who: Asking) -> JSONResponse:
    """Take a delegation back that one gave; what was signed under it stands."""
    async with on_record(request, who, "request.revoke", request_id):
        identity = uuid_of(request_id, "request")
        command = RevokeDelegation(request_id=identity, step=body.step, by=signatory(who), to=body.to)
        return await _answered(request, await office.revoke(engine_of(request), desk_of(request), command))


@router.post("/requests/{request_id}/term")
async def change_term(request: Request, request_id: str, body: TermBody, who: Asking) -> JSONResponse:
    """Stop the clock of the term for a reason of the policy, start it again, or lengthen the term."""
    async with on_record(request, who, f"request.term.{body.change}", request_id):
        identity = uuid_of(request_id, "request")
        command = ChangeTerm(request_id=identity, by=signatory(who), change=body.change, reason=body.reason)
        return await _answered(request, await office.change_term(engine_of(request), desk_of(request), command))


@router.post("/requests/{request_id}/protect")
async def confirm_protection(request: Request, request_id: str, who: Asking) -> JSONResponse:
    """Let a request protect more than the pack's cap."""
    async with on_record(request, who, "request.protect", request_id):
        must_have(who, CONFIRMERS, "confirm a protection over the cap")
        identity = uuid_of(request_id, "request")
        done = await office.confirm_protection(engine_of(request), desk_of(request), identity, signatory(who))
        return await _answered(request, done)


@router.post("/requests/{request_id}/withdraw")
async def withdraw_request(request: Request, request_id: str, who: Asking) -> JSONResponse:
    """Take one's own request back."""
    async with on_record(request, who, "request.withdraw", request_id):
        identity = uuid_of(request_id, "request")
        done = await office.withdraw(engine_of(request), desk_of(request), identity, signatory(who))
        return await _answered(request, done)


@router.post("/requests/{request_id}/close")
async def close_request(
    request: Request, request_id: str, who: Asking, body: ClosingBody | None = None
) -> JSONResponse:
    """Close a request that is carried out."""
    async with on_record(request, who, "request.close", request_id):
        command = CloseRequest(
            request_id=uuid_of(request_id, "request"), by=signatory(who), outcome=(body or ClosingBody()).outcome
        )
        return await _answered(request, await office.close(engine_of(request), desk_of(request), command))


async def _answered(request: Request, result: office.Result) -> JSONResponse:
    accepted = await store.published(engine_of(request), result.seq, protections.ACCEPTED_WITHIN_S)
    pack = pack_of(desk_of(request), result.file)
    return JSONResponse(await told(request, result.file, pack), status_code=200 if accepted else 202)


async def told(request: Request, file: RequestFile, pack: Pack) -> dict[str, object]:
    """Return one request with its protection and, for a preservation, its hold."""
    protection = await protections.standing(engine_of(request), protection_id(file.request_id))
    hold = await telling.hold_of(engine_of(request), file)
    return telling.file(file, pack) | {"protection": protection, "hold": hold, "register_until": _term(file, pack)}


def _term(file: RequestFile, pack: Pack) -> str | None:
    """Until when the register keeps a closed request; then the key of its personal data is destroyed."""
    if file.is_open or file.submitted is None or file.changed_at is None:
        return None
    return iso(term_ends(pack, file, file.changed_at))
