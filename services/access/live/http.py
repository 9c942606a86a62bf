"""Live pictures over HTTP: open one camera, play it, close it. Every refusal is an AccessRefused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, cast
from uuid import uuid4

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import Field

from services.access.asking import Asking, desk_of, engine_of, settings_of, uuid_of
from services.access.live import gateway as passing
from services.access.live import office, sessions, sound
from services.access.live.addresses import may_come_near
from services.access.live.decider import OPEN, Asked
from services.access.live.gateway import Gateway
from services.access.live.links import Kind, Link
from services.access.live.sessions import Picture
from services.access.protections.wording import iso
from services.access.refusals import AccessRefusal, Forbidden, NotEntitled, Unknown, Unusable
from services.kernel.events import AccessRefused
from services.runtime.bodies import Body, Line, Text
from services.runtime.identity import Person

router = APIRouter(prefix="/api/v1")

PLAYLIST = "application/vnd.apple.mpegurl"
TYPES = {Kind.HEAD: "video/mp4", Kind.FRAGMENT: "video/iso.segment", Kind.SEGMENT: "video/mp2t"}
NOT_KEPT = {"cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
LinkName = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,6000}\.(m3u8|mp4|m4s|ts)$")]


class LiveBody(Body):
    """One selected camera, the ground and the legal basis; ``replace`` lets it take the place of one's other one."""

    camera: Annotated[Line, Field(min_length=1)]
    project: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{0,64}$")] = ""
    ground: Line = ""
    legal_basis: Text = ""
    danger_to: Line = ""
    reference: Line = ""
    explanation: Text = ""
    replace: bool = False

    def asked(self) -> Asked:
        """Return what the policy is asked, without the answers that are left open."""
        said = self.model_dump(include={"ground", "legal_basis", "danger_to", "reference", "explanation"})
        answers = {name: value.strip() for name, value in said.items() if value.strip()}
        return Asked(camera_id=self.camera, project_id=self.project, answers=answers)


@router.post("/live", status_code=201)
async def open_live(request: Request, body: LiveBody, who: Asking) -> JSONResponse:
    """Open one camera's live picture; it stands on the log before the first byte, and ends with the policy's period."""
    picture = await opened(request, who, body.asked(), replacing=body.replace)
    return JSONResponse(told(picture), 201, headers=NOT_KEPT)


@router.get("/live")
async def list_live(request: Request, who: Asking) -> dict[str, list[dict[str, object]]]:
    """List the pictures that are open: one's own, and everybody's for who audits or sets permissions."""
    everybody = bool(who.roles & {"auditor", "dashboard_admin"})
    async with engine_of(request).connect() as tx:
        every = await sessions.open_ones(tx)
    return {"live": [told(each) for each in every if everybody or each.person == who.person_id]}


@router.get("/live/{live_id}/playlist.m3u8")
async def play(request: Request, live_id: str, who: Asking) -> Response:
    """Return the playlist of a picture that is open, its links good for a minute."""
    return await playlist(request, live_id, who)


@router.get("/live/{live_id}/{name}")
async def part_of(request: Request, live_id: str, name: LinkName, who: Asking) -> Response:
    """Return one part of a picture that is open."""
    return await part(request, live_id, name, who)


@router.post("/live/{live_id}/close")
async def close_live(request: Request, live_id: str, who: Asking) -> JSONResponse:
    """Close one's own picture."""
    identity = uuid_of(live_id, "live picture")
    async with live_on_record(request, who, live_id):
        await office.close_own(engine_of(request), desk_of(request), who, identity)
    return JSONResponse({"live_id": live_id, "why": office.CLOSED})


async def opened(request: Request, who: Person, asked: Asked, *, replacing: bool) -> Picture:
    """Open a picture: policy first, then the upstream must answer, then the log, then nothing but the permission."""
    who = _whole(request, who)
    async with live_on_record(request, who, asked.camera_id):
        engine, desk, address = engine_of(request), desk_of(request), _address(request)
        await office.may_open(engine, desk, who, asked, address)
        # A camera without a picture is told before anybody counts as having watched it.
        await gateway_of(request).playlist(_upstream(request, asked.camera_id), _name_nothing)
        return await office.open_picture(engine, desk, who, asked, address, replacing=replacing)


async def playlist(request: Request, live_id: str, who: Person) -> Response:
    """Return the rewritten playlist to the person who opened the picture, at the address where he did."""
    who = _whole(request, who)
    async with live_on_record(request, who, live_id):
        picture = await _own(request, live_id, who)
        return await _playlist(request, picture, who, _upstream(request, picture.asked.camera_id))


