"""The registers as analytics keeps them: with a filter, and whole as CSV, to whom analytics lets see them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final, Literal

import httpx
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, StreamingResponse

from services.access.console import frame, refusing, words
from services.access.console.acting import wall_clock
from services.access.console.neighbours import ask, client_of
from services.access.console.route import PageRoute
from services.access.console.visit import Visit, Visiting
from services.access.console.words import questions
from services.access.protections.wording import iso
from services.access.refusals import Unreachable
from services.access.status import names
from services.access.status.words import LANGUAGES
from services.runtime.identity import speaks_for

router = APIRouter(prefix="/console/registers", route_class=PageRoute, include_in_schema=False)

Name = Literal["catalog", "requests", "access"]
NAMES: Final = ("requests", "access", "catalog")
ROWS_SHOWN: Final = 50
# As analytics lists the steps of a request: which step, what was done, by whom, as what, when.
SIGNATURE: Final = re.compile(r"(\w+) (\w+) (p-\S+) (\w+) (\d{4}-\S+Z)")


@router.get("")
async def first(visit: Visiting) -> HTMLResponse:
    """Show the register of requests."""
    return await _shown(visit, "requests", {})


@router.get("/{name}.csv")
async def as_csv(  # noqa: PLR0917 - FastAPI names every argument
    visit: Visiting, name: Name, camera: str = "", start: str = "", end: str = "", request: str = ""
) -> StreamingResponse:
    """Hand a whole register on as analytics writes it, row by row."""
    query = _query(visit, {"camera": camera, "start": start, "end": end, "request": request})
    query |= {"zone": visit.dates.zone.key, "lang": visit.language}
    # Asked once more for one row: a refusal, or silence, is told as a page before the file begins.
    if (await ask(visit, "analytics", f"/registers/{name}", **query | {"limit": "1"})).silent:
        raise Unreachable("analytics, which keeps the registers, doesn't answer", remedy="try again")
    headers = {"content-disposition": f'attachment; filename="camledger-{name}.csv"', "cache-control": "no-store"}
    return StreamingResponse(_rows(visit, name, query), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{name}")
async def register(  # noqa: PLR0917 - FastAPI names every argument
    visit: Visiting, name: Name, camera: str = "", start: str = "", end: str = "", request: str = ""
) -> HTMLResponse:
    """Show a register, filtered."""
    return await _shown(visit, name, {"camera": camera, "start": start, "end": end, "request": request})


async def _shown(visit: Visit, name: str, typed: dict[str, str]) -> HTMLResponse:
    answer = await ask(visit, "analytics", f"/registers/{name}", **_query(visit, typed) | {"limit": str(ROWS_SHOWN)})
    told: dict[str, Any] = {"columns": [], "rows": [], "more": False} if answer.silent else answer.says
    return frame.page(
        visit,
        "register.html",
        name=name,
        names=NAMES,
        typed={"camera": "", "start": "", "end": "", "request": ""} | typed,
        told=told,
        silent=answer.silent,
        most=ROWS_SHOWN,
        lines=lambda value: lines(visit, value),
    )


def lines(visit: Visit, value: object) -> list[str]:
    """Return a value of a register as people read it: instants on the agency's clock, a list line by line."""
    if value is None or value in ("", []):
        return ["–"]
    if isinstance(value, list):
        return [_said(visit, each) for each in value]
    if isinstance(value, str) and _is_instant(value):
        return [visit.dates.instant(value, seconds=True)]
    return [_said(visit, value)]


def _said(visit: Visit, value: object) -> str:
    """Return codes in the reader's language: a signature, a word of the vocabulary, a role, a reason; else as it is."""
    text = str(value)
    if signed := SIGNATURE.fullmatch(text):
        step, act, person, role, at = signed.groups()
        told = (_word(visit, step), _word(visit, act), visit.name_of(person), _word(visit, role))
        return " ".join((*told, visit.dates.instant(at, seconds=True)))
    return _word(visit, text)


def _word(visit: Visit, code: str) -> str:
    if code in questions.VALUES:
        return words.value(code, visit.language)
    if code in names.ROLES:
        return names.role(code, LANGUAGES.index(visit.language))
    return refusing.in_short(code, visit.language) or code


def _is_instant(value: str) -> bool:
    try:
        return "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _query(visit: Visit, typed: dict[str, str]) -> dict[str, str]:
    named = {"camera": typed.get("camera", "").strip(), "request": typed.get("request", "").strip()}
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
