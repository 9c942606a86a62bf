"""Copies over HTTP: make, mark, redact, fetch, sign for, give back; and the signed result of a viewing."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import Field

from services.access.asking import Asking, access_on_record, desk_of, engine_of, on_record, settings_of, uuid_of
from services.access.requests import telling
from services.access.viewing import copies, derivatives, receipts, store
from services.access.viewing.decider import COPY
from services.access.viewing.workshop import Workshop
from services.kernel.events import ResultSigned
from services.runtime.bodies import Body, Instant

router = APIRouter(prefix="/api/v1")

# By the names that FFmpeg gives containers: what a browser is told, and how the file is called.
SORTS: Final = {
    "mp4": ("video/mp4", "mp4"),
    "mov,mp4,m4a,3gp,3g2,mj2": ("video/mp4", "mp4"),
    "mov": ("video/quicktime", "mov"),
    "matroska": ("video/x-matroska", "mkv"),
    "matroska,webm": ("video/x-matroska", "mkv"),
    "avi": ("video/avi", "avi"),
}
UNKNOWN_SORT: Final = ("application/octet-stream", "bin")
Text = Annotated[str, Field(max_length=200)]


class CopyBody(Body):
    """Which footage of the grant; empty means all of it. ``return_by`` is the copy's own due date."""

    camera: Text = ""
    start: Instant | None = None
    return_by: Instant | None = None


class MarkBody(Body):
    """When the marked copy is due back; it has a date of its own."""

    return_by: Instant | None = None


class SignatureBody(Body):
    """In which role a copy is received."""

    role: Text = "applicant"


class ReturnBody(Body):
    """Came back, or destroyed by its holder."""

    how: str = Field(pattern="^(returned|destroyed)$")


class ResultBody(Body):
    """The result section of the form."""

    act: str = Field(pattern="^(view|copy|use)$")
    cameras: list[Text] = Field(max_length=1_000)
    result_from: Instant = Field(alias="from")
    result_to: Instant = Field(alias="to")
    role: Text


@router.post("/requests/{request_id}/copies", status_code=201)
async def make_copies(request: Request, request_id: str, body: CopyBody, who: Asking) -> dict[str, object]:
    """Make copies under a grant; the answer comes after the broker has every CopyMade."""
    identity = uuid_of(request_id, "request")
    wanted = copies.Wanted(camera=body.camera, start=body.start, return_by=body.return_by)
    async with access_on_record(request, who, COPY, identity):
        made = await copies.make(workshop_of(request), who, identity, wanted)
    return {"copy_id": str(made[0].made.copy_id), "copies": [telling.copy(each) for each in made]}


@router.get("/copies/{copy_id}/media")
async def copy_media(request: Request, copy_id: str, who: Asking) -> Response:
    """Serve a copy's bytes, with Range."""
    identity = uuid_of(copy_id, "copy")
    async with access_on_record(request, who, COPY, await _request_of(request, identity)):
        copy, path, container = await copies.readable(engine_of(request), desk_of(request), who, identity)
    kind, ending = SORTS.get(container, UNKNOWN_SORT)
    headers = {"cache-control": "no-store", "x-copy-number": copy.made.copy_number}
    return FileResponse(path, media_type=kind, filename=f"{copy.made.copy_number}.{ending}", headers=headers)


@router.post("/copies/{copy_id}/marked", status_code=201)
async def mark_copy(request: Request, copy_id: str, body: MarkBody, who: Asking) -> dict[str, object]:
    """Make a copy of a copy with the applicant's pseudonym and the request's number in every picture."""
    identity = uuid_of(copy_id, "copy")
    async with access_on_record(request, who, COPY, await _request_of(request, identity)):
        return telling.copy(await derivatives.mark(workshop_of(request), who, identity, body.return_by))


@router.put("/copies/{copy_id}/redacted", status_code=201)
async def redact_copy(
    request: Request, copy_id: str, who: Asking, why: Annotated[str, Query(max_length=1_000)] = ""
) -> dict[str, object]:
    """Take in the body as a redacted copy, linked to its original; ``why`` stands on the log."""
    identity = uuid_of(copy_id, "copy")
    declared = request.headers.get("content-type", "")
    async with on_record(request, who, "copy.redact", copy_id):
        upload = derivatives.Upload(body=request.stream(), declared=declared, why=why)
        return telling.copy(await derivatives.redact(workshop_of(request), who, identity, upload))


@router.post("/copies/{copy_id}/sign")
async def sign_copy(request: Request, copy_id: str, body: SignatureBody, who: Asking) -> dict[str, object]:
    """Sign for a copy."""
    async with on_record(request, who, "copy.sign", copy_id):
        identity = uuid_of(copy_id, "copy")
        return telling.copy(await receipts.sign(engine_of(request), desk_of(request), who, identity, body.role))


@router.post("/copies/{copy_id}/return")
async def return_copy(request: Request, copy_id: str, body: ReturnBody, who: Asking) -> dict[str, object]:
    """Note that a copy came back or was destroyed by its holder."""
    async with on_record(request, who, "copy.return", copy_id):
        identity = uuid_of(copy_id, "copy")
        return telling.copy(await receipts.give_back(engine_of(request), desk_of(request), who, identity, body.how))


@router.post("/requests/{request_id}/result")
async def sign_result(request: Request, request_id: str, body: ResultBody, who: Asking) -> dict[str, object]:
    """Sign the result of a viewing or copying, to the second; the pack says who co-signs."""
    async with on_record(request, who, "result.sign", request_id):
        event = ResultSigned(
            request_id=uuid_of(request_id, "request"),
            act=body.act,
            cameras=tuple(body.cameras),
            result_from=body.result_from,
            result_to=body.result_to,
            person=who.person_id,
            role=body.role,
        )
        file = await receipts.sign_result(engine_of(request), desk_of(request), who, event)
        signed = [{"person": each.person, "role": each.role, "act": each.act} for each, _ in file.results]
        return {"request_id": request_id, "signed": signed}


def workshop_of(request: Request) -> Workshop:
    """Return what this process makes copies with."""
    return Workshop(
        engine=engine_of(request),
        desk=desk_of(request),
        settings=settings_of(request),
        studio=request.app.state.studio,
    )


def ending_of(container: str) -> str:
    """Return how the name of a copy in this container ends."""
    return SORTS.get(container, UNKNOWN_SORT)[1]


async def _request_of(request: Request, copy_id: UUID) -> UUID:
    async with engine_of(request).connect() as tx:
        return await store.request_of_copy(tx, copy_id)
