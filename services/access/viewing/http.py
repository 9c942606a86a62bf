"""Viewings over HTTP: agree a time, come along, see the granted interval, end. Every refusal is an AccessRefused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import Field

from services.access import footage
from services.access.asking import (
    Asking,
    access_on_record,
    desk_of,
    engine_of,
    settings_of,
    uuid_of,
)
from services.access.footage import Clip
from services.access.media import gateway as media
from services.access.media.http import address_of, gateway_of
from services.access.media.standing import Standing
from services.access.protections.wording import iso
from services.access.refusals import Forbidden
from services.access.viewing import clips, office, store
from services.access.viewing.decider import VIEW
from services.kernel.batches import SegmentKey, keys
from services.runtime.bodies import Body, Instant
from services.runtime.settings import Settings

router = APIRouter(prefix="/api/v1")

PASSED_ON = ("content-type", "content-length", "content-range", "accept-ranges")


class ViewingBody(Body):
    """When, and together with whom (a person id; empty where the policy wants nobody)."""

    agreed_time: Instant
    accompanied_by: str = Field(default="", max_length=100)


@router.post("/requests/{request_id}/viewings", status_code=201)
async def schedule_viewing(request: Request, request_id: str, body: ViewingBody, who: Asking) -> dict[str, object]:
    """Agree a viewing under a granted request."""
    identity = uuid_of(request_id, "request")
    async with access_on_record(request, who, VIEW, identity):
        viewing_id = await office.schedule(
            engine_of(request),
            desk_of(request),
            who,
            identity,
            body.agreed_time,
            body.accompanied_by,
            request.app.state.people,
        )
    return {"viewing_id": str(viewing_id), "request_id": request_id}


@router.post("/viewings/{viewing_id}/accompany")
async def accompany_viewing(request: Request, viewing_id: str, who: Asking) -> dict[str, object]:
    """Say that one is there: only who comes along can say so."""
    identity, request_id = await _ids(request, viewing_id)
    async with access_on_record(request, who, "accompany", request_id):
        await office.accompany(engine_of(request), desk_of(request), who, identity)
    return {"viewing_id": viewing_id, "accompanied_by": who.person_id}


@router.post("/viewings/{viewing_id}/open")
async def open_viewing(request: Request, viewing_id: str, who: Asking) -> dict[str, object]:
    """Open a viewing and list its footage; from here on it stands on the log."""
    identity, request_id = await _ids(request, viewing_id)
    async with access_on_record(request, who, VIEW, request_id):
        _, viewing = await office.open_viewing(
            engine_of(request),
            desk_of(request),
            settings_of(request),
            who,
            identity,
            address_of(request),
            request.app.state.people,
        )
    assert viewing.opened is not None
    listed = [{"camera": key.camera_id, "start": iso(key.started_at)} for key in keys(viewing.opened.footage)]
    return {
        "viewing_id": viewing_id,
        "opened_at": iso(viewing.opened_at),
        "footage": listed,
        "from": iso(viewing.opened.footage_from),
        "to": iso(viewing.opened.footage_to),
    }


@router.get("/viewings/{viewing_id}/media")
async def native_media(
    request: Request,
    viewing_id: str,
    who: Asking,
    camera: Annotated[str, Query(max_length=100)],
    start: Instant,
) -> Response:
    """Serve one clip, with Range; the broker has the FootageViewed before the first byte is asked of custody."""
    identity, request_id = await _ids(request, viewing_id)
    gateway, address = gateway_of(request), address_of(request)
    async with access_on_record(request, who, VIEW, request_id):
        issued = await gateway.issue(engine_of(request), who, identity, address, request.app.state.people)
        wanted = SegmentKey(camera_id=camera, started_at=start)
        number = await _number(settings_of(request), issued.standing, wanted)
    asking = media.Asking(who=who, viewing_id=identity, address=address, sealed=issued.sealed)
    passed = await gateway.check(request, asking, number)
    return await _stream(request, identity, passed.wanted.clip, passed.wanted.cut)


@router.post("/viewings/{viewing_id}/end")
async def end_viewing(request: Request, viewing_id: str, who: Asking) -> JSONResponse:
    """End a viewing: its ranges and bytes are counted on the log."""
    identity, request_id = await _ids(request, viewing_id)
    async with access_on_record(request, who, "end", request_id):
        ended = await office.end(engine_of(request), desk_of(request), who, identity)
    return JSONResponse(
        {
            "viewing_id": viewing_id,
            "ranges": ended.ranges,
            "bytes_served": ended.bytes_served,
            "ended_at": iso(ended.ended_at),
        }
    )


async def _number(settings: Settings, standing: Standing, wanted: SegmentKey) -> int:
    """Return the place of a camera's clip in a viewing. Raises Forbidden or Unknown for one that it doesn't list."""
    grant, viewing = standing.footage.file.grant, standing.footage.viewing
    assert grant is not None
    clip = await clips.one_clip(settings, grant, wanted)
    number = standing.footage.number_of(clips.key_of(clip))
    if number is None:
        raise Forbidden(
            f"{wanted.camera_id} {wanted.started_at.isoformat()} is no part of viewing {viewing.scheduled.viewing_id}",
            rule="viewing.footage",
            remedy="stay inside the footage of the viewing, or schedule another",
            word="OutsideViewing",
        )
    return number


async def _stream(request: Request, viewing_id: UUID, clip: Clip, cut: footage.Cut) -> StreamingResponse:
    stack = AsyncExitStack()
    asked = {"range": request.headers["range"]} if "range" in request.headers else {}
    try:
        answer = await stack.enter_async_context(footage.media(settings_of(request), clip, asked, cut))
    except BaseException:
        await stack.aclose()
        raise
    engine = engine_of(request)

    async def served() -> AsyncIterator[bytes]:
        total, held_back, counted = 0, b"", False
        try:
            async for chunk in answer.aiter_raw():
                if held_back:
                    yield held_back
                total, held_back = total + len(chunk), chunk
            # Counted before the last chunk leaves: who has all bytes finds them in the viewing's count.
            await store.count(engine, viewing_id, total)
            counted = True
            yield held_back
        finally:
            await stack.aclose()
            if not counted:
                await store.count(engine, viewing_id, total - len(held_back))

    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return StreamingResponse(served(), status_code=answer.status_code, headers=headers | {"cache-control": "no-store"})


async def _ids(request: Request, viewing_id: str) -> tuple[UUID, UUID]:
    identity = uuid_of(viewing_id, "viewing")
    async with engine_of(request).connect() as tx:
        return identity, await store.request_of_viewing(tx, identity)
