"""The registers on paper: asked of analytics in the person's name, which says who may read them, and printed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import httpx
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.access.asking import Asking, desk_of, engine_of, settings_of
from services.access.console.dates import Dates
from services.access.forms.http import PDF, Language
from services.access.forms.register_page import Asked, pdf
from services.access.forms.register_words import Reader
from services.access.protections.wording import iso
from services.access.refusals import Unreachable
from services.access.requests.packs import policy_in_force
from services.kernel.policy import Pack
from services.runtime import peers
from services.runtime.bodies import Instant
from services.runtime.identity import Person, speaks_for
from services.runtime.refusal import Refusal
from services.runtime.turns import OneAtATime

router = APIRouter(prefix="/api/v1")

# Beyond this nobody reads paper, and laying it out takes a processor for a quarter of a minute.
ROWS_MAX: Final = 300
Name = Literal["catalog", "requests", "access"]
Word = Annotated[str, Query(max_length=200)]


@router.get("/registers/{name}.pdf", response_class=Response, responses=PDF)
async def register_pdf(  # noqa: PLR0917 - FastAPI names every argument
    request: Request,
    name: Name,
    who: Asking,
    policy: Word = "",
    camera: Word = "",
    starts_at: Annotated[Instant | None, Query(alias="from")] = None,
    ends_at: Annotated[Instant | None, Query(alias="to")] = None,
    number: Annotated[str, Query(alias="request", max_length=200)] = "",
    search: Word = "",
    lang: Language = None,
) -> Response:
    """Return a register as PDF, with columns, clock and language of an agency's policy; without one, every column.

    The rows are those of the CSV; more than 300 are refused.
    """
    async with engine_of(request).connect() as tx:
        now = await desk_of(request).clock(tx)
    asked = Asked(
        register=name,
        pack=None,
        person_id=who.person_id,
        name=who.name,
        at=now,
        starts_at=starts_at,
        ends_at=ends_at,
        camera=camera,
        request=number,
        search=search,
    )
    # Who may not read the register isn't told which policies there are.
    told = await _told(request, who, asked)
    async with engine_of(request).connect() as tx:
        pack = await policy_in_force(tx, desk_of(request), policy, now) if policy else None
    return await _laid_out(request, replace(asked, pack=pack), told, lang or _language(pack))


async def printed(request: Request, who: Person, asked: Asked, language: str) -> Response:
    """Print a register in a person's name. Raises what analytics refuses, and TooManyRows."""
    return await _laid_out(request, asked, await _told(request, who, asked), language)


async def _laid_out(request: Request, asked: Asked, told: Mapping[str, Any], language: str) -> Response:
    if told["more"]:
        raise _too_many()
    zone = asked.pack.zone if asked.pack is not None else ZoneInfo("UTC")
    reader = Reader(language=language, dates=Dates(zone=zone, language=language))
    press: OneAtATime = request.app.state.press
    content = await press.do(partial(pdf, asked, told["columns"], told["rows"], reader))
    headers = {
        "Content-Disposition": f'attachment; filename="camledger-{asked.register}.pdf"',
        "Content-Language": language,
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/pdf", headers=headers)


async def _told(request: Request, who: Person, asked: Asked) -> dict[str, Any]:
    ends = {"from": iso(asked.starts_at), "to": iso(asked.ends_at)}
    query = {"camera": asked.camera, "request": asked.request, "search": asked.search, **ends, "limit": str(ROWS_MAX)}
    try:
        async with peers.client(settings_of(request), "analytics") as analytics:
            wanted = {name: value for name, value in query.items() if value}
            answer = await analytics.get(f"/registers/{asked.register}", params=wanted, headers=speaks_for(who))
    except (httpx.HTTPError, peers.PeerUnknown) as error:
        raise _silent() from error
    if answer.is_client_error:
        raise Refusal.of_problem(answer.status_code, answer.json())
    if answer.is_error:
        raise _silent()
    told: dict[str, Any] = answer.json()
    return told


def _language(pack: Pack | None) -> Literal["en", "zh-Hant"]:
    return "en" if pack is not None and pack.language == "en" else "zh-Hant"


def _silent() -> Unreachable:
    return Unreachable("analytics, which keeps the registers, doesn't answer", remedy="try again")


def _too_many() -> Refusal:
    return Refusal(
        "TooManyRows",
        status=422,
        title="Too much for paper",
        detail=f"the register has more than {ROWS_MAX} entries for what was asked",
        rule="register.paper",
        remedy="name a shorter period, a camera or a request, or take the CSV, which has no limit",
    )
