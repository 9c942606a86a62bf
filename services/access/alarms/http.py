"""Much viewing over HTTP: who opened more than is usual, and what another person found when he looked into it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from services.access.alarms import office
from services.access.alarms.decider import NOTE_MAX, WATCHERS, Alarm, decide_review
from services.access.asking import Asking, desk_of, engine_of, must_have, on_record, uuid_of
from services.access.protections.wording import iso
from services.access.stepping_up import must_be_fresh
from services.runtime.bodies import Body

router = APIRouter(prefix="/api/v1")


class LookedBody(Body):
    """What was found when looking into it, and why."""

    finding: Literal["justified", "not_justified"]
    note: Annotated[str, Field(max_length=NOTE_MAX)] = ""


@router.get("/bulk-viewings")
async def list_bulk_viewings(request: Request, who: Asking) -> dict[str, object]:
    """List what nobody has looked into, the oldest first, then what somebody has, the newest first."""
    must_have(who, WATCHERS, "see who opened more than is usual")
    codec = desk_of(request).codec
    async with engine_of(request).connect() as tx:
        is_open, all_ = await office.how_many(tx, who.person_id)
        found = await office.open_ones(tx, codec, who.person_id)
        found += await office.reviewed_ones(tx, codec, who.person_id)
    listed = [told(each) for each in found]
    return {"bulk_viewings": listed, "open": is_open, "complete": len(listed) == all_}


@router.post("/bulk-viewings/{viewing_id}/review")
async def review_bulk_viewing(request: Request, viewing_id: str, body: LookedBody, who: Asking) -> dict[str, object]:
    """Say what was found when looking into what one person opened."""
    must_be_fresh(request, who, "bulk_viewing.review")
    async with on_record(request, who, "bulk_viewing.review", viewing_id):
        role = must_have(who, WATCHERS, "look into what others opened")
        identity, note = uuid_of(viewing_id, "viewing"), body.note.strip()
        alarm = await office.review(
            engine_of(request),
            desk_of(request),
            who.actor(role),
            identity,
            lambda each: decide_review(each, who, body.finding, note),
        )
    return told(alarm)


def told(alarm: Alarm) -> dict[str, object]:
    """Return an alarm as the API tells it."""
    found, reviewed = alarm.found, alarm.reviewed
    return {
        "viewing_id": str(found.viewing_id),
        "request_id": str(found.request_id),
        "state": "open" if reviewed is None else "reviewed",
        "person": found.person,
        "found_at": iso(alarm.found_at),
        "look_by": iso(alarm.look_by),
        "window_from": iso(found.window_from),
        "viewings": found.viewings,
        "clips": found.clips,
        "clips_max": found.clips_max,
        "footage_s": found.footage_s,
        "footage_s_max": found.footage_s_max,
        "reviewer": reviewed.reviewer if reviewed is not None else "",
        "finding": reviewed.finding if reviewed is not None else "",
        "note": reviewed.note if reviewed is not None else "",
        "reviewed_at": iso(alarm.reviewed_at) if alarm.reviewed_at is not None else "",
    }
