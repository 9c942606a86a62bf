"""The page of the events behind a number: who, when, what, where on the log, and the event as it is recorded."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from services.access.console import event_sources, frame
from services.access.console.behind import Kind, back
from services.access.console.event_sources import Asked
from services.access.console.numbers import short
from services.access.console.route import PageRoute
from services.access.console.visit import Visiting
from services.access.refusals import Unknown

router = APIRouter(prefix="/console/events", route_class=PageRoute, include_in_schema=False)

# What has an id of its own is called by it; everything else by its name.
BY_ID = ("request", "hold")
BY_PART = ("copy", "viewing")
OWN_NAMES = {"overdue": "events_overdue", "past_maximum_protected": "events_past_maximum", "week": "events_week"}
# What may well be counted, and have no event yet: an empty list is an answer.
MAY_BE_EMPTY = ("footage", "due", "log", "type")
Words = Annotated[str, Query(max_length=200)]


@router.get("/{kind}/{identity}")
async def events_page(  # noqa: PLR0917 - FastAPI names every argument
    visit: Visiting,
    kind: Kind,
    identity: str,
    camera: Words = "",
    starts: Annotated[str, Query(alias="from", max_length=60)] = "",
    ends: Annotated[str, Query(alias="to", max_length=60)] = "",
) -> HTMLResponse:
    """Show the newest events; each owner decides which of them this person may see."""
    asked = Asked(kind=kind, identity=identity, camera=camera, starts=starts, ends=ends)
    found = await event_sources.found(visit, asked)
    if not found.rows and not found.silent and kind not in MAY_BE_EMPTY:
        raise Unknown(f"no events of a {kind} {identity[:40]!r}", remedy="follow a link of the console")
    return frame.page(
        visit,
        "events.html",
        kind=kind,
        asked=asked,
        number=_called(kind, identity),
        own_name=OWN_NAMES.get(identity, "") if kind == "due" else "",
        back=back(kind, identity),
        found=found,
        most=event_sources.EVENTS_SHOWN,
    )


def _called(kind: Kind, identity: str) -> str:
    if kind in BY_PART:
        return short(identity.partition(":")[2])
    return short(identity) if kind in BY_ID else identity
