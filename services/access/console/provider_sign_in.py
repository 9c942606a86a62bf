"""Coming in by the identity provider: out to it, back from it, afresh for an act that wants it, out at its word."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from services.access import known
from services.access.asking import door_of, settings_of
from services.access.console import again as afresh
from services.access.console import frame
from services.access.console.cookies import drop, given, keep
from services.access.console.door import OIDC
from services.access.console.forms import parsed
from services.access.console.pending import LASTS_S, Pending
from services.access.console.route import HOME, SEE_OTHER, PageRoute, local, moved
from services.access.console.sessions import same
from services.access.console.visit import SESSION, Visiting, console_of, must_be_open
from services.access.refusals import Unknown
from services.runtime.oidc.refusals import ProviderSilent, SignInRefused
from services.runtime.rates import refuse
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console", include_in_schema=False, route_class=PageRoute)

PENDING: Final = "camledger_pending"
AGAIN: Final = "/console/again"
MINUTE_S: Final = 60
Word = Annotated[str, Query(max_length=4_000)]


def may_sign_in(request: Request) -> None:
    """Raise Closed, Unknown where no provider signs people in, or TooMany for an address that tries too often."""
    must_be_open(request)
    if console_of(request).settings.identity != OIDC:
        raise Unknown("no identity provider signs people in here", remedy="sign in from the sign-in page")
    refuse(console_of(request).sign_ins, "address", request.state.address)


Open = Annotated[None, Depends(may_sign_in)]


async def sign_in_page(request: Request, *, to: str, signed_out: bool) -> HTMLResponse:
    """Show where to sign in; nobody is sent there unasked."""
    leave = await run_in_threadpool(_leave_provider, request) if signed_out else ""
    issuer = door_of(request).provider.issuer
    return frame.outside(
        request, "sign_in_provider.html", to=urlencode({"to": to}), signed_out=signed_out, leave=leave, issuer=issuer
    )


@router.get("/sign-in/start")
async def start(request: Request, _open: Open, to: Word = HOME) -> RedirectResponse:
    """Send the browser to the provider; what comes back must come to this browser."""
    console, door = console_of(request), door_of(request)
    asked, address = await run_in_threadpool(door.begin, max_age_s=console.settings.session_minutes * MINUTE_S)
    return _away(request, Pending(asked=asked, to=local(to)), address)


@router.get("/sign-in/again")
async def start_again(visit: Visiting, _open: Open) -> RedirectResponse:
    """Send the browser to the provider for a fresh sign-in of the same person."""
    door = door_of(visit.request)
    since = door.now
    asked, address = await run_in_threadpool(door.begin, max_age_s=0, again=True)
    to = AGAIN if visit.session.unfinished is not None else HOME
    pending = Pending(
        asked=asked, to=to, since=since, person_id=visit.person.person_id, session_key=visit.session.key
    )  # fmt: skip
    return _away(visit.request, pending, address)


@router.get("/signed-in")
async def signed_in(
    request: Request, _open: Open, code: Word = "", state: Word = "", iss: Word = "", error: Word = ""
) -> HTMLResponse:
    """Take in whom the provider sends back. The page leads on by itself: links from elsewhere bring no cookie."""
    pending = console_of(request).pending.take(given(request, PENDING))
    if pending is None or not same(state, pending.asked.state):
        raise SignInRefused("this browser didn't begin it, or too long ago")
    if error or not code:
        raise SignInRefused(f"the provider says {error[:80]!r}")
    came = await run_in_threadpool(door_of(request).came_back, pending.asked, code, iss, since=pending.since)
    if pending.person_id and came.person.person_id != pending.person_id:
        raise SignInRefused("somebody else signed in")
    await known.meet(request, came.person)
    sessions = console_of(request).sessions
    before = sessions.find(pending.session_key)
    sessions.end(pending.session_key)
    session = sessions.begin(came.person.account, came)
    session.unfinished = before.unfinished if before is not None else None
    answer = frame.outside(request, "signed_in.html", to=pending.to)
    keep(request, answer, SESSION, session.key)
    drop(request, answer, PENDING)
    return answer


@router.get("/again")
async def again(visit: Visiting) -> Response:
    """Show the form that waited, to be sent by hand."""
    if visit.session.unfinished is None:
        return moved(HOME)
    told = afresh.shown(visit.session.unfinished, visit.language)
    return frame.page(visit, "unfinished.html", unfinished=visit.session.unfinished, told=told)


async def back_channel_logout(request: Request) -> JSONResponse:
    """End what the provider says has ended (OpenID Connect Back-Channel Logout): no cookie, only its signature."""
    refuse(console_of(request).sign_ins, "address", request.state.address)
    headers = {"cache-control": "no-store"}
    try:
        token = parsed(await request.body()).one("logout_token")
        subject, session = await run_in_threadpool(door_of(request).signed_out, token)
    except Refusal as refusal:
        status = refusal.status if isinstance(refusal, ProviderSilent) else 400
        return JSONResponse({"error": "invalid_request", "error_description": refusal.detail}, status, headers=headers)
    return JSONResponse({"ended": console_of(request).sessions.end_of(subject, session)}, headers=headers)


router.add_api_route("/back-channel-logout", back_channel_logout, methods=["POST"])


def _away(request: Request, pending: Pending, address: str) -> RedirectResponse:
    answer = RedirectResponse(address, status_code=SEE_OTHER, headers={"cache-control": "no-store"})
    # Lax: the provider's page leads back here, and this cookie must come along. It opens nothing by itself.
    key = console_of(request).pending.keep(pending)
    keep(request, answer, PENDING, key, lasts_s=LASTS_S, same_site="lax")
    return answer


def _leave_provider(request: Request) -> str:
    try:
        endpoint = str(door_of(request).provider.document().get("end_session_endpoint", ""))
    except ProviderSilent:
        return ""
    settings = settings_of(request)
    back = f"{settings.public_url.rstrip('/')}/console/sign-in"
    asked = urlencode({"client_id": settings.oidc_client_id, "post_logout_redirect_uri": back})
    return f"{endpoint}?{asked}" if endpoint else ""