async def part(request: Request, live_id: str, name: str, who: Person) -> Response:
    """Return a part that a playlist named, or a playlist of one quality."""
    who = _whole(request, who)
    async with live_on_record(request, who, live_id):
        picture = await _own(request, live_id, who)
        engine, desk, address = engine_of(request), desk_of(request), _address(request)
        now = await office.permitted(engine, desk, picture, who, address)
        link = passing.opened(picture.seal, name, now)
        if link.kind is Kind.PLAYLIST:
            return await _playlist(request, picture, who, link.url)
        async with engine.connect() as tx:
            pack, _ = await office.case_of(tx, desk, who, picture.asked, address)
        chunks = await gateway_of(request).part(
            link, lambda: office.permitted(engine, desk, picture, who, address), silent=sound.is_silent(pack)
        )
        return StreamingResponse(chunks, media_type=TYPES[link.kind], headers=NOT_KEPT)


def told(picture: Picture) -> dict[str, object]:
    """Return an open picture as JSON."""
    return {
        "live_id": str(picture.live_id),
        "camera": picture.asked.camera_id,
        "project": picture.asked.project_id,
        "person": picture.person,
        "opened_at": iso(picture.opened_at),
        "ends_at": iso(picture.ends_at),
        "playlist": f"/api/v1/live/{picture.live_id}/playlist.m3u8",
    }


def must_own(picture: Picture, who: Person) -> None:
    """Raise NotEntitled for another person's picture."""
    if picture.person != who.person_id:
        raise NotEntitled(
            f"live picture {picture.live_id} isn't {who.person_id}'s",
            rule="live.person",
            remedy="open a picture of your own",
        )


def gateway_of(request: Request) -> Gateway:
    """Return the live gateway of this process."""
    return cast("Gateway", request.app.state.live)


@asynccontextmanager
async def live_on_record(request: Request, who: Person, about: str) -> AsyncIterator[None]:
    """Turn a refusal into an event before it is answered; an unknown id is nobody's picture and no event."""
    try:
        yield
    except AccessRefusal as refusal:
        if refusal.answers_with != Unknown.answers_with and refusal.kind != "LiveClosed":
            event = AccessRefused(
                request_id="",
                act=OPEN,
                person=who.person_id,
                refusal=refusal.kind,
                rule=refusal.rule,
                clauses=refusal.clauses,
                explanation=refusal.detail,
            )
            async with engine_of(request).begin() as tx:
                ledger = await desk_of(request).ledger(tx, who.actor())
                await ledger.append(f"refusal/{uuid4()}", event, about[:200])
        raise


def _whole(request: Request, who: Person) -> Person:
    """Persons, not accounts: whoever asks has the roles of all his accounts, as whoever watches over him sees them."""
    return replace(who, roles=office.person_of(request.app.state.people, who.person_id).roles)


async def _own(request: Request, live_id: str, who: Person) -> Picture:
    picture = await office.standing(engine_of(request), desk_of(request), uuid_of(live_id, "live picture"))
    must_own(picture, who)
    return picture


async def _playlist(request: Request, picture: Picture, who: Person, url: str) -> Response:
    engine, desk, seal = engine_of(request), desk_of(request), picture.seal
    now = await office.permitted(engine, desk, picture, who, _address(request))

    def name(link: Link) -> str:
        return seal.sealed(link, int(now.timestamp()))

    content = await gateway_of(request).playlist(url, name)
    async with engine.begin() as tx:
        await sessions.seen(tx, picture.live_id, now)
    return Response(content, media_type=PLAYLIST, headers=NOT_KEPT)


def _upstream(request: Request, camera_id: str) -> str:
    url = gateway_of(request).settings.upstream_of(camera_id)
    if not url:
        raise Unusable(
            f"no stream is set for camera {camera_id}",
            rule="live.upstream",
            remedy="set CAMLEDGER_LIVE_UPSTREAM, or CAMLEDGER_LIVE_UPSTREAMS for this camera",
            word="NoStream",
        )
    return url


def _address(request: Request) -> str:
    peer = request.client.host if request.client is not None else ""
    address = settings_of(request).proxies.address_of(peer, request.headers)
    if not may_come_near(address, gateway_of(request).settings):
        raise Forbidden(
            f"{address or 'an address that can not be told'} may not come near live pictures",
            rule="live.networks",
            remedy="come from one of the networks of this installation: CAMLEDGER_LIVE_NETWORKS",
            word="AddressNotListed",
        )
    return address


def _name_nothing(_link: Link) -> str:
    return "-"
