"""Copies over HTTP: make, fetch, sign for, give back; and the signed result of a viewing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from pydantic import Field

from services.access.asking import Asking, access_on_record, desk_of, engine_of, on_record, settings_of, uuid_of
from services.access.requests import telling
from services.access.viewing import copies, store
from services.access.viewing.decider import COPY
from services.kernel.events import ResultSigned
from services.runtime.bodies import Body, Instant

router = APIRouter(prefix="/api/v1")

MEDIA_TYPES = {"mp4": "video/mp4", "matroska": "video/x-matroska", "mov,mp4,m4a,3gp,3g2,mj2": "video/mp4"}
Text = Annotated[str, Field(max_length=200)]


class CopyBody(Body):
    """Which footage of the grant; empty means all of it. ``return_by`` is the copy's own due date."""

    camera: Text = ""
    start: Instant | None = None
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
        engine, desk = engine_of(request), desk_of(request)
        made = await copies.make(engine, desk, settings_of(request), who, identity, wanted)
    return {"copy_id": str(made[0].made.copy_id), "copies": [telling.copy(each) for each in made]}


@router.get("/copies/{copy_id}/media")
async def copy_media(request: Request, copy_id: str, who: Asking) -> Response:
    """Serve a copy's bytes, with Range."""
    identity = uuid_of(copy_id, "copy")
    async with engine_of(request).connect() as tx:
        request_id = await store.request_of_copy(tx, identity)
    async with access_on_record(request, who, COPY, request_id):
        copy, path, container = await copies.readable(engine_of(request), desk_of(request), who, identity)
    kind = MEDIA_TYPES.get(container, "application/octet-stream")
    headers = {"cache-control": "no-store", "x-copy-number": copy.made.copy_number}
    return FileResponse(path, media_type=kind, filename=f"{copy.made.copy_number}.mp4", headers=headers)


@router.post("/copies/{copy_id}/sign")
async def sign_copy(request: Request, copy_id: str, body: SignatureBody, who: Asking) -> dict[str, object]:
    """Sign for a copy."""
    async with on_record(request, who, "copy.sign", copy_id):
        identity = uuid_of(copy_id, "copy")
        return telling.copy(await copies.sign(engine_of(request), desk_of(request), who, identity, body.role))


@router.post("/copies/{copy_id}/return")
async def return_copy(request: Request, copy_id: str, body: ReturnBody, who: Asking) -> dict[str, object]:
    """Note that a copy came back or was destroyed by its holder."""
    async with on_record(request, who, "copy.return", copy_id):
        identity = uuid_of(copy_id, "copy")
        return telling.copy(await copies.give_back(engine_of(request), desk_of(request), who, identity, body.how))


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
        file = await copies.sign_result(engine_of(request), desk_of(request), who, event)
        signed = [{"person": each.person, "role": each.role, "act": each.act} for each, _ in file.results]
        return {"request_id": request_id, "signed": signed}
