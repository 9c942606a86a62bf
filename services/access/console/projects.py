"""Live projects: the five decisions as they stand, and the form of the one that is this person's to make."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import ValidationError

from services.access.asking import desk_of, engine_of
from services.access.console import frame, project_form, zones
from services.access.console.acting import wall_clock
from services.access.console.cameras_of import Camera, bound_cameras
from services.access.console.door import may_come
from services.access.console.forms import NOTHING, Filled, filled
from services.access.console.project_form import Turn
from services.access.console.refusing import told
from services.access.console.requests import LANGUAGE_OF
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.visit import Visit, Visiting, people_of
from services.access.forms import http as sheets
from services.access.ledger import history
from services.access.policies import project_office
from services.access.policies import projects_http as api
from services.access.policies.project_file import CHAIN, ProjectFile
from services.access.refusals import Unusable
from services.kernel.events import ProjectDecided
from services.kernel.policy import Pack
from services.runtime.oidc.refusals import FreshSignInNeeded
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/projects", route_class=PageRoute, include_in_schema=False)

ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
ProjectId = Annotated[str, Path(pattern=f"^{ID.pattern}$")]
DONE: Final = frozenset({"decided", "taken_back"})
PEOPLE_MAX: Final = 150
Act = Callable[[], Awaitable[JSONResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One decision on the log, with the instant at which it came there."""

    event: ProjectDecided
    at: datetime


@router.get("")
async def list_page(visit: Visiting) -> HTMLResponse:
    """Show the projects that one has a part in, and the form that sets up a new one."""
    return await _listed(visit)


@router.post("")
async def set_up(visit: Visiting) -> Response:
    """Set up a project group: the first decision."""
    form = await filled(visit)
    project_id = form.one("project_id")

    async def act() -> JSONResponse:
        body = api.ProjectBody(
            policy_id=form.one("policy_id"),
            decision="group",
            record=project_form.record_of(_set_up_in(visit, form), form),
        )
        return await api.decide_on_project(visit.request, _name(project_id), body, visit.person)

    try:
        await act()
    except ValidationError as error:
        return await _listed(visit, form=form, refusal=malformed(error.errors()))
    except FreshSignInNeeded:
        raise
    except Refusal as refusal:
        return await _listed(visit, form=form, refusal=refusal)
    return moved(f"/console/projects/{project_id}", done="decided")


@router.get("/{project_id}")
async def project_page(visit: Visiting, project_id: ProjectId, done: str = "") -> HTMLResponse:
    """Show one project."""
    return await _shown(visit, project_id, done=done if done in DONE else "")


@router.get("/{project_id}/form.pdf")
async def sheet(visit: Visiting, project_id: ProjectId) -> Response:
    """Print the project's sheet in the language of the page."""
    return await sheets.project_form(visit.request, project_id, visit.person, LANGUAGE_OF[visit.language])


@router.post("/{project_id}/decisions")
async def decide(visit: Visiting, project_id: ProjectId) -> Response:
    """Make a decision, or make one again that narrows."""
    form = await filled(visit)

    async def act() -> JSONResponse:
        _, pack = await _project(visit, project_id)
        body = api.ProjectBody(
            policy_id=pack.id,
            decision=form.one("decision"),
            cameras=tuple(form.all("cameras")),
            members=tuple(form.all("members")),
            networks=tuple(form.one("networks").replace(",", " ").split()),
            period_from=wall_clock(visit, form.one("from")) if form.one("from") else None,
            period_to=wall_clock(visit, form.one("to")) if form.one("to") else None,
        )
        return await api.decide_on_project(visit.request, project_id, body, visit.person)

    return await _carried_out(visit, project_id, form, act, "decided")


@router.post("/{project_id}/withdrawals")
async def withdraw(visit: Visiting, project_id: ProjectId) -> Response:
    """Take a decision back."""
    form = await filled(visit)

    async def act() -> JSONResponse:
        body = api.WithdrawalBody(decision=form.one("decision"), reason=form.one("reason"))
        return await api.withdraw_decision(visit.request, project_id, body, visit.person)

    return await _carried_out(visit, project_id, form, act, "taken_back")


async def _carried_out(visit: Visit, project_id: str, form: Filled, act: Act, done: str) -> Response:
    try:
        await act()
    except ValidationError as error:
        return await _shown(visit, project_id, form=form, refusal=malformed(error.errors()))
    except FreshSignInNeeded:
        raise
    except Refusal as refusal:
        return await _shown(visit, project_id, form=form, refusal=refusal)
    return moved(f"/console/projects/{project_id}", done=done)


async def _listed(visit: Visit, *, form: Filled = NOTHING, refusal: Refusal | None = None) -> HTMLResponse:
    async with engine_of(visit.request).connect() as tx:
        rows = await project_office.listed(tx, desk_of(visit.request), visit.person)
    pack = _set_up_in(visit, form)
    return frame.page(
        visit,
        "projects.html",
        status=refusal.status if refusal is not None else 200,
        rows=rows,
        zones=zones.named(visit.dates, [visit.dates_of(of) for _, of in rows]),
        pack=pack,
        questions=project_form.record_questions(pack) if pack is not None else [],
        people=_people(visit),
        form=form,
        refusal=told(refusal, visit.language) if refusal is not None else None,
    )


async def _shown(
    visit: Visit, project_id: str, *, done: str = "", form: Filled = NOTHING, refusal: Refusal | None = None
) -> HTMLResponse:
    project, pack = await _project(visit, project_id)
    async with engine_of(visit.request).connect() as tx:
        cameras: list[Camera] = await bound_cameras(tx, pack.id, visit.now)
        past = await history(tx, desk_of(visit.request).codec, project_office.PREFIX + project_id)
    made = [Made(event=e.event, at=e.envelope.recorded_at) for e in past if isinstance(e.event, ProjectDecided)]
    turns: list[Turn] = project_form.turns(pack, project, visit.person)
    return frame.page(
        visit,
        "project.html",
        status=refusal.status if refusal is not None else 200,
        project=project,
        pack=pack,
        chain=pack.chains[CHAIN],
        here_dates=visit.dates_of(pack),
        open_steps=project.open_steps(pack),
        made={each.event.decision: each for each in made if each.event in project.said.values()},
        past=made,
        turns=turns,
        cameras=cameras,
        people=_people(visit),
        form=form,
        done=done,
        refusal=told(refusal, visit.language) if refusal is not None else None,
    )


async def _project(visit: Visit, project_id: str) -> tuple[ProjectFile, Pack]:
    await api.show_project(visit.request, project_id, visit.person)
    async with engine_of(visit.request).connect() as tx:
        return await project_office.found(tx, desk_of(visit.request), project_id)


def _set_up_in(visit: Visit, form: Filled) -> Pack | None:
    """Return the policy in which this person may set up a project; the one that the form names, if it is one."""
    may = {pack.id: pack for pack in visit.packs.values() if project_form.may_set_up(pack, visit.person)}
    return may.get(form.one("policy_id")) or next(iter(may.values()), None)


def _people(visit: Visit) -> list[Any]:
    """Return whom a field can offer, once each."""
    every = {each.person_id: each for each in may_come(people_of(visit.request).by_account.values())}
    return list(every.values())[:PEOPLE_MAX]


def _name(project_id: str) -> str:
    if not ID.fullmatch(project_id):
        raise Unusable(
            "a project's id is made of letters, digits, hyphens and underscores, at most 64",
            rule="console.form",
            remedy="choose another id",
            word="Malformed",
        )
    return project_id
