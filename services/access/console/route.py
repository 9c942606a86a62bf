"""Routes of pages: whatever goes wrong is told as a page, in words, never as JSON."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from pydantic import ValidationError

from services.access.console import again, frame
from services.access.console.visit import Closed, SignInFirst
from services.access.refusals import Unusable
from services.runtime import database
from services.runtime.logs import logger
from services.runtime.oidc.refusals import FreshSignInNeeded
from services.runtime.refusal import Refusal

HOME = "/console"
SIGN_IN = "/console/sign-in"
SEE_OTHER = 303


class PageRoute(APIRoute):
    """Answers a refusal with a page that says what happened, what to do, and the clause."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route's own handler."""
        answer: Callable[[Request], Coroutine[Any, Any, Response]] = super().get_route_handler()

        async def as_page(request: Request) -> Response:
            try:
                return await answer(request)
            except Exception as error:  # noqa: BLE001 - whatever it is, a person reads it
                return await _told(request, error)

        return as_page


async def _told(request: Request, error: Exception) -> Response:
    match error:
        case SignInFirst():
            return _sign_in_first(request)
        case Closed():
            return frame.closed(request, str(error))
        case Refusal():
            return await _refused(request, error)
        case RequestValidationError() | ValidationError():
            return await frame.refused(request, malformed(error.errors()))
    if database.is_unstorable(error):
        return await frame.refused(request, unstorable())
    logger().error("console.failed", path=request.url.path, exc_info=error)
    return frame.failed(request)


async def _refused(request: Request, refusal: Refusal) -> Response:
    if isinstance(refusal, FreshSignInNeeded):
        return await again.asked_for(request, refusal)
    return await frame.refused(request, refusal)


def malformed(faults: Any) -> Unusable:  # noqa: ANN401 - as pydantic lists them
    """Return the refusal of answers that no command can be made of: where and why, never the value."""
    said = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in faults[:5])
    return Unusable(said, rule="console.form", remedy="correct the fields that are named", word="Malformed")


def unstorable() -> Unusable:
    """Return the refusal of an answer that no column takes: nobody's fault but the form's."""
    return Unusable("an answer can't be stored", rule="console.form", remedy="correct the fields", word="Malformed")


def moved(place: str, /, **query: str) -> RedirectResponse:
    """Send the browser on after a form was carried out, so that asking again doesn't send it twice."""
    return RedirectResponse(f"{place}?{urlencode(query)}" if query else place, status_code=SEE_OTHER)


def local(to: str) -> str:
    """Return where a link may lead back to: a page of the console, whatever the address says."""
    plain = to.startswith(HOME) and not any(mark in to for mark in ("\\", "\r", "\n", "//", "@"))
    return to if plain else HOME


def _sign_in_first(request: Request) -> Response:
    back = request.url.path if request.method == "GET" else HOME
    return moved(SIGN_IN, to=back)
