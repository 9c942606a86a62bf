"""The player: agree a viewing, come along, watch the granted interval in the browser's own player, end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, JSONResponse

from services.access.asking import desk_of, engine_of, uuid_of
from services.access.console import cookies, frame, words
from services.access.console.acting import wall_clock
from services.access.console.forms import filled
from services.access.console.refusing import told
from services.access.console.route import PageRoute, moved
from services.access.console.timeline import Band, Window
from services.access.console.visit import Visit, Visiting
from services.access.media import http as media
from services.access.media.seal import LIVES_MS
from services.access.refusals import Unknown
from services.access.requests import listing
from services.access.requests.file import RequestFile, Viewing
from services.access.requests.packs import pack_of
from services.access.viewing import http as api
from services.access.viewing import store
from services.access.viewing.decider import needs_company
from services.kernel.policy import Pack
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

PLAYS: Final = f"{frame.POLICY}; media-src 'self'"
SAID: Final = ("player_cut", "player_waiting", "player_making", "player_gap", "player_offline", "player_renewed")
DONE: Final = frozenset({"agreed", "here", "left", "viewing_ended"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One viewing as its page needs it."""

    file: RequestFile
    viewing: Viewing
    pack: Pack
    is_accompanied: bool
    counted: tuple[int, int]  # ranges and bytes so far


@router.post("/requests/{request_id}/viewings")
async def agree(visit: Visiting, request_id: str) -> Response:
    """Agree a viewing by the API's own route; a refusal is told as a page."""
    form = await filled(visit)
    agreed = wall_clock(visit, form.one("agreed")) if form.one("agreed") else visit.now
    body = api.ViewingBody(agreed_time=agreed, accompanied_by=form.one("company"))
    made = await api.schedule_viewing(visit.request, request_id, body, visit.person)
    return moved(f"/console/viewings/{made['viewing_id']}", done="agreed")


@router.get("/viewings/{viewing_id}")
async def viewing_page(visit: Visiting, viewing_id: str, done: str = "") -> HTMLResponse:
    """Show a viewing to who asked for it and who comes along; to the applicant with its player, once it is open."""
    found = await _found(visit, viewing_id)
    if _plays(visit, found):
        return await _player(visit, found, done)
    return _page(visit, found, done=done if done in DONE else "")


@router.post("/viewings/{viewing_id}/open")
async def open_(visit: Visiting, viewing_id: str) -> Response:
    """Open a viewing: from here on it stands on the log."""
    await filled(visit)
    try:
        await media.issue(visit.request, viewing_id, visit.person)
    except Refusal as refusal:
        return _page(visit, await _found(visit, viewing_id), refusal=refusal)
    return moved(f"/console/viewings/{viewing_id}")


@router.post("/viewings/{viewing_id}/here")
async def here(visit: Visiting, viewing_id: str) -> Response:
    """Say that one is there, by the API's own route."""
    return await _acted(visit, viewing_id, "here", api.accompany_viewing)


@router.post("/viewings/{viewing_id}/leave")
async def leave(visit: Visiting, viewing_id: str) -> Response:
    """Say that one leaves: what needs company stops."""
    return await _acted(visit, viewing_id, "left", media.leave_viewing)


@router.post("/viewings/{viewing_id}/end")
async def end(visit: Visiting, viewing_id: str) -> Response:
    """End a viewing: its ranges and bytes are counted on the log."""
    return await _acted(visit, viewing_id, "viewing_ended", api.end_viewing)


