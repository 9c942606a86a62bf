"""The deletion queue: what goes next, as retention tells it, with exceptions first; and what must stay zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.access.console import frame
from services.access.console.dates import Dates
from services.access.console.neighbours import Answer, ask_all
from services.access.console.route import PageRoute
from services.access.console.visit import Visiting

router = APIRouter(prefix="/console/deletion", route_class=PageRoute, include_in_schema=False)

LINES_SHOWN: Final = 150
DAYS_SHOWN: Final = 14
EXCEPTION: Final = "overdue"
STAGES: Final = ("overdue", "queued", "due", "commanded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How many segments take their next step on one day of the agency, by stage."""

    name: str
    by_stage: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_stage.values())


@router.get("")
async def queue(visit: Visiting) -> HTMLResponse:
    """Show the queue; where retention doesn't answer the page says so and shows no number."""
    due, overdue, status = await ask_all(
        visit, ("retention", "/due"), ("retention", "/overdue"), ("retention", "/status")
    )
    lines: list[dict[str, Any]] = [] if due.silent else due.says
    return frame.page(
        visit,
        "deletion.html",
        silent=due.silent or overdue.silent or status.silent,
        overdue=_segments(overdue, "overdue"),
        past_maximum=_segments(overdue, "past_maximum_protected"),
        standing={} if status.silent else status.says,
        days=by_day(lines, visit.dates)[:DAYS_SHOWN],
        stages=STAGES,
        lines=exceptions_first(lines)[:LINES_SHOWN],
        number=len(lines),
        most=LINES_SHOWN,
    )


def exceptions_first(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is overdue before what goes as it should, each by the instant of its next step."""
    return sorted(lines, key=lambda line: (line["stage"] != EXCEPTION, line["next_at"] or "", line["camera_id"]))


def by_day(lines: Sequence[Mapping[str, Any]], dates: Dates) -> list[Day]:
    """Count segments by the day of the agency on which they take their next step."""
    found: dict[str, dict[str, int]] = {}
    for line in sorted((line for line in lines if line["next_at"]), key=lambda line: str(line["next_at"])):
        day = found.setdefault(dates.day(datetime.fromisoformat(line["next_at"])), {})
        day[line["stage"]] = day.get(line["stage"], 0) + int(line["segments"])
    return [Day(name=name, by_stage=stages) for name, stages in found.items()]


def _segments(answer: Answer, outcome: str) -> int | None:
    if answer.silent:
        return None
    return sum(int(line["segments"]) for line in answer.says if line["outcome"] == outcome)
