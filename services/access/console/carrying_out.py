"""The part of a request's page on carrying out: copies, bundle and result, and what this person may do with them.

Each form hands its answers to the very route that the API has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import ValidationError

from services.access.bundle import http as bundles
from services.access.console.acting import wall_clock
from services.access.console.forms import Filled, filled, must_be_its_page
from services.access.console.requests import shown
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.visit import Visit, Visiting
from services.access.viewing import copies_http as api
from services.runtime.oidc.refusals import FreshSignInNeeded
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/requests", route_class=PageRoute, include_in_schema=False)

Why = Annotated[str, Query(max_length=1_000)]
Act = Callable[[Filled], Awaitable[object]]


@router.post("/{request_id}/copies")
async def make(visit: Visiting, request_id: str) -> Response:
    """Make a copy of each recording that was granted."""

    async def act(form: Filled) -> object:
        body = api.CopyBody(return_by=_day(visit, form.one("return_by")))
        return await api.make_copies(visit.request, request_id, body, visit.person)

    return await _carried_out(visit, request_id, act, "copied")


@router.get("/{request_id}/copies/{copy_id}/file")
async def fetch(visit: Visiting, request_id: str, copy_id: str) -> Response:
    """Send a copy by the API's own route."""
    del request_id
    return await api.copy_media(visit.request, copy_id, visit.person)


@router.post("/{request_id}/copies/{copy_id}/marked")
async def mark(visit: Visiting, request_id: str, copy_id: str) -> Response:
    """Make a marked copy of a copy."""

    async def act(form: Filled) -> object:
        body = api.MarkBody(return_by=_day(visit, form.one("return_by")))
        return await api.mark_copy(visit.request, copy_id, body, visit.person)

    return await _carried_out(visit, request_id, act, "marked")


@router.put("/{request_id}/copies/{copy_id}/redacted")
async def redact(visit: Visiting, request_id: str, copy_id: str, why: Why = "") -> Response:
    """Take in a redacted file. The page's script sends it as it is, so that nothing of it is held in memory."""
    must_be_its_page(visit)
    try:
        await api.redact_copy(visit.request, copy_id, visit.person, why)
    except Refusal as refusal:
        return await shown(visit, request_id, refusal=refusal, kept=Filled(fields={f"why.{copy_id}": [why]}))
    return moved(f"/console/requests/{request_id}", done="redacted")


@router.post("/{request_id}/copies/{copy_id}/sign")
async def sign(visit: Visiting, request_id: str, copy_id: str) -> Response:
    """Sign for a copy."""

    async def act(form: Filled) -> object:
        body = api.SignatureBody(role=form.one("role") or "applicant")
        return await api.sign_copy(visit.request, copy_id, body, visit.person)

    return await _carried_out(visit, request_id, act, "received_copy")


@router.post("/{request_id}/copies/{copy_id}/return")
async def give_back(visit: Visiting, request_id: str, copy_id: str) -> Response:
    """Note that a copy came back, or that its holder destroyed it."""

    async def act(form: Filled) -> object:
        return await api.return_copy(visit.request, copy_id, api.ReturnBody(how=form.one("how")), visit.person)

    return await _carried_out(visit, request_id, act, "given_back")


@router.post("/{request_id}/bundle")
async def bundle(visit: Visiting, request_id: str) -> Response:
    """Send all copies as one file by the API's own route."""
    form = await filled(visit)
    try:
        return await bundles.hand_out_bundle(visit.request, request_id, visit.person)
    except Refusal as refusal:
        return await shown(visit, request_id, refusal=refusal, kept=form)


@router.post("/{request_id}/receipt")
async def sign_receipt(visit: Visiting, request_id: str) -> Response:
    """Sign for every copy of the last bundle."""

    async def act(form: Filled) -> object:
        body = api.SignatureBody(role=form.one("role") or "applicant")
        return await bundles.sign_receipt(visit.request, request_id, body, visit.person)

    return await _carried_out(visit, request_id, act, "received_copy")


@router.post("/{request_id}/result")
async def sign_result(visit: Visiting, request_id: str) -> Response:
    """Sign the result, to the second."""

    async def act(form: Filled) -> object:
        body = api.ResultBody(
            act=form.one("act"),
            cameras=[each.strip() for each in form.one("cameras").split(",") if each.strip()],
            role=form.one("role"),
            **{"from": wall_clock(visit, form.one("from")), "to": wall_clock(visit, form.one("to"))},
        )
        return await api.sign_result(visit.request, request_id, body, visit.person)

    return await _carried_out(visit, request_id, act, "result")


def _day(visit: Visit, typed: str) -> datetime | None:
    """The end of a day that was typed: whoever must give back by a day has all of it."""
    return wall_clock(visit, f"{typed}T23:59:59").astimezone(UTC) if typed else None


async def _carried_out(visit: Visit, request_id: str, act: Act, done: str) -> Response:
    form = await filled(visit)
    try:
        await act(form)
    except ValidationError as error:
        return await shown(visit, request_id, refusal=malformed(error.errors()), kept=form)
    except FreshSignInNeeded:
        raise
    except Refusal as refusal:
        return await shown(visit, request_id, refusal=refusal, kept=form)
    return moved(f"/console/requests/{request_id}", done=done)