@router.post("/viewings/{viewing_id}/renew")
async def renew(visit: Visiting, viewing_id: str) -> Response:
    """Give the player a token for another minute, or tell it why there is none."""
    try:
        await filled(visit)
        issued = await media.issue(visit.request, viewing_id, visit.person)
    except Refusal as refusal:
        said = told(refusal, visit.language)
        return JSONResponse({"what": said.what, "why": said.why, "do": said.do}, refusal.status)
    answer = JSONResponse({key: value for key, value in media.told(issued).items() if key != "clips"})
    cookies.keep(visit.request, answer, media.cookie_of(viewing_id), issued.sealed, lasts_s=LIVES_MS // 1000)
    return answer


async def _acted(visit: Visit, viewing_id: str, done: str, act: Any) -> Response:  # noqa: ANN401 - a route of the API
    await filled(visit)
    try:
        await act(visit.request, viewing_id, visit.person)
    except Refusal as refusal:
        return _page(visit, await _found(visit, viewing_id), refusal=refusal)
    return moved(f"/console/viewings/{viewing_id}", done=done)


async def _player(visit: Visit, found: Found, done: str) -> HTMLResponse:
    viewing_id = str(found.viewing.scheduled.viewing_id)
    try:
        issued = await media.issue(visit.request, viewing_id, visit.person)
    except Refusal as refusal:
        return _page(visit, found, refusal=refusal)
    shown = media.told(issued)
    answer = _page(visit, found, done=done if done in DONE else "", player=_for_player(visit, found, shown))
    answer.headers["content-security-policy"] = PLAYS
    cookies.keep(visit.request, answer, media.cookie_of(viewing_id), issued.sealed, lasts_s=LIVES_MS // 1000)
    return answer


def _for_player(visit: Visit, found: Found, shown: dict[str, Any]) -> dict[str, Any]:
    window = Window(starts=datetime.fromisoformat(shown["from"]), ends=datetime.fromisoformat(shown["to"]))
    cameras = sorted({each["camera"] for each in shown["clips"]})
    lanes = {camera: window.place(_bands(shown, camera)) for camera in cameras}
    script = {name: shown[name] for name in ("viewing_id", "from", "to", "clips", "renew_after_s", "granted_until")}
    script |= {"zone": visit.dates_of(found.pack).zone.key, "form_token": visit.session.form_token}
    script["tag"] = "zh-Hant-TW-u-ca-roc" if visit.language == "zh-Hant" else "en-GB"
    script["words"] = {name: words.word(name, visit.language) for name in SAID}
    return {"window": window, "cameras": cameras, "lanes": lanes, "script": script, "clips": shown["clips"]}


def _bands(shown: dict[str, Any], camera: str) -> list[Band]:
    """Footage as it will be played, and what lies between as gaps: closed ends are the grant's own."""
    starts, bands = datetime.fromisoformat(shown["from"]), list[Band]()
    for clip in (each for each in shown["clips"] if each["camera"] == camera):
        first, last = datetime.fromisoformat(clip["from"]), datetime.fromisoformat(clip["to"])
        if first > starts:
            bands.append(Band(kind="gap", starts=starts, ends=first))
        bands.append(Band(kind="kept", starts=first, ends=last, number=1))
        starts = max(starts, last)
    ends = datetime.fromisoformat(shown["to"])
    return [*bands, Band(kind="gap", starts=starts, ends=ends)] if starts < ends else bands


def _page(
    visit: Visit,
    found: Found,
    *,
    done: str = "",
    refusal: Refusal | None = None,
    player: dict[str, Any] | None = None,
) -> HTMLResponse:
    person = visit.person.person_id
    company = found.viewing.scheduled.accompanied_by
    assert found.file.submitted is not None
    return frame.page(
        visit,
        "viewing.html",
        status=refusal.status if refusal is not None else 200,
        found=found,
        viewing=found.viewing,
        pack=found.pack,
        here_dates=visit.dates_of(found.pack),
        is_applicant=person == found.file.submitted.requester,
        is_company=bool(company) and person == company,
        wants_company=needs_company(found.pack, found.file),
        player=player,
        done=done,
        refusal=told(refusal, visit.language) if refusal is not None else None,
    )


async def _found(visit: Visit, viewing_id: str) -> Found:
    identity = uuid_of(viewing_id, "viewing")
    desk = desk_of(visit.request)
    async with engine_of(visit.request).connect() as tx:
        file = await listing.load(tx, desk.codec, await store.request_of_viewing(tx, identity))
        is_accompanied, counted = await store.is_accompanied(tx, identity), await store.counted(tx, identity)
    viewing = _his(file, identity, visit.person.person_id)
    pack = pack_of(desk, file)
    return Found(file=file, viewing=viewing, pack=pack, is_accompanied=is_accompanied, counted=counted)


def _his(file: RequestFile, identity: UUID, person: str) -> Viewing:
    viewing = file.viewing(identity)
    if viewing is None or file.submitted is None:
        raise Unknown(f"no viewing {identity}", remedy="choose one on the request's page")
    if person not in (file.submitted.requester, viewing.scheduled.accompanied_by):
        raise Unknown(f"no viewing {identity} of yours", remedy="only the applicant and who comes along see it")
    return viewing


def _plays(visit: Visit, found: Found) -> bool:
    assert found.file.submitted is not None
    is_his = visit.person.person_id == found.file.submitted.requester
    return is_his and found.viewing.opened is not None and found.viewing.ended is None
