"""The media gateway over HTTP: a token for a minute, what a viewing shows, its bytes; who comes along may leave."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from services.access.asking import Asking as By
from services.access.asking import access_on_record, desk_of, engine_of, settings_of, uuid_of
from services.access.console import cookies
from services.access.console.visit import SESSION, Closed, console_of, must_be_open, people_of, rates_of
from services.access.media.answering import Answering, camera_of, entries
from services.access.media.gateway import Asking, Gateway, Issued
from services.access.media.playlist import Entry
from services.access.protections.wording import iso
from services.access.viewing import office, store
from services.access.viewing.decider import VIEW
from services.runtime.identity import Person, person
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/api/v1")

TOKEN: Final = "x-camledger-media-token"  # noqa: S105 - the name of a header
RENEW_AFTER_S: Final = 25
What = Annotated[str, Path(pattern=r"^(index\.m3u8|\d{1,6}\.mp4|\d{1,6}/(init\.mp4|media\.m4s|state))$")]


@router.post("/viewings/{viewing_id}/token")
async def media_token(request: Request, viewing_id: str, who: By) -> dict[str, object]:
    """Open a viewing if it isn't, and give a token for the next minute: send it as X-Camledger-Media-Token."""
    issued = await issue(request, viewing_id, who)
    return told(issued) | {"token": issued.sealed}


@router.post("/viewings/{viewing_id}/leave")
async def leave_viewing(request: Request, viewing_id: str, who: By) -> dict[str, object]:
    """Say that one is no longer there: only who comes along can say so, and the picture stops."""
    identity = uuid_of(viewing_id, "viewing")
    async with engine_of(request).connect() as tx:
        request_id = await store.request_of_viewing(tx, identity)
    async with access_on_record(request, who, "leave", request_id):
        await office.leave(engine_of(request), desk_of(request), who, identity)
    return {"viewing_id": viewing_id, "left": who.person_id}


@router.get("/viewings/{viewing_id}/play/{what:path}", response_class=Response)
async def play(request: Request, viewing_id: str, what: What) -> Response:
    """Serve a viewing's playlist, a clip, its fragments or the state of its viewing copy, with Range."""
    return await serve(request, viewing_id, what, in_console=False)


async def issue(request: Request, viewing_id: str, who: By) -> Issued:
    """Seal a token for somebody; a refusal is recorded first."""
    identity = uuid_of(viewing_id, "viewing")
    async with engine_of(request).connect() as tx:
        request_id = await store.request_of_viewing(tx, identity)
    async with access_on_record(request, who, VIEW, request_id):
        gateway = gateway_of(request)
        return await gateway.issue(
            engine_of(request), who, identity, address_of(request), request.app.state.people
        )  # fmt: skip


async def serve(request: Request, viewing_id: str, what: str, *, in_console: bool) -> Response:
    """Answer a request for bytes: in the console by session and cookie, else by bearer token and header."""
    who = signed_in(request) if in_console else await _caller(request)
    sealed = cookies.given(request, cookie_of(viewing_id)) if in_console else request.headers.get(TOKEN, "")
    identity: UUID = uuid_of(viewing_id, "viewing")
    asking = Asking(who=who, viewing_id=identity, address=address_of(request), sealed=sealed)
    return await Answering(gateway_of(request), request, asking).answer(what)


async def _caller(request: Request) -> Person:
    # Keys of an identity provider may have to be fetched first; nobody else's bytes wait for that.
    return person(request) if request.app.state.door is None else await run_in_threadpool(person, request)


def signed_in(request: Request) -> Person:
    """Return who is signed in to the console. Raises Refusal 401: a player can't be sent to the sign-in page."""
    try:
        must_be_open(request)
    except Closed as closed:
        raise _nobody() from closed
    session = console_of(request).sessions.find(cookies.given(request, SESSION))
    found = None if session is None else session.person or people_of(request).by_account.get(session.account)
    if found is None:
        raise _nobody()
    rates_of(request).of_person(found.person_id)
    return found


def cookie_of(viewing_id: str) -> str:
    """Return the name under which a browser keeps a viewing's token: two viewings in two windows keep two."""
    return f"camledger_media_{viewing_id[:8]}"


def told(issued: Issued) -> dict[str, Any]:
    """Return what a player needs of a viewing: its clips in order, each with the interval that it shows."""
    standing = issued.standing
    opened, grant = standing.footage.viewing.opened, standing.footage.file.grant
    assert opened is not None
    assert grant is not None
    return {
        "viewing_id": str(standing.footage.viewing_id),
        "expires_at": iso(issued.expires_at),
        "renew_after_s": RENEW_AFTER_S,
        "granted_until": iso(grant.valid_until),
        "from": iso(opened.footage_from),
        "to": iso(opened.footage_to),
        "clips": [_clip(camera_of(standing, each), each) for each in entries(standing)],
    }


def _clip(camera: str, entry: Entry) -> dict[str, object]:
    return {"number": entry.number, "camera": camera, "from": iso(entry.starts), "to": iso(entry.ends)}


def gateway_of(request: Request) -> Gateway:
    """Return the gateway of this process."""
    return cast("Gateway", request.app.state.media)


def address_of(request: Request) -> str:
    """Return the address that a request comes from, behind the proxies that are trusted."""
    peer = request.client.host if request.client is not None else ""
    return settings_of(request).proxies.heard_from(peer, request.headers)


def _nobody() -> Refusal:
    return Refusal(
        "NotAuthenticated",
        status=401,
        title="Nobody is signed in here",
        remedy="Sign in to the console again.",
    )
