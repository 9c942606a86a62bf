"""Coming and going: the page that names who can come in, the session cookie, signing out, language and appearance."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from services.access.console import frame
from services.access.console import provider_sign_in as provider
from services.access.console.cookies import drop, given, keep
from services.access.console.door import OIDC, is_service, may_come
from services.access.console.forms import TOKEN, filled, forged, read
from services.access.console.route import HOME, SIGN_IN, PageRoute, local, moved
from services.access.console.sessions import same
from services.access.console.visit import (
    LANGUAGE,
    SESSION,
    THEME,
    THEMES,
    Visiting,
    console_of,
    must_be_open,
    people_of,
)
from services.access.policies import picture
from services.access.refusals import Unknown
from services.access.status.words import LANGUAGES

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

VISITOR: Final = "camledger_visitor"
STATIC: Final = Path(__file__).parent / "static"
FILES: Final = {
    "console.css": "text/css",
    "live.css": "text/css",
    "player.css": "text/css",
    "player.js": "text/javascript",
    "upload.js": "text/javascript",
    "report.css": "text/css",
    "htmx-2.0.11.min.js": "text/javascript",
}
# The picture of a simulation has one style, whoever shows it.
ELSEWHERE: Final = {"report.css": Path(picture.__path__[0])}
YEAR_S: Final = 365 * 24 * 3600
Open = Annotated[None, Depends(must_be_open)]


@router.get("/sign-in")
async def sign_in_page(request: Request, _open: Open, to: str = HOME, signed_out: bool = False) -> HTMLResponse:
    """Show who can be signed in. The form's token is also in a cookie: a page of a stranger has neither."""
    if console_of(request).settings.identity == OIDC:
        return await provider.sign_in_page(request, to=local(to), signed_out=signed_out)
    visitor = given(request, VISITOR) or secrets.token_urlsafe(32)
    people = may_come(people_of(request).by_account.values())
    answer = frame.outside(
        request, "sign_in.html", people=people, to=local(to), form_token=visitor, signed_out=signed_out
    )
    keep(request, answer, VISITOR, visitor)
    return answer


@router.post("/sign-in")
async def sign_in(request: Request, _open: Open) -> RedirectResponse:
    """Begin a session as one of the demo people; a session that was open in this browser ends."""
    form = await read(request)
    if console_of(request).settings.identity == OIDC or not same(form.one(TOKEN), given(request, VISITOR)):
        raise forged()
    person = people_of(request).by_account.get(form.one("account"))
    if person is None or is_service(person):
        raise Unknown("nobody can be signed in by this account", remedy="choose one of the people on the page")
    sessions = console_of(request).sessions
    sessions.end(given(request, SESSION))
    answer = moved(local(form.one("to")))
    keep(request, answer, SESSION, sessions.begin(person.account).key)
    drop(request, answer, VISITOR)
    return answer


@router.post("/sign-out")
async def sign_out(visit: Visiting) -> RedirectResponse:
    """End the session on the server; the cookie that a browser may have kept is worth nothing then."""
    await filled(visit)
    console_of(visit.request).sessions.end(visit.session.key)
    answer = moved(SIGN_IN, signed_out="true")
    drop(visit.request, answer, SESSION)
    return answer


@router.get("/prefer")
async def prefer(
    request: Request,
    to: str = HOME,
    language: Literal["en", "zh-Hant", ""] = "",
    theme: Literal["light", "dark", "system", ""] = "",
) -> Response:
    """Remember a language or an appearance in this browser, and go back."""
    answer = moved(local(to))
    if language in LANGUAGES:
        keep(request, answer, LANGUAGE, language, lasts_s=YEAR_S)
    if theme in THEMES:
        keep(request, answer, THEME, theme, lasts_s=YEAR_S)
    elif theme:
        drop(request, answer, THEME)
    return answer


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Serve the console's own files and nothing else."""
    if name not in FILES:
        raise Unknown(f"no file {name[:40]!r} here", remedy="ask for one that a page names")
    return FileResponse(
        ELSEWHERE.get(name, STATIC) / name, media_type=FILES[name], headers={"cache-control": "no-cache"}
    )
