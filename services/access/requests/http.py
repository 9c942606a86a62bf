"""Requests over HTTP: hand in, sign, delegate, withdraw, close, and read what one may read."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from services.access.asking import (
    Asking,
    Body,
    desk_of,
    engine_of,
    must_have,
    on_record,
    signatory,
    uuid_of,
    vault_of,
)
from services.access.protections import office as protections
from services.access.protections import store
from services.access.refusals import AccessRefusal, Forbidden, NotEntitled, Unknown, Unusable
from services.access.requests import listing, office, telling, words
from services.access.requests.admission import Admission
from services.access.requests.commands import CloseRequest, DelegateStep, SignStep, SubmitRequest
from services.access.requests.file import RequestFile, protection_id
from services.access.requests.form import split
from services.access.vault.personal import Personal
from services.kernel.policy import Outcome, Pack
from services.kernel.policy.facts import text
from services.runtime.database import db_now
from services.runtime.identity import Person

router = APIRouter(prefix="/api/v1")

Answers = dict[str, Any]
Text = Annotated[str, Field(max_length=4_000)]
CONFIRMERS = frozenset({"system_manager", "custodian", "unit_head", "records_unit", "handling_unit", "mayor_counsel"})
READERS = frozenset({"auditor", "ethics_office", "legal_counsel", "mayor_counsel"})


class RequestBody(Body):
    """A form as the pack defines it: ``requester``, ``request`` and the names of attached ``documents``."""

    policy_id: str = Field(max_length=100)
    request_id: UUID | None = None
    requester: Answers = Field(default_factory=dict)
    request: Answers = Field(default_factory=dict)
    documents: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=50)


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
    valid_from: AwareDatetime
    valid_to: AwareDatetime


class ClosingBody(Body):
    """How a request ends."""

    outcome: str = Field(default="fulfilled", pattern="^fulfilled$")


@router.post("/requests", status_code=201)
async def submit_request(request: Request, body: RequestBody, who: Asking) -> JSONResponse:
    """Hand in a request: taken in, routed, or refused with rule and clause; each is an event."""
    async with on_record(request, who, "request.submit", body.policy_id):
        async with engine_of(request).connect() as tx:
            pack = await office.policy_in_force(tx, desk_of(request), body.policy_id, await db_now(tx))
        command = await _command(request, body, who, pack)
        result = await office.submit(engine_of(request), desk_of(request), command, pack)
        admission = result.admission
        assert admission is not None
        if admission.refused:
            await _forget(request, command.personal_ref)
            raise _refusal(admission, result.file)
        accepted = await store.published(engine_of(request), result.seq, protections.ACCEPTED_WITHIN_S)
        answer = await _told(request, result.file, pack) | telling.admission(admission)
        return JSONResponse(answer, status_code=201 if accepted else 202)


@router.get("/requests")
async def list_requests(request: Request, who: Asking) -> dict[str, object]:
    """List requests: an applicant sees his own, whoever signs or audits sees all."""
    only = who.person_id if who.roles <= telling.SEES_OWN_ONLY else ""
    async with engine_of(request).connect() as tx:
        rows = await listing.listed(tx, requester=only)
    return {"requests": [telling.row(each) for each in rows]}


@router.get("/requests/{request_id}")
async def show_request(request: Request, request_id: str, who: Asking) -> dict[str, object]:
    """Show one request with its chain; personal data only to the applicant and to who signs it."""
    file, pack = await _file(request, request_id, who)
    told = await _told(request, file, pack)
    if file.submitted is None or not file.submitted.personal_ref or not _may_see_person(file, pack, who):
        return told
    fields = await vault_of(request).show(UUID(file.submitted.personal_ref))
    shown = {name: value.reveal() for name, value in fields.items()} if fields is not None else "destroyed"
    return told | {"personal": shown}


@router.post("/requests/{request_id}/steps/{step}")
async def sign_step(request: Request, request_id: str, step: str, body: StepBody, who: Asking) -> JSONResponse:
    """Approve, return, deny, or give an opinion on one step."""
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
        command = DelegateStep(
            request_id=uuid_of(request_id, "request"),
            step=body.step,
            by=signatory(who),
            to=body.to,
            valid_from=body.valid_from,
            valid_to=body.valid_to,
        )
        return await _answered(request, await office.delegate(engine_of(request), desk_of(request), command))


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


async def _command(request: Request, body: RequestBody, who: Person, pack: Pack) -> SubmitRequest:
    facts = {"requester": _claimed(body.requester, who, pack), "request": body.request, "documents": body.documents}
    form = split(facts, desk_of(request).shelf.personal_names(pack))
    reference = ""
    if form.personal:
        hidden = {name: Personal(value) for name, value in form.personal.items()}
        reference = str(await vault_of(request).put(hidden))
    return SubmitRequest(
        request_id=body.request_id or uuid4(),
        policy_id=pack.id,
        by=signatory(who),
        facts=facts,
        personal_ref=reference,
    )


def _claimed(requester: Answers, who: Person, pack: Pack) -> Answers:
    """Whoever is known to be of a class asks as that class: the form can't make an agent an ordinary officer."""
    known = sorted(role for role in who.roles if role in pack.vocabulary.get("requester.class", frozenset()))
    stated = text(requester.get("class"))
    if not known or stated in known:
        return requester
    if stated and stated in pack.vocabulary.get("requester.class", frozenset()):
        raise NotEntitled(
            f"{who.person_id} is known as {', '.join(known)}, not as {stated}",
            rule="requester.class",
            remedy=f"hand it in as {known[0]}",
        )
    return requester if stated else {**requester, "class": known[0]}


