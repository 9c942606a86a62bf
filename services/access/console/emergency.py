"""Break-glass in the console: who asked for which role and why, who agreed, what is left to review."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, cast

from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.asking import desk_of, engine_of
from services.access.console import frame
from services.access.console.forms import NOTHING, Filled, filled
from services.access.console.refusing import told
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.tasks import Task
from services.access.console.visit import Visit, Visiting
from services.access.emergency import http as api
from services.access.emergency import office
from services.access.emergency.decider import Session
from services.access.emergency.terms import AGREED_WITHIN, MAY_AGREE, MAY_ASK, MAY_REVIEW, MAY_SEE, ROLES
from services.runtime.oidc.refusals import FreshSignInNeeded
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/break-glass", route_class=PageRoute, include_in_schema=False)

HERE: Final = "/console/break-glass"
MINUTES: Final = (15, 30, 60, 120, 240)
Act = Callable[[], Awaitable[object]]


@router.get("")
async def shown(visit: Visiting, done: str = "") -> Response:
    """Show every break-glass, what waits for this person, and the form to ask."""
    return await _shown(visit, done=done if done in DONE else "")


@router.post("")
async def ask(visit: Visiting) -> Response:
    """Ask for a role."""
    form = await filled(visit)

    async def act() -> object:
        body = api.AskingBody(
            role=form.one("role"),
            why=form.one("why"),
            minutes=int(form.one("minutes") or 0) if form.one("minutes").isdecimal() else 0,
            at_once=form.one("begins") == "at_once",
        )
        return await api.ask(visit.request, body, visit.person)

    return await _carried_out(visit, form, act, "asked")


@router.post("/{session_id}/agree")
async def agree(visit: Visiting, session_id: str) -> Response:
    """Agree as the second person."""
    form = await filled(visit)
    return await _carried_out(visit, form, lambda: api.agree(visit.request, session_id, visit.person), "agreed")


@router.post("/{session_id}/decline")
async def decline(visit: Visiting, session_id: str) -> Response:
    """Decline as the second person."""
    form = await filled(visit)
    return await _carried_out(visit, form, lambda: api.decline(visit.request, session_id, visit.person), "declined")


@router.post("/{session_id}/end")
async def end(visit: Visiting, session_id: str) -> Response:
    """Give it back."""
    form = await filled(visit)
    return await _carried_out(visit, form, lambda: api.end(visit.request, session_id, visit.person), "ended")


@router.post("/{session_id}/review")
async def review(visit: Visiting, session_id: str) -> Response:
    """Say what the review found."""
    form = await filled(visit)

    async def act() -> object:
        body = api.ReviewBody.model_validate({"finding": form.one("finding"), "note": form.one("note")})
        return await api.review(visit.request, session_id, body, visit.person)

    return await _carried_out(visit, form, act, "reviewed")


DONE: Final = ("asked", "agreed", "declined", "ended", "reviewed")


async def tasks(tx: AsyncConnection, visit: Visit) -> list[Task]:
    """Return what of break-glass waits for a person: to agree, or to review what somebody did."""
    found: list[Task] = []
    for each in await office.read(tx, desk_of(visit.request).codec):
        if to_do := waits_for(visit, each):
            due = each.review_by if to_do == "review" else each.asked_at + AGREED_WITHIN
            about = {"person": visit.name_of(each.asked.person)}
            to = f"{HERE}#g-{each.asked.session_id}"
            found.append(Task(title=f"task_glass_{to_do}", about=about, to=to, act="open", due=due))
    return found


def waits_for(visit: Visit, session: Session) -> str:
    """Return the word of what a person has to do about a break-glass, "" for nothing."""
    if session.asked.person == visit.person.person_id:
        return ""
    if session.waits(visit.now) and visit.person.roles & MAY_AGREE:
        return "agree"
    is_over = session.opened is not None and not session.is_open(visit.now)
    return "review" if is_over and session.review_by is not None and visit.person.roles & MAY_REVIEW else ""


async def _carried_out(visit: Visit, form: Filled, act: Act, done: str) -> Response:
    try:
        await act()
    except FreshSignInNeeded:
        raise
    except ValidationError as error:
        return await _shown(visit, form=form, refusal=malformed(error.errors()))
    except Refusal as refusal:
        return await _shown(visit, form=form, refusal=refusal)
    return moved(HERE, done=done)


async def _shown(visit: Visit, *, done: str = "", form: Filled = NOTHING, refusal: Refusal | None = None) -> Response:
    may_see = bool(visit.person.roles & MAY_SEE)
    async with engine_of(visit.request).connect() as tx:
        sessions = await office.read(tx, desk_of(visit.request).codec) if may_see else []
    rows = [_row(visit, each) for each in reversed(sessions)]
    return frame.page(
        visit,
        "break_glass.html",
        status=refusal.status if refusal is not None else 200,
        rows=rows,
        roles=sorted(ROLES - visit.person.roles),
        minutes=MINUTES,
        may_ask=bool(visit.person.roles & MAY_ASK),
        may_see=may_see,
        form=form,
        done=done,
        refusal=told(refusal, visit.language) if refusal is not None else None,
    )


def _row(visit: Visit, session: Session) -> dict[str, Any]:
    row = api.told(session, visit.now)
    instants = {name: _instant(row[name]) for name in ("asked_at", "ends_at", "review_by")}
    own = session.asked.person == visit.person.person_id
    open_ = row["state"] in ("open", "waiting")
    return row | instants | {"waits": waits_for(visit, session), "may_end": open_ and (own or _agrees(visit))}


def _agrees(visit: Visit) -> bool:
    return bool(visit.person.roles & MAY_AGREE)


def _instant(said: object) -> datetime | None:
    return datetime.fromisoformat(cast("str", said)) if said else None
