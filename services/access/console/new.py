"""Handing in a request: choose whose footage and which kind, answer its questions, hand it to the API's route."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from services.access import footage
from services.access.asking import desk_of, engine_of, settings_of
from services.access.console import asked_form, frame
from services.access.console.acting import ACCEPTED
from services.access.console.asked_form import Asked
from services.access.console.cameras_of import Camera, bound_cameras
from services.access.console.forms import NOTHING, Filled, filled
from services.access.console.refusing import told
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.visit import Visit, Visiting
from services.access.refusals import Unknown, Unreachable
from services.access.requests import submission_http as api
from services.access.requests.file import RequestFile
from services.kernel.policy import Outcome, Pack
from services.kernel.policy.facts import span
from services.runtime.peers import PeerUnknown
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/new", route_class=PageRoute, include_in_schema=False)

# More cameras than this are typed, not ticked: the page would weigh too much.
CAMERAS_TICKED_MAX: Final = 150


@router.get("")
async def choose(visit: Visiting) -> HTMLResponse:
    """Show every kind of request of every policy in force, the person's own agency first."""
    own = visit.pack.id if visit.pack is not None else ""
    packs = sorted(visit.packs.values(), key=lambda pack: (pack.id != own, pack.id))
    return frame.page(visit, "choose.html", packs=packs)


@router.get("/{policy_id}/{kind}")
async def form_page(visit: Visiting, policy_id: str, kind: str) -> HTMLResponse:
    """Show the form of one kind."""
    pack, asked = _asked(visit, policy_id, kind)
    return await form_sheet(visit, pack, asked)


@router.post("/{policy_id}/{kind}")
async def hand_in(visit: Visiting, policy_id: str, kind: str) -> Response:
    """Hand a form in by the API's own route; a refusal comes back on the form, with everything that was typed."""
    form = await filled(visit)
    pack, asked = _asked(visit, policy_id, kind)
    requester, request, documents = asked_form.facts(asked, form)
    try:
        body = api.RequestBody(policy_id=pack.id, requester=requester, request=request, documents=documents)
        answer = await api.submit_request(visit.request, body, visit.person)
    except ValidationError as error:
        return await form_sheet(visit, pack, asked, form, malformed(error.errors()))
    except Refusal as refusal:
        return await form_sheet(visit, pack, asked, form, refusal)
    told_back = json.loads(bytes(answer.body))
    done = "routed" if told_back["outcome"] == Outcome.ROUTED else "submitted"
    return moved(
        f"/console/requests/{told_back['request_id']}", done="received" if answer.status_code == ACCEPTED else done
    )


@router.post("/{policy_id}/{kind}/footage")
async def footage_check(visit: Visiting, policy_id: str, kind: str) -> HTMLResponse:
    """Tell whether there is footage of what the form names so far; a part of the form's page."""
    form = await filled(visit)
    pack, asked = _asked(visit, policy_id, kind)
    _, request, _ = asked_form.facts(asked, form)
    cameras, interval = request.get("cameras"), span(request.get("interval"), pack.zone)
    if not isinstance(cameras, list) or not cameras or interval is None:
        return frame.page(visit, "footage.html", state="incomplete")
    return await _counted(visit, tuple(map(str, cameras)), interval)


async def _counted(visit: Visit, cameras: tuple[str, ...], interval: tuple[datetime, datetime]) -> HTMLResponse:
    try:
        clips = await footage.clips(settings_of(visit.request), cameras, *interval)
    except (Unreachable, PeerUnknown):
        return frame.page(visit, "footage.html", state="silent")
    kept = sum(clip.state == "kept" for clip in clips)
    return frame.page(visit, "footage.html", state="counted", kept=kept, gone=len(clips) - kept)


def _asked(visit: Visit, policy_id: str, kind: str) -> tuple[Pack, Asked]:
    pack = visit.packs.get(policy_id)
    rule = pack.requests.get(kind) if pack is not None else None
    if pack is None or rule is None:
        raise Unknown(
            f"no kind of request {kind[:40]!r} under a policy {policy_id[:40]!r} in force",
            remedy="choose one from the list",
        )
    shelf = desk_of(visit.request).shelf
    return pack, asked_form.form_of(pack, rule, shelf.forms(pack), shelf.personal_names(pack))


async def form_sheet(
    visit: Visit,
    pack: Pack,
    asked: Asked,
    form: Filled = NOTHING,
    refusal: Refusal | None = None,
    *,
    correcting: RequestFile | None = None,
) -> HTMLResponse:
    """Return the form of a kind with what was typed; ``correcting`` is the request that it hands in again."""
    said = told(refusal, visit.language) if refusal is not None else None
    chain = pack.chains[asked.rule.chain]
    return frame.page(
        visit,
        "new.html",
        status=refusal.status if refusal is not None else 200,
        pack=pack,
        asked=asked,
        form=form,
        refusal=said,
        correcting=correcting,
        wrong=frozenset(said.missing) if said is not None else frozenset(),
        own_class=_own_class(visit, pack),
        cameras=await _cameras(visit, pack),
        ticked_max=CAMERAS_TICKED_MAX,
        zone=pack.zone.key,
        chain=[frame.said(step.title, visit.language) for step in chain.steps],
    )


def _own_class(visit: Visit, pack: Pack) -> str:
    """The class as which the person is known; the API lets him ask as no other, and routes some of them elsewhere."""
    return next(iter(sorted(visit.person.roles & pack.vocabulary.get(asked_form.CLASS, frozenset()))), "")


async def _cameras(visit: Visit, pack: Pack) -> list[Camera]:
    async with engine_of(visit.request).connect() as tx:
        return await bound_cameras(tx, pack.id, visit.now)