async def _forget(request: Request, reference: str) -> None:
    # A refused form is kept nowhere: what named a person in it goes at once.
    if reference:
        await vault_of(request).shred(UUID(reference))


def _refusal(admission: Admission, file: RequestFile) -> AccessRefusal:
    verdict = admission.verdict
    kind: type[AccessRefusal] = Unusable if verdict.outcome == Outcome.INCOMPLETE else Forbidden
    refusal = kind(
        admission.explanation,
        rule=verdict.rule,
        clauses=verdict.clauses,
        remedy=words.way_on(verdict.reason),
        word="RequestRefused" if kind is Forbidden else "RequestIncomplete",
        more={
            "request_id": str(file.request_id),
            "outcome": str(verdict.outcome),
            "reason": verdict.reason,
            "missing": list(verdict.missing),
            "override": verdict.override,
            "notify": list(verdict.notify),
            "message": dict(verdict.message or {}),
        },
    )
    refusal.on_record = True
    return refusal


async def _answered(request: Request, result: office.Result) -> JSONResponse:
    accepted = await store.published(engine_of(request), result.seq, protections.ACCEPTED_WITHIN_S)
    pack = office.pack_of(desk_of(request), result.file)
    return JSONResponse(await _told(request, result.file, pack), status_code=200 if accepted else 202)


async def _told(request: Request, file: RequestFile, pack: Pack) -> dict[str, object]:
    protection = await protections.standing(engine_of(request), protection_id(file.request_id))
    hold = await telling.hold_of(engine_of(request), file)
    return telling.file(file, pack) | {"protection": protection, "hold": hold}


async def _file(request: Request, request_id: str, who: Person) -> tuple[RequestFile, Pack]:
    identity = uuid_of(request_id, "request")
    async with engine_of(request).connect() as tx:
        file = await listing.load(tx, desk_of(request).codec, identity)
        head = file.submitted or file.refused
        if head is None or (who.roles <= telling.SEES_OWN_ONLY and head.requester != who.person_id):
            raise Unknown(f"no request {request_id}", remedy="list your requests: GET /api/v1/requests")
        return file, office.pack_of(desk_of(request), file)


def _may_see_person(file: RequestFile, pack: Pack, who: Person) -> bool:
    assert file.submitted is not None
    chain = pack.chains.get(file.submitted.chain)
    signers = {role for step in chain.steps for role in step.roles} if chain is not None else set()
    return who.person_id == file.submitted.requester or bool(who.roles & (signers - {"applicant"} | READERS))
