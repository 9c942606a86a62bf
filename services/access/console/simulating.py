"""Simulations on the policy pages: ask what another version or another date would do, watch it run, read the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from services.access.asking import desk_of
from services.access.console import frame, policies, refusing
from services.access.console.acting import wall_clock
from services.access.console.dates import Dates
from services.access.console.forms import Filled, filled
from services.access.console.icons import Drawing
from services.access.console.law import cited
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.visit import Visit, Visiting
from services.access.policies import simulations_http as api
from services.access.policies.picture.page import sheet
from services.access.refusals import Unknown, Unusable
from services.kernel.policy import Pack
from services.kernel.simulation import TOPICS_READ
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/policies", route_class=PageRoute, include_in_schema=False)

# Long enough that a short log is answered at once, short enough that nobody looks at an empty page.
ANSWER_WITHIN_S: Final = 1.5
Digest = api.Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """How far a simulation has come: the part of the log that it is at, of how many, and the records read."""

    version: int
    part: int
    parts: int
    records: int


@router.post("/{policy_id}/simulations")
async def start(visit: Visiting, policy_id: str) -> Response:
    """Start a simulation by the API's own function; a refusal comes back on the policy's page."""
    form = await filled(visit)
    pack = policies.pack_in_force(visit, policy_id)
    try:
        run = await api.begin(visit.request, pack.id, _body(visit, pack, form), visit.person)
    except ValidationError as error:
        return await policies.shown(visit, pack, form, malformed(error.errors()))
    except Refusal as refusal:
        return await policies.shown(visit, pack, form, refusal)
    return moved(f"{_below(pack)}/simulations/{run}")


@router.get("/{policy_id}/simulations/{run_id}")
async def running(visit: Visiting, policy_id: str, run_id: str) -> Response:
    """Show how far a simulation has come; once it is done, lead to its report."""
    pack = policies.pack_in_force(visit, policy_id)
    run, simulations = api.run_of(visit.request, pack.id, run_id, visit.person), api.simulations_of(visit.request)
    try:
        found = await simulations.wait(run, ANSWER_WITHIN_S)
    except Unknown:
        raise
    except Refusal as refusal:
        return _page(visit, pack, refusal=refusal)
    if found is not None:
        return moved(f"{_below(pack)}/reports/{found['report_digest']}")
    progress = simulations.progress[run]
    here = TOPICS_READ.index(progress.topic) + 1 if progress.topic in TOPICS_READ else 0
    version = progress.asked.pack.version
    going = Going(version=version, part=here, parts=len(TOPICS_READ), records=progress.records)
    return _page(visit, pack, going=going, look_at=f"{_below(pack)}/simulations/{run}")


@router.get("/{policy_id}/reports/{report_digest}.json")
async def report_file(visit: Visiting, policy_id: str, report_digest: Digest) -> Response:
    """Hand the report's own bytes out: their sha256 is the digest that an adoption cites."""
    return await api.report(visit.request, policy_id, report_digest, visit.person)


@router.get("/{policy_id}/reports/{report_digest}")
async def report_page(visit: Visiting, policy_id: str, report_digest: Digest) -> HTMLResponse:
    """Show a report: how much goes earlier or later, whose requests and holds that hits, and what goes when."""
    pack = policies.pack_in_force(visit, policy_id)
    told = json.loads(bytes((await api.report(visit.request, pack.id, report_digest, visit.person)).body))
    if told["policy"]["policy_id"] != pack.id:
        raise Unknown(f"this report is of {told['policy']['policy_id']}", remedy="open it from that policy's page")
    return _page(visit, pack, told=told, digest=report_digest, drawn=_drawn(visit, pack, told, report_digest))


def _page(visit: Visit, pack: Pack, *, refusal: Refusal | None = None, **values: object) -> HTMLResponse:
    told = refusing.told(refusal, visit.language) if refusal is not None else None
    blank = {"going": None, "told": None, "drawn": "", "digest": "", "look_at": ""}
    status = refusal.status if refusal is not None else 200
    dates = visit.dates_of(pack)
    return frame.page(
        visit,
        "simulation.html",
        status=status,
        **blank | {"pack": pack, "its_dates": dates, "refusal": told, "clauses": _clauses(visit, pack)} | values,
    )


def _clauses(visit: Visit, pack: Pack) -> list[Any]:
    """Return the clauses that say how long footage is kept: what another version would change."""
    return cited(visit, pack.retention.rules)


def _drawn(visit: Visit, pack: Pack, told: dict[str, Any], digest: str) -> Drawing:
    dates = visit.dates_of(pack)
    links = {
        "camera": "/console/cameras/{}",
        "request": "/console/requests/{}",
        "hold": "/console/events/hold/{}",
        "report": f"{_below(pack)}/reports/{{}}.json",
    }

    def link(kind: str, identity: str) -> str:
        return links[kind].format(quote(identity, safe="")) if identity else ""

    return Drawing(sheet(told, digest, visit.language, link, dates.instant, _day(dates)))


def _day(dates: Dates) -> Callable[[str], str]:
    """A day of the report is one of the policy's zone already."""
    return lambda day: dates.day(datetime.fromisoformat(day).replace(tzinfo=dates.zone))


def _body(visit: Visit, pack: Pack, form: Filled) -> api.SimulationBody:
    ends = {name: wall_clock(visit, form.one(name)) for name in ("as_of", "since") if form.one(name)}
    asked = api.SimulationBody(replaces=form.one("replaces"), **ends)
    chosen = form.one("version")
    if not chosen or (asked.replaces and chosen == str(pack.version)):
        return asked
    if not chosen.isdecimal():
        raise Unusable(f"{chosen[:20]!r} is no version", rule="policy.simulate", remedy="choose one of the list")
    offered = desk_of(visit.request).shelf.offered(pack.id)
    if offered is not None and chosen == str(offered.pack.version) and not asked.replaces:
        return asked.model_copy(update={"digest": offered.pack.digest})
    return asked.model_copy(update={"version": int(chosen)})


def _below(pack: Pack) -> str:
    return f"/console/policies/{quote(pack.id, safe='')}"
