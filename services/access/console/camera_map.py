"""The map of camera points: every point leads to its timeline and, where there is one, to its live picture."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.access.console import frame
from services.access.console.map_points import HEIGHT, WIDTH, ZOOMS, Point, chart
from services.access.console.route import PageRoute
from services.access.console.visit import Visiting
from services.access.live import points

router = APIRouter(prefix="/console/map", route_class=PageRoute, include_in_schema=False)


@router.get("")
async def map_page(visit: Visiting, zoom: int = 1, around: str = "", policy: str = "") -> HTMLResponse:
    """Draw where the cameras stand; the same as a list beside it, for whoever doesn't see or point."""
    every = [_point(each) for each in await points.shown(visit.request)]
    rows = [each for each in every if policy in ("", each.policy_id)]
    return frame.page(
        visit,
        "map.html",
        chart=chart(rows, zoom if zoom in ZOOMS else 1, around),
        rows=rows,
        zooms=ZOOMS,
        around=around,
        policy=policy,
        policies=sorted({each.policy_id for each in every if each.policy_id}),
        width=WIDTH,
        height=HEIGHT,
        most=points.SHOWN_MAX,
    )


def _point(told: points.Shown) -> Point:
    at = None if told.latitude is None or told.longitude is None else (told.latitude, told.longitude)
    return Point(
        camera_id=told.camera_id,
        place=told.place,
        area=told.area,
        policy_id=told.policy_id,
        live=told.live,
        retired=told.retired,
        at=at,
    )
