"""The cameras, and one camera's timeline: custody's footage, retention's queue, our own holds and viewings."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.asking import desk_of, engine_of
from services.access.console import duties, frame, hold_words, timeline
from services.access.console.dates import DAY
from services.access.console.neighbours import ask, ask_each
from services.access.console.route import PageRoute
from services.access.console.timeline import Band, Window
from services.access.console.visit import Visit, Visiting
from services.access.protections import http as holds_api
from services.access.protections import releasing, store
from services.access.protections.wording import iso
from services.access.refusals import Unknown
from services.access.tables import camera, fact
from services.kernel.binding import bound_now
from services.kernel.events import FootageViewed

router = APIRouter(prefix="/console/cameras", route_class=PageRoute, include_in_schema=False)

LENGTHS: Final = (105, 30, 7, 1)
HOURS_MAX: Final = 4_000  # queued hours of one camera
HOLDS_MAX: Final = 200
VIEWINGS_MAX: Final = 200
CAMERAS_SHOWN: Final = 300


@router.get("")
async def list_page(visit: Visiting) -> HTMLResponse:
    """Show every camera that access knows, with the policy that binds it now."""
    async with engine_of(visit.request).connect() as tx:
        rows = list((await tx.execute(select(camera).order_by(camera.c.camera_id).limit(CAMERAS_SHOWN))).mappings())
        bound = bound_now(await store.camera_bindings(tx), visit.now)
    said = await ask(visit, "ingest", "/camera-records")
    known = {} if said.silent else duties.told(said.says["records"])
    return frame.page(
        visit,
        "cameras.html",
        rows=rows,
        bound=bound,
        most=CAMERAS_SHOWN,
        standing={name: _standing(visit, bound.get(name, ""), each) for name, each in known.items()},
        silent=said.silent,
    )


def _standing(visit: Visit, policy_id: str, camera: duties.Recorded) -> list[duties.Standing]:
    pack = visit.packs.get(policy_id)
    return duties.standings(pack, camera, visit.now) if pack is not None else []


@router.get("/{camera_id}")
async def camera_page(visit: Visiting, camera_id: str, days: int = 30, to: str = "") -> HTMLResponse:
    """Draw a camera's window of time to scale, and tell the same intervals as a table."""
    async with engine_of(visit.request).connect() as tx:
        row = (await tx.execute(select(camera).where(camera.c.camera_id == camera_id))).mappings().first()
        pack = await releasing.pack_of_camera(tx, desk_of(visit.request), camera_id)
        viewed = await _viewed(tx, visit, camera_id) if visit.person.is_insider else []
        others = list(await tx.scalars(select(camera.c.camera_id).order_by(camera.c.camera_id).limit(CAMERAS_SHOWN)))
    if row is None:
        raise Unknown(f"no camera {camera_id[:40]!r} is registered", remedy="choose one from the list")
    length = days if days in LENGTHS else LENGTHS[1]
    window = _window(visit, length, to)
    ends = {"from": iso(window.starts) or "", "to": iso(window.ends) or ""}
    asked = ask_each(
        visit,
        ("ingest", "/bands", {"camera": camera_id, **ends}),
        ("retention", "/due", {"camera": camera_id, "limit": str(HOURS_MAX)}),
        ("ingest", "/gaps", {"camera": camera_id, "most": "1000"}),
    )
    own = holds_api.list_holds(visit.request, visit.person, active=True, camera=camera_id, most=HOLDS_MAX)
    (told, due, gaps), listed = await asyncio.gather(asked, own)
    holds = cast("list[dict[str, Any]]", listed["holds"])
    held = [each | {"matter": hold_words.matter(each["matter"], visit.language)} for each in holds]
    queued = timeline.queued_hours(due.says, camera_id) if not due.silent else frozenset()
    bands = [] if told.silent else told.says["bands"]
    footage = timeline.footage(bands, queued) + timeline.gaps([] if gaps.silent else gaps.says["gaps"])
    protected = timeline.protections(held, camera_id, row["area"], visit.now, window.ends)
    return frame.page(
        visit,
        "camera.html",
        camera=row,
        others=others,
        pack=pack,
        window=window,
        length=length,
        lengths=LENGTHS,
        steps=_steps(visit, camera_id, window, length),
        silent=sorted({name for name, said in (("ingest", told), ("retention", due), ("ingest", gaps)) if said.silent}),
        cut_off=not told.silent and not told.says["complete"],
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


async def _viewed(tx: AsyncConnection, visit: Visit, camera_id: str) -> list[Band]:
    """The event names its cameras in plain letters: the rest is never unpacked."""
    names_it = func.position(func.convert_to(camera_id, "UTF8").op("IN")(fact.c.value)) > 0
    wanted = select(fact.c.value).where(fact.c.event_type == FootageViewed.__name__, names_it)
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
