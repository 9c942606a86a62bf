"""The cameras, and one camera's timeline: custody's footage, retention's queue, our own holds and viewings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.asking import desk_of, engine_of
from services.access.console import frame, timeline
from services.access.console.dates import DAY
from services.access.console.neighbours import Answer, ask
from services.access.console.route import PageRoute
from services.access.console.timeline import Band, Window
from services.access.console.visit import Visit, Visiting
from services.access.protections import http as holds_api
from services.access.protections import releasing, store
from services.access.protections.wording import iso
from services.access.refusals import Unknown
from services.access.tables import camera, fact
from services.kernel.events import FootageViewed

router = APIRouter(prefix="/console/cameras", route_class=PageRoute, include_in_schema=False)

LENGTHS: Final = (105, 30, 7, 1)
PAGE, PAGES_MAX = 5_000, 4
VIEWINGS_MAX: Final = 2_000
CAMERAS_SHOWN: Final = 300


@router.get("")
async def list_page(visit: Visiting) -> HTMLResponse:
    """Show every camera that access knows, with the policy that binds it."""
    async with engine_of(visit.request).connect() as tx:
        rows = list((await tx.execute(select(camera).order_by(camera.c.camera_id).limit(CAMERAS_SHOWN))).mappings())
        bound = {each.camera_id: each.policy_id for each in await store.camera_bindings(tx)}
    return frame.page(visit, "cameras.html", rows=rows, bound=bound, most=CAMERAS_SHOWN)


@router.get("/{camera_id}")
async def camera_page(visit: Visiting, camera_id: str, days: int = 30, to: str = "") -> HTMLResponse:
    """Draw a camera's window of time to scale, and tell the same intervals as a table."""
    async with engine_of(visit.request).connect() as tx:
        row = (await tx.execute(select(camera).where(camera.c.camera_id == camera_id))).mappings().first()
        pack = await releasing.pack_of_camera(tx, desk_of(visit.request), camera_id)
        viewed = await _viewed(tx, visit, camera_id) if visit.person.is_insider else []
    if row is None:
        raise Unknown(f"no camera {camera_id[:40]!r} is registered", remedy="choose one from the list")
    length = days if days in LENGTHS else LENGTHS[1]
    window = _window(visit, length, to)
    segments, cut_off = await _segments(visit, camera_id, window)
    due, gaps = (
        await ask(visit, "retention", "/due"),
        await ask(visit, "ingest", "/gaps", camera=camera_id, most="1000"),
    )
    held = cast("list[dict[str, Any]]", (await holds_api.list_holds(visit.request, visit.person))["holds"])
    queued = timeline.queued_hours(due.says, camera_id) if not due.silent else frozenset()
    footage = timeline.footage(segments.says or (), queued) + timeline.gaps([] if gaps.silent else gaps.says["gaps"])
    protected = timeline.protections(held, camera_id, row["area"], visit.now, window.ends)
    return frame.page(
        visit,
        "camera.html",
        camera=row,
        pack=pack,
        window=window,
        length=length,
        lengths=LENGTHS,
        steps=_steps(visit, camera_id, window, length),
        silent=sorted(
            {name for name, said in (("ingest", segments), ("retention", due), ("ingest", gaps)) if said.silent}
        ),
        cut_off=cut_off,
        segments_max=PAGE * PAGES_MAX,
        lanes=(window.place(footage), window.place(sorted(protected, key=timeline.in_front)), window.place(viewed)),
        limits=_limits(visit, pack, window),
        rows=timeline.table([*footage, *protected, *viewed], window),
        rows_max=timeline.BANDS_MAX,
    )


def _window(visit: Visit, days: int, to: str) -> Window:
    """The window ends with a day of the agency; today's is the last."""
    today = visit.dates.local(visit.now).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    try:
        ends = datetime.fromisoformat(to).replace(tzinfo=visit.dates.zone) if to else today
        return Window(starts=ends - timedelta(days=days), ends=ends)
    except (ValueError, OverflowError):
        return Window(starts=today - timedelta(days=days), ends=today)


def _steps(visit: Visit, camera_id: str, window: Window, days: int) -> dict[str, str]:
    path = f"/console/cameras/{quote(camera_id, safe='')}?days={days}&to="
    later = min(window.ends + timedelta(days=days), visit.dates.local(visit.now) + DAY)
    earlier = window.ends - timedelta(days=days)
    return {"earlier": f"{path}{earlier:%Y-%m-%d}", "later": f"{path}{later:%Y-%m-%d}", "to": f"{window.ends:%Y-%m-%d}"}


async def _segments(visit: Visit, camera_id: str, window: Window) -> tuple[Answer, bool]:
    """Ask custody page by page, as far as a page of ours bears; True says that there is more."""
    found: dict[tuple[str, int], Mapping[str, Any]] = {}
    start = window.starts
    for _ in range(PAGES_MAX):
        query = {"camera": camera_id, "from": iso(start) or "", "to": iso(window.ends) or "", "limit": str(PAGE)}
        answer = await ask(visit, "ingest", "/segments", **query)
        if answer.silent:
            return answer, False
        page = answer.says["segments"]
        found |= {(each["started_at"], each["generation"]): each for each in page}
        if len(page) < PAGE:
            return Answer(says=list(found.values())), False
        start = datetime.fromisoformat(page[-1]["started_at"])
    return Answer(says=list(found.values())), True


async def _viewed(tx: AsyncConnection, visit: Visit, camera_id: str) -> list[Band]:
    wanted = select(fact.c.value).where(fact.c.event_type == FootageViewed.__name__)
    rows = await tx.scalars(wanted.order_by(fact.c.recorded_at.desc()).limit(VIEWINGS_MAX))
    events = [desk_of(visit.request).codec.decode(value).event for value in rows]
    return [
        Band(
            kind="viewed",
            starts=event.footage_from,
            ends=event.footage_to,
            about=visit.name_of(event.person),
            link=f"/console/requests/{event.request_id}",
        )
        for event in events
        if isinstance(event, FootageViewed) and camera_id in {line.camera_id for line in event.footage}
    ]


def _limits(visit: Visit, pack: Any, window: Window) -> list[tuple[str, float]]:  # noqa: ANN401
    if pack is None:
        return []
    named = zip(("keep_at_least", "gone_by"), timeline.limits(pack, visit.now), strict=True)
    return [(word, window.x(at)) for word, at in named if at is not None and window.starts < at < window.ends]
