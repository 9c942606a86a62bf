"""The forms on a request's page that change its term or take a delegation back; each calls the API's own route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from pydantic import ValidationError

from services.access.console.forms import Filled, filled
from services.access.console.requests import shown
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.visit import Visit, Visiting
from services.access.requests import http as api
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/requests", route_class=PageRoute, include_in_schema=False)


@router.post("/{request_id}/term")
async def change_term(visit: Visiting, request_id: str) -> Response:
    """Stop the clock, start it again, or lengthen the term."""

    async def act(form: Filled) -> object:
        body = api.TermBody(change=form.one("change"), reason=form.one("reason"))
        return await api.change_term(visit.request, request_id, body, visit.person)

    return await _carried_out(visit, request_id, act, "term")


@router.post("/{request_id}/delegations/revoke")
async def revoke(visit: Visiting, request_id: str) -> Response:
    """Take a delegation back."""

    async def act(form: Filled) -> object:
        body = api.RevocationBody(step=form.one("step"), to=form.one("to"))
        return await api.revoke_delegation(visit.request, request_id, body, visit.person)

    return await _carried_out(visit, request_id, act, "revoked")


async def _carried_out(
    visit: Visit, request_id: str, act: Callable[[Filled], Awaitable[object]], done: str
) -> Response:
    form = await filled(visit)
    try:
        await act(form)
    except ValidationError as error:
        return await shown(visit, request_id, refusal=malformed(error.errors()), kept=form)
    except Refusal as refusal:
        return await shown(visit, request_id, refusal=refusal, kept=form)
    return moved(f"/console/requests/{request_id}", done=done)
