"""Break-glass over HTTP: ask, agree or decline, give back, review, and see all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from pydantic import Field

from services.access.asking import Asking, desk_of, engine_of, must_have, on_record, uuid_of
from services.access.emergency import office
from services.access.emergency.decider import (
    Event,
    Session,
    decide_agreeing,
    decide_asking,
    decide_declining,
    decide_ending,
    decide_review,
    one,
)
from services.access.emergency.terms import MAY_AGREE, MAY_REVIEW, MAY_SEE
from services.access.protections.wording import iso
from services.access.stepping_up import must_be_fresh
from services.kernel.events import BreakGlassAsked
from services.runtime.bodies import Body
from services.runtime.identity import Person

router = APIRouter(prefix="/api/v1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One step of one session: who may take it, what it is called, and what follows."""

    may: frozenset[str]
    name: str
    decide: Callable[[Session, datetime], Sequence[Event]]


class AskingBody(Body):
    """Which role, why, for how long; at once (another person reviews it) or when a second person agrees."""

    role: str = Field(max_length=60)
    why: Annotated[str, Field(max_length=500)]
    minutes: int = Field(default=60, ge=1, le=100_000)
    at_once: bool = False


class ReviewBody(Body):
    """What the review found."""

    finding: Literal["justified", "not_justified"]
    note: Annotated[str, Field(max_length=500)] = ""


@router.get("/break-glass")
async def list_break_glass(request: Request, who: Asking) -> dict[str, object]:
    """List every break-glass, the newest first."""
    must_have(who, MAY_SEE, "see break-glass")
    async with engine_of(request).connect() as tx:
        sessions, now = await office.read(tx, desk_of(request).codec), await desk_of(request).clock(tx)
    return {"break_glass": [told(each, now) for each in reversed(sessions)], "asked_by": who.person_id}


@router.post("/break-glass", status_code=201)
async def ask(request: Request, body: AskingBody, who: Asking) -> dict[str, object]:
    """Ask for a role of an emergency."""
    must_be_fresh(request, who, "break_glass.open")
    async with on_record(request, who, "break_glass.open", body.role):
        asked = BreakGlassAsked(
            session_id=uuid4(),
            person=who.person_id,
            role=body.role,
            why=body.why.strip(),
            minutes=body.minutes,
            at_once=body.at_once,
        )
        actor = who.actor()
        await office.carry_out(
            engine_of(request), desk_of(request), actor, lambda all_, now: decide_asking(all_, asked, who, now)
        )
    return await _told(request, asked.session_id)


@router.post("/break-glass/{session_id}/agree")
async def agree(request: Request, session_id: str, who: Asking) -> dict[str, object]:
    """Agree as the second person: it begins now."""
    must_be_fresh(request, who, "break_glass.agree")
    wanted = Wanted(may=MAY_AGREE, name="agree", decide=lambda each, now: decide_agreeing(each, who, now))
    return await _step(request, session_id, who, wanted)


@router.post("/break-glass/{session_id}/decline")
async def decline(request: Request, session_id: str, who: Asking) -> dict[str, object]:
    """Decline as the second person."""
    wanted = Wanted(may=MAY_AGREE, name="decline", decide=lambda each, now: decide_declining(each, who, now))
    return await _step(request, session_id, who, wanted)


@router.post("/break-glass/{session_id}/end")
async def end(request: Request, session_id: str, who: Asking) -> dict[str, object]:
    """Give it back, or take it from its holder."""
    wanted = Wanted(may=MAY_SEE, name="end", decide=lambda each, now: decide_ending(each, who, now))
    return await _step(request, session_id, who, wanted)


@router.post("/break-glass/{session_id}/review")
async def review(request: Request, session_id: str, body: ReviewBody, who: Asking) -> dict[str, object]:
    """Say what was found when looking at what was done under it."""
    must_be_fresh(request, who, "break_glass.review")

    def decide(each: Session, now: datetime) -> list[Event]:
        return decide_review(each, who, body.finding, body.note.strip(), now)

    return await _step(request, session_id, who, Wanted(may=MAY_REVIEW, name="review", decide=decide))


async def _step(request: Request, session_id: str, who: Person, wanted: Wanted) -> dict[str, object]:
    async with on_record(request, who, f"break_glass.{wanted.name}", session_id):
        must_have(who, wanted.may, f"{wanted.name} break-glass")
        identity = uuid_of(session_id, "break-glass")

        def one_of(sessions: Sequence[Session], now: datetime) -> Sequence[Event]:
            return wanted.decide(one(sessions, identity), now)

        await office.carry_out(engine_of(request), desk_of(request), who.actor(), one_of)
    return await _told(request, identity)


async def _told(request: Request, session_id: UUID) -> dict[str, object]:
    async with engine_of(request).connect() as tx:
        sessions, now = await office.read(tx, desk_of(request).codec), await desk_of(request).clock(tx)
    return told(one(sessions, session_id), now)


def told(session: Session, now: datetime) -> dict[str, object]:
    """Return a break-glass as the API tells it."""
    asked, opened, reviewed = session.asked, session.opened, session.reviewed
    return {
        "session_id": str(asked.session_id),
        "state": "waiting" if session.waits(now) else "open" if session.is_open(now) else "over",
        "person": asked.person,
        "role": asked.role,
        "why": asked.why,
        "asked_at": iso(session.asked_at),
        "second_person": opened.second_person if opened is not None else "",
        "ends_at": iso(opened.ends_at) if opened is not None else "",
        "ended": session.ended,
        "review_by": iso(session.review_by) if session.review_by is not None else "",
        "overdue": session.is_overdue(now),
        "reviewer": reviewed.reviewer if reviewed is not None else "",
        "finding": reviewed.finding if reviewed is not None else "",
        "note": reviewed.note if reviewed is not None else "",
    }
