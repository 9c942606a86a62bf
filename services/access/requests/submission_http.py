"""Handing in a form over HTTP: taken in, routed, or refused with its rule; what names a person goes to the vault."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from services.access.asking import Asking, desk_of, engine_of, on_record, signatory, vault_of
from services.access.forms.limits import must_fit
from services.access.ledger import request_stream
from services.access.protections import office as protections
from services.access.protections import store
from services.access.refusals import AccessRefusal, Forbidden, NotEntitled, Unusable
from services.access.requests import reading, submission, telling, words
from services.access.requests.admission import Admission
from services.access.requests.commands import SubmitRequest
from services.access.requests.correcting import must_be_correctable
from services.access.requests.file import RequestFile
from services.access.requests.form import split, unfit, unprintable
from services.access.requests.http import Answers, told
from services.access.requests.packs import policy_in_force
from services.access.vault.personal import Personal
from services.kernel.ids import event_id
from services.kernel.policy import Outcome, Pack
from services.kernel.policy.facts import text
from services.runtime.bodies import Body
from services.runtime.database import db_now
from services.runtime.identity import Person

router = APIRouter(prefix="/api/v1")


class RequestBody(Body):
    """A form as the pack defines it: ``requester``, ``request`` and the names of attached ``documents``."""

    policy_id: str = Field(max_length=100)
    request_id: UUID | None = None
    requester: Answers = Field(default_factory=dict)
    request: Answers = Field(default_factory=dict)
    documents: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=50)


class CorrectionBody(Body):
    """The whole form again, with what was to be corrected."""

    requester: Answers = Field(default_factory=dict)
    request: Answers = Field(default_factory=dict)
    documents: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=50)


@router.post("/requests", status_code=201)
async def submit_request(request: Request, body: RequestBody, who: Asking) -> JSONResponse:
    """Hand in a request: taken in, routed, or refused with rule and clause; each is an event."""
    async with on_record(request, who, "request.submit", body.policy_id):
        async with engine_of(request).connect() as tx:
            pack = await policy_in_force(tx, desk_of(request), body.policy_id, await db_now(tx))
        request_id = body.request_id or uuid4()
        command = await _command(request, body, who, pack, (request_id, 1))
        try:
            result = await submission.submit(engine_of(request), desk_of(request), command, pack)
        except AccessRefusal:
            await _forget(request, command.personal_ref)
            raise
        admission = result.admission
        assert admission is not None
        if admission.refused:
            await _forget(request, command.personal_ref)
            raise _refusal(admission, result.file, pack, command)
        accepted = await store.published(engine_of(request), result.seq, protections.ACCEPTED_WITHIN_S)
        answer = await told(request, result.file, pack) | telling.admission(admission)
        return JSONResponse(answer, status_code=201 if accepted else 202)


@router.post("/requests/{request_id}/correct")
async def correct_request(request: Request, request_id: str, body: CorrectionBody, who: Asking) -> JSONResponse:
    """Hand a returned request in again; its answers are judged anew, its kind and its applicant stay."""
    async with on_record(request, who, "request.correct", request_id):
        file, pack = await reading.file_for(request, request_id, who)
        must_be_correctable(file, signatory(who))
        assert file.submitted is not None
        whole = RequestBody(
            policy_id=pack.id,
            requester=body.requester | {"class": file.submitted.requester_class},
            request=body.request | {"kind": file.submitted.kind},
            documents=body.documents,
        )
        command = await _command(request, whole, who, pack, (file.request_id, file.version + 1))
        try:
            result = await submission.correct(engine_of(request), desk_of(request), command, file.version)
        except AccessRefusal:
            await _forget(request, command.personal_ref)
            raise
        admission = result.admission
        assert admission is not None
        if admission.refused:
            await _forget(request, command.personal_ref)
            refusal = _refusal(admission, file, pack, command)
            refusal.on_record = False  # it stays what it was: returned
            raise refusal
        accepted = await store.published(engine_of(request), result.seq, protections.ACCEPTED_WITHIN_S)
        answer = await told(request, result.file, pack) | telling.admission(admission)
        return JSONResponse(answer, status_code=200 if accepted else 202)


async def _command(
    request: Request, body: RequestBody, who: Person, pack: Pack, place: tuple[UUID, int]
) -> SubmitRequest:
    if wrong := unfit(body.requester) or unfit(body.request) or unprintable("documents", body.documents):
        raise Unusable(wrong, rule="request.form", remedy="answer the questions of the form, each within its length")
    facts = {"requester": _claimed(body.requester, who, pack), "request": body.request, "documents": body.documents}
    must_fit(desk_of(request).shelf.forms(pack), facts)
    form = split(facts, desk_of(request).shelf.personal_names(pack))
    request_id, version = place
    reference = ""
    if form.personal:
        hidden = {name: Personal(value) for name, value in form.personal.items()}
        # The event that will refer to it has this id, or there will be none: then the key is destroyed at once.
        reference = str(await vault_of(request).put(hidden, event_id(request_stream(request_id), version)))
    return SubmitRequest(
        request_id=request_id,
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


def _refusal(admission: Admission, file: RequestFile, pack: Pack, command: SubmitRequest) -> AccessRefusal:
    verdict = admission.verdict
    kind: type[AccessRefusal] = Unusable if verdict.outcome == Outcome.INCOMPLETE else Forbidden
    named = words.named(verdict, command.facts)
    refusal = kind(
        f"{named!r}: {admission.explanation}" if named else admission.explanation,
        rule=verdict.rule,
        clauses=verdict.clauses,
        remedy=words.way_in(pack, verdict, command.facts),
        message=verdict.message or pack.says(verdict.rule),
        word="RequestRefused" if kind is Forbidden else "RequestIncomplete",
        more={
            "request_id": str(file.request_id),
            "outcome": str(verdict.outcome),
            "reason": verdict.reason,
            "missing": list(verdict.missing),
            "override": verdict.override,
            "notify": list(verdict.notify),
        },
    )
    refusal.on_record = True
    return refusal
