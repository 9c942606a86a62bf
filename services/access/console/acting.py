"""What the forms of a request's page do: each hands its answers to the very route that the API has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from services.access.console.forms import Filled, filled
from services.access.console.requests import shown
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.visit import Visit, Visiting
from services.access.refusals import Unusable
from services.access.requests import http as api
from services.runtime.oidc.refusals import FreshSignInNeeded
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/requests", route_class=PageRoute, include_in_schema=False)

DONE: Final = {"approve": "signed", "return": "returned", "deny": "denied", "consult": "consulted"}
ANSWER: Final = "field."
ACCEPTED: Final = 202
Step = Annotated[str, Path(max_length=100)]
Act = Callable[[], Awaitable[JSONResponse]]


@router.post("/{request_id}/steps/{step}")
async def sign(visit: Visiting, request_id: str, step: Step) -> Response:
    """Sign, return or deny a step, or give an opinion on it."""
    form = await filled(visit)

    async def act() -> JSONResponse:
        body = api.StepBody(
            decision=form.one("decision"), note=form.one("note"), opinion=form.one("opinion"), fields=_fields(form)
        )
        return await api.sign_step(visit.request, request_id, step, body, visit.person)

    return await _carried_out(visit, request_id, form, act, DONE.get(form.one("decision"), "signed"))


@router.post("/{request_id}/withdraw")
async def withdraw(visit: Visiting, request_id: str) -> Response:
    """Take one's own request back."""
    form = await filled(visit)
    return await _carried_out(
        visit, request_id, form, lambda: api.withdraw_request(visit.request, request_id, visit.person), "withdrawn"
    )


@router.post("/{request_id}/close")
async def close(visit: Visiting, request_id: str) -> Response:
    """Close a request that is carried out."""
    form = await filled(visit)
    return await _carried_out(
        visit, request_id, form, lambda: api.close_request(visit.request, request_id, visit.person), "closed"
    )


@router.post("/{request_id}/protect")
async def protect(visit: Visiting, request_id: str) -> Response:
    """Let a request protect more than the pack's cap."""
    form = await filled(visit)
    return await _carried_out(
        visit, request_id, form, lambda: api.confirm_protection(visit.request, request_id, visit.person), "protected"
    )


@router.post("/{request_id}/delegations")
async def delegate(visit: Visiting, request_id: str) -> Response:
    """Let another person sign one's step for a dated time."""
    form = await filled(visit)

    async def act() -> JSONResponse:
        body = api.DelegationBody(
            step=form.one("step"),
            to=form.one("to"),
            valid_from=wall_clock(visit, form.one("from")),
            valid_to=wall_clock(visit, form.one("until")),
        )
        return await api.delegate_step(visit.request, request_id, body, visit.person)

    return await _carried_out(visit, request_id, form, act, "delegated")


def wall_clock(visit: Visit, typed: str) -> datetime:
    """Return an instant typed as the agency's wall clock shows it; raises Unusable for anything else."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=visit.dates.zone).astimezone(UTC)
    except ValueError as error:
        raise Unusable(
            f"{typed[:40]!r} is no date and time",
            rule="console.form",
            remedy="state it as year-month-day hour:minute",
            word="Malformed",
        ) from error


def _fields(form: Filled) -> dict[str, Any]:
    named = {name.removeprefix(ANSWER): form.one(name) for name in form.fields if name.startswith(ANSWER)}
    return {name: value for name, value in named.items() if value}


async def _carried_out(visit: Visit, request_id: str, form: Filled, act: Act, done: str) -> Response:
    try:
        answer = await act()
    except ValidationError as error:
        return await shown(visit, request_id, refusal=malformed(error.errors()), kept=form)
    except FreshSignInNeeded:
        raise
    except Refusal as refusal:
        return await shown(visit, request_id, refusal=refusal, kept=form)
    return moved(f"/console/requests/{request_id}", done="received" if answer.status_code == ACCEPTED else done)
