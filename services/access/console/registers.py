"""The registers as analytics keeps them: with a filter, and whole as CSV, to whom analytics lets see them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, Literal

import httpx
from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from services.access.console import frame
from services.access.console.acting import wall_clock
from services.access.console.behind import behind
from services.access.console.neighbours import ask, client_of
from services.access.console.route import PageRoute
from services.access.console.visit import Visit, Visiting
from services.access.forms import register_http as paper
from services.access.forms.register_page import Asked
from services.access.forms.register_words import Reader
from services.access.protections.wording import iso
from services.access.refusals import Unreachable
from services.runtime.identity import speaks_for

router = APIRouter(prefix="/console/registers", route_class=PageRoute, include_in_schema=False)

Name = Literal["catalog", "requests", "access"]
TYPED: Final = ("camera", "start", "end", "request", "search")
NAMES: Final = ("requests", "access", "catalog")
ROWS_SHOWN: Final = 50
COLUMNS_SEEN: Final = 7  # as many as 1280 pixels show at once; the others are folded below their row
NOTHING: Final[tuple[object, ...]] = (None, "", [])


@router.get("")
async def first(visit: Visiting) -> HTMLResponse:
    """Show the register of requests."""
    return await _shown(visit, "requests", {})


@router.get("/{name}.csv")
async def as_csv(  # noqa: PLR0917 - FastAPI names every argument
    visit: Visiting, name: Name, camera: str = "", start: str = "", end: str = "", request: str = "", search: str = ""
) -> StreamingResponse:
    """Hand a whole register on as analytics writes it, row by row."""
    query = _query(visit, {"camera": camera, "start": start, "end": end, "request": request, "search": search})
    query |= {"zone": visit.dates.zone.key, "lang": visit.language}
    # Asked once more for one row: a refusal, or silence, is told as a page before the file begins.
    if (await ask(visit, "analytics", f"/registers/{name}", **query | {"limit": "1"})).silent:
        raise Unreachable("analytics, which keeps the registers, doesn't answer", remedy="try again")
    headers = {"content-disposition": f'attachment; filename="camledger-{name}.csv"', "cache-control": "no-store"}
    return StreamingResponse(_rows(visit, name, query), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{name}.pdf")
async def as_pdf(  # noqa: PLR0917 - FastAPI names every argument
    visit: Visiting, name: Name, camera: str = "", start: str = "", end: str = "", request: str = "", search: str = ""
) -> Response:
    """Print a register in the language of the page, with the columns of this agency's policy."""
    asked = Asked(
        register=name,
        pack=visit.pack,
        person_id=visit.person.person_id,
        name=visit.person.name,
        at=visit.now,
        starts_at=wall_clock(visit, start) if start else None,
        ends_at=wall_clock(visit, end) if end else None,
        camera=camera.strip(),
        request=request.strip(),
        search=search.strip(),
    )
    return await paper.printed(visit.request, visit.person, asked, visit.language)


@router.get("/{name}")
async def register(  # noqa: PLR0917 - FastAPI names every argument
    visit: Visiting, name: Name, camera: str = "", start: str = "", end: str = "", request: str = "", search: str = ""
) -> HTMLResponse:
    """Show a register, filtered."""
    typed = {"camera": camera, "start": start, "end": end, "request": request, "search": search}
    return await _shown(visit, name, typed)


async def _shown(visit: Visit, name: str, typed: dict[str, str]) -> HTMLResponse:
    answer = await ask(visit, "analytics", f"/registers/{name}", **_query(visit, typed) | {"limit": str(ROWS_SHOWN)})
    told: dict[str, Any] = {"columns": [], "rows": [], "more": False} if answer.silent else answer.says
    return frame.page(
        visit,
        "register.html",
        name=name,
        names=NAMES,
        typed=dict.fromkeys(TYPED, "") | typed,
        told=told,
        columns=filled(told["columns"], told["rows"]),
        empty=[each for each in told["columns"] if each not in filled(told["columns"], told["rows"])],
        called=lambda column: column["zh" if visit.language == "zh-Hant" else "en"],
        wide=COLUMNS_SEEN,
        silent=answer.silent,
        most=ROWS_SHOWN,
        cell=Reader(language=visit.language, dates=visit.dates, name_of=visit.name_of).cell,
        behind_row=lambda row: behind_row(name, row),
    )


def filled(columns: Sequence[Mapping[str, str]], rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, str]]:
    """Return the columns that any of the rows has a value in; the first one names the row and always stands."""
    return [
        each for n, each in enumerate(columns) if n == 0 or any(row.get(each["name"]) not in NOTHING for row in rows)
    ]


def behind_row(register: str, row: Mapping[str, Any]) -> str:
    """Return the address of the events that filled a row; "" where it names nothing that has a page of them."""
    if register == "catalog":
        span = {"from": row.get("starts_at"), "to": row.get("ends_at")}
        return behind("footage", row["camera"], span) if row.get("camera") else ""
    number = str(row.get("number" if register == "requests" else "request") or "")
    if number:
        return behind("request", number)
    return behind("project", row["project"]) if row.get("project") else ""


def _query(visit: Visit, typed: dict[str, str]) -> dict[str, str]:
    named = {name: typed.get(name, "").strip() for name in ("camera", "request", "search")}
    ends = {"from": typed.get("start", ""), "to": typed.get("end", "")}
    named |= {name: iso(wall_clock(visit, each)) or "" for name, each in ends.items() if each}
    return {name: value for name, value in named.items() if value}


async def _rows(visit: Visit, name: str, query: dict[str, str]) -> AsyncIterator[bytes]:
    headers = speaks_for(visit.person)
    try:
        client = client_of(visit, "analytics")
        async with client.stream("GET", f"/registers/{name}.csv", params=query, headers=headers) as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                yield chunk
    except httpx.HTTPError as error:
        # The answer has begun: breaking it off is how the browser learns that the file isn't whole.
        raise Unreachable(f"analytics broke off ({type(error).__name__})", remedy="try again") from error
