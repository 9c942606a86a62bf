"""Live pictures: choose one camera, name the ground, watch it as long as its policy lets one, close it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from services.access.asking import desk_of, engine_of, uuid_of
from services.access.console import frame, live_form
from services.access.console.asked_form import Question
from services.access.console.forms import NOTHING, Filled, filled
from services.access.console.refusing import told
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.visit import Visit, Visiting
from services.access.live import http as api
from services.access.live import office, points, sessions
from services.access.live.decider import needs_project
from services.access.live.sessions import Picture
from services.access.policies import project_office
from services.kernel.policy import Pack
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/live", route_class=PageRoute, include_in_schema=False)

PLAYS = f"{frame.POLICY}; media-src 'self'"
LiveId = Annotated[str, Path(max_length=40)]


@router.get("")
async def choose(visit: Visiting, camera: str = "", done: str = "") -> HTMLResponse:
    """Show which cameras have a live picture, and the questions for the one that was chosen."""
    return await _shown(visit, camera, done="live_closed" if done == "live_closed" else "")


@router.post("")
async def open_picture(visit: Visiting) -> Response:
    """Open a picture by the API's own way; it takes the place of the one that the person had open."""
    form = await filled(visit)
    camera = form.one("camera")
    try:
        pack = await _pack(visit, camera)
        asked = live_form.answers(_questions(visit, pack), form) if pack is not None else {}
        body = api.LiveBody.model_validate({"camera": camera, "project": form.one("project"), **asked})
        picture = await api.opened(visit.request, visit.person, body.asked(), replacing=True)
    except ValidationError as error:
        return await _shown(visit, camera, form=form, refusal=malformed(error.errors()))
    except Refusal as refusal:
        return await _shown(visit, camera, form=form, refusal=refusal)
    return moved(f"/console/live/{picture.live_id}")


@router.get("/{live_id}")
async def watch(visit: Visiting, live_id: LiveId) -> HTMLResponse:
    """Play one picture that is open, in the browser's own player."""
    picture = await office.standing(engine_of(visit.request), desk_of(visit.request), uuid_of(live_id, "live picture"))
    api.must_own(picture, visit.person)
    pack = await _pack(visit, picture.asked.camera_id)
    answer = frame.page(
        visit,
        "live_picture.html",
        picture=picture,
        pack=pack,
        here_dates=visit.dates_of(pack),
        place=await _place(visit, picture),
        lost_after_s=api.gateway_of(visit.request).settings.lost_after_s,
    )
    answer.headers["content-security-policy"] = PLAYS
    return answer


@router.get("/{live_id}/playlist.m3u8")
async def play(visit: Visiting, live_id: LiveId) -> Response:
    """Return the playlist to the person whose session this is."""
    return await api.playlist(visit.request, live_id, visit.person)


@router.get("/{live_id}/state")
async def state(visit: Visiting, live_id: LiveId) -> Response:
    """Tell the page to load itself again once its picture is over: it then says why."""
    try:
        await office.standing(engine_of(visit.request), desk_of(visit.request), uuid_of(live_id, "live picture"))
    except Refusal:
        return Response(headers={"HX-Refresh": "true"})
    return Response(status_code=204)


@router.post("/{live_id}/close")
async def close(visit: Visiting, live_id: LiveId) -> Response:
    """Close one's own picture."""
    await filled(visit)
    await api.close_live(visit.request, live_id, visit.person)
    return moved("/console/live", done="live_closed")


@router.get("/{live_id}/{name}")
async def part(visit: Visiting, live_id: LiveId, name: api.LinkName) -> Response:
    """Return one part of the picture."""
    return await api.part(visit.request, live_id, name, visit.person)


async def _shown(
    visit: Visit, camera: str, *, done: str = "", form: Filled = NOTHING, refusal: Refusal | None = None
) -> HTMLResponse:
    every = [each for each in await points.shown(visit.request) if each.live and not each.retired]
    chosen = next((each for each in every if each.camera_id == camera), None)
    pack = await _pack(visit, camera) if chosen is not None else None
    async with engine_of(visit.request).connect() as tx:
        mine = [each for each in await sessions.open_ones(tx) if each.person == visit.person.person_id]
        projects = await _projects(tx, visit, pack)
    return frame.page(
        visit,
        "live.html",
        status=refusal.status if refusal is not None else 200,
        rows=every,
        chosen=chosen,
        pack=pack,
        questions=_questions(visit, pack) if pack is not None else [],
        projects=projects,
        in_project=pack is not None and needs_project(pack),
        mine=mine,
        form=form,
        done=done,
        refusal=told(refusal, visit.language) if refusal is not None else None,
    )


async def _projects(tx: Any, visit: Visit, pack: Pack | None) -> list[tuple[str, str]]:  # noqa: ANN401 - a connection
    """Return the projects of this policy that are open to a member now, with their names."""
    if pack is None or not needs_project(pack):
        return []
    every = await project_office.listed(tx, desk_of(visit.request), visit.person)
    own = [project for project, of in every if of.id == pack.id and visit.person.person_id in project.members]
    return [(each.project_id, str(each.record.get("name", ""))) for each in own if not each.open_steps(pack)]


async def _pack(visit: Visit, camera: str) -> Pack | None:
    every = await points.shown(visit.request)
    policy_id = next((each.policy_id for each in every if each.camera_id == camera), "")
    return visit.packs.get(policy_id)


async def _place(visit: Visit, picture: Picture) -> str:
    every = await points.shown(visit.request)
    return next((each.place for each in every if each.camera_id == picture.asked.camera_id), "")


def _questions(visit: Visit, pack: Pack) -> list[Question]:
    return live_form.questions(pack, desk_of(visit.request).shelf.forms(pack))
