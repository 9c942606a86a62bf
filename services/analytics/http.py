"""Registers, statistic, live windows and audit entries over HTTP. Reads only; who may read what is decided here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, replace
from datetime import tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.audit.queries import ENTRIES_MAX, entries, head
from services.analytics.certificates.compose import Office
from services.analytics.live.queries import Limits, windows
from services.analytics.registers.columns import Language
from services.analytics.registers.queries import REGISTERS, Filters, Register, rows
from services.analytics.registers.searching import SEARCH_MAX, patterns, too_wide
from services.analytics.registers.sheet import sheet
from services.analytics.registers.titles import packs_of, titles_of
from services.analytics.statistics.page import page
from services.analytics.statistics.queries import Period, Statistic, statistic
from services.kernel.policy import Pack
from services.runtime.bodies import Instant
from services.runtime.database import db_now
from services.runtime.http import Refusal
from services.runtime.identity import Person, person, require

ROWS_MAX = 10_000
"""Rows of a register as JSON in one answer; the CSV has no limit."""

# Registers name people by id and say what they looked at: for those who answer for the system, and those who audit it.
REGISTER_READERS = (
    "auditor",
    "system_manager",
    "manager_supervisor",
    "custodian",
    "supervisor",
    "records_unit",
    "ethics_office",
    "director",
    "platform_admin",
)

Name = Literal["catalog", "requests", "access"]
Reader = Annotated[Person, Depends(person)]
router = APIRouter(prefix="/api/v1")


def _filters(
    camera: str | None = None,
    starts_at: Annotated[Instant | None, Query(alias="from")] = None,
    ends_at: Annotated[Instant | None, Query(alias="to")] = None,
    request: str | None = None,
) -> Filters:
    return Filters(camera=camera, starts_at=starts_at, ends_at=ends_at, request=request)


Asked = Annotated[Filters, Depends(_filters)]


def _entries(name: Name, asked: Asked, search: Annotated[str, Query(max_length=SEARCH_MAX)] = "") -> Filters:
    words = patterns(search)
    if words and name == "catalog" and not (asked.camera or asked.request):
        raise too_wide()
    return replace(asked, words=words)


def _zone(zone: str = "UTC") -> tzinfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones is no zone
        raise Refusal(
            "UnknownZone",
            status=422,
            title="Unknown time zone",
            detail=f"{zone!r} is no IANA time zone",
            remedy="use a name such as Asia/Taipei",
        ) from error


Entries = Annotated[Filters, Depends(_entries)]
Zone = Annotated[tzinfo, Depends(_zone)]


@router.get("/registers/{name}.csv")
async def register_csv(  # noqa: PLR0917 - FastAPI names every argument
    request: Request, name: Name, reader: Reader, asked: Entries, zone: Zone, lang: Language = "both"
) -> StreamingResponse:
    """Return a whole register for a spreadsheet, row by row: it may be larger than memory."""
    require(reader, *REGISTER_READERS)
    disposition = f'attachment; filename="camledger-{name}.csv"'
    return StreamingResponse(
        _sheet(request, REGISTERS[name], asked, zone, lang),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )


async def _sheet(
    request: Request, register: Register, asked: Filters, zone: tzinfo, lang: Language
) -> AsyncIterator[bytes]:
    async with request.app.state.engine.connect() as tx:
        packs = await _packs(request, tx, register)
        found = rows(tx, register, asked)
        async for text in sheet(register.columns, found, zone=zone, language=lang, packs=packs):
            yield text.encode()


async def _packs(request: Request, tx: AsyncConnection, register: Register) -> Mapping[str, Pack]:
    office: Office = request.app.state.certificates
    return await packs_of(tx, office.packs, office.settings, register.columns)


@router.get("/registers/{name}")
async def register_json(
    request: Request,
    name: Name,
    reader: Reader,
    asked: Entries,
    limit: Annotated[int, Query(ge=1, le=ROWS_MAX)] = 1_000,
) -> dict[str, Any]:
    """Return a register with its columns; each row's ``titles`` say what the rules in it are called."""
    require(reader, *REGISTER_READERS)
    register = REGISTERS[name]
    wanted = Filters(**asdict(asked) | {"limit": limit + 1})
    async with request.app.state.engine.connect() as tx:
        found = [dict(row) async for row in rows(tx, register, wanted)]
        packs = await _packs(request, tx, register)
    columns = [asdict(heading) for heading in register.columns]
    told = [row | {"titles": titles_of(packs, row)} for row in found[:limit]]
    return {"register": name, "columns": columns, "rows": told, "more": len(found) > limit}


def _period(
    asked: Asked,
    policy: str | None = None,
    zone: str = "UTC",
) -> Period:
    _zone(zone)
    return Period(starts_at=asked.starts_at, ends_at=asked.ends_at, policy=policy, zone=zone)


async def _counted(request: Request, reader: Reader, period: Annotated[Period, Depends(_period)]) -> Statistic:
    del reader  # Any named person may see numbers.
    async with request.app.state.engine.connect() as tx:
        return await statistic(tx, period, await db_now(tx))


Counted = Annotated[Statistic, Depends(_counted)]


@router.get("/statistics")
async def statistics_json(counted: Counted) -> Statistic:
    """Return the deletion and hold statistic; ``total.receipts_missing`` must be none."""
    return counted


@router.get("/statistics.html")
async def statistics_html(counted: Counted, lang: Literal["en", "zh-Hant"] = "zh-Hant") -> HTMLResponse:
    """Return the statistic as one page for paper or screen."""
    return HTMLResponse(page(counted, lang), headers={"Cache-Control": "no-store"})


@router.get("/live")
async def live(request: Request, reader: Reader, limits: Annotated[Limits, Depends()]) -> dict[str, Any]:
    """Return the live windows: segments a minute, silent cameras, deletions an hour with their alarm."""
    del reader
    async with request.app.state.engine.connect() as tx:
        return await windows(tx, limits)


@router.get("/audit/root")
async def audit_root(request: Request, reader: Reader) -> dict[str, Any]:
    """Return size and root of the tree as they stand now; signed checkpoints come on top of them."""
    del reader
    async with request.app.state.engine.connect() as tx:
        return await head(tx, request.app.state.settings.audit_origin)


@router.get("/audit/entries")
async def audit_entries(
    request: Request,
    reader: Reader,
    after: Annotated[int, Query(ge=-1)] = -1,
    limit: Annotated[int, Query(ge=1, le=ENTRIES_MAX)] = 256,
) -> JSONResponse:
    """Return entries behind an index, each with the exact text that the tree hashes."""
    del reader
    async with request.app.state.engine.connect() as tx:
        found = await entries(tx, request.app.state.settings.audit_origin, after, limit)
    return JSONResponse({"entries": found})


@router.get("/status")
async def status(request: Request, reader: Reader) -> dict[str, Any]:
    """Return how much of the log analytics has taken in, and how far behind it is with publishing."""
    del reader
    async with request.app.state.engine.connect() as tx:
        log = await head(tx, request.app.state.settings.audit_origin)
        return {"audit": log, "as_of": await db_now(tx)}
