"""The deletion queue: what goes in the next seven days by camera, as retention counts it, exceptions on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.access.console import frame
from services.access.console.neighbours import Answer, ask_each
from services.access.console.route import PageRoute
from services.access.console.visit import Visit, Visiting

router = APIRouter(prefix="/console/deletion", route_class=PageRoute, include_in_schema=False)

DAYS: Final = 7
CAMERAS_SHOWN: Final = 45
LINES_SHOWN: Final = 40
EXCEPTION: Final = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One camera's segments by the day of their next step; the first number is what should have gone by today."""

    camera_id: str
    by_day: tuple[int, ...]
    overdue: int

    @property
    def total(self) -> int:
        return sum(self.by_day)


@router.get("")
async def queue(visit: Visiting) -> HTMLResponse:
    """Show the queue; where retention doesn't answer the page says so and shows no number."""
    days, due, overdue, status = await ask_each(
        visit,
        ("retention", "/due/days", {"zone": visit.dates.zone.key, "days": str(DAYS)}),
        ("retention", "/due", {"limit": str(LINES_SHOWN)}),
        ("retention", "/overdue", {}),
        ("retention", "/status", {"counted": "false"}),
    )
    names = day_names(visit)
    rows = [] if days.silent else week(days.says, [name for name, _ in names])
    return frame.page(
        visit,
        "deletion.html",
        silent=any(each.silent for each in (days, due, overdue, status)),
        overdue=_segments(overdue, "overdue"),
        past_maximum=_segments(overdue, "past_maximum_protected"),
        standing={} if status.silent else status.says,
        names=[shown for _, shown in names],
        days=[day for day, _ in names],
        rows=rows[:CAMERAS_SHOWN],
        totals=tuple(map(sum, zip(*(row.by_day for row in rows), strict=True))),
        cameras=len(rows),
        one_day=timedelta(days=1),
        an_hour_after=lambda hour: (datetime.fromisoformat(hour) + timedelta(hours=1)).isoformat(),
        lines=[] if due.silent else exceptions_first(due.says),
    )


def day_names(visit: Visit) -> list[tuple[str, str]]:
    """Return the next days of the agency: as retention names them, and as a table's head does."""
    today = visit.dates.local(visit.now)
    days = [today + timedelta(days=number) for number in range(DAYS)]
    return [(f"{day:%Y-%m-%d}", visit.dates.weekday(day)) for day in days]


def week(counted: Sequence[Mapping[str, Any]], days: Sequence[str]) -> list[Row]:
    """Return cameras with their segments by day; those with overdue ones on top. What is due earlier counts today."""
    found: dict[str, list[int]] = {}
    overdue: dict[str, int] = {}
    for each in counted:
        day, camera, segments = str(each["day"] or days[0]), str(each["camera_id"]), int(each["segments"])
        if day > days[-1]:
            continue
        found.setdefault(camera, [0] * len(days))[days.index(max(day, days[0]))] += segments
        overdue[camera] = overdue.get(camera, 0) + (segments if each["stage"] == EXCEPTION else 0)
    rows = [Row(camera_id=camera, by_day=tuple(by), overdue=overdue[camera]) for camera, by in found.items()]
    return sorted(rows, key=lambda row: (-row.overdue, row.camera_id))


def exceptions_first(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is overdue before what goes as it should, each by the instant of its next step."""
    return sorted(lines, key=lambda line: (line["stage"] != EXCEPTION, line["next_at"] or "", line["camera_id"]))


def _segments(answer: Answer, outcome: str) -> int | None:
    if answer.silent:
        return None
    return sum(int(line["segments"]) for line in answer.says if line["outcome"] == outcome)
