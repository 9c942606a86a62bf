"""Takes requests for bytes in ahead of the pages' middleware, straight from the server: they need no copy on the way.

Everything else goes through as it came. The same routes stand in ``http.py``, for the document and for other servers.
"""

from __future__ import annotations

import re
from time import monotonic
from typing import Final

from fastapi import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.access.console.visit import rates_of
from services.access.media.http import address_of, serve
from services.access.media.sending import Gone
from services.access.media.wire import KEY, wire_of
from services.runtime import telemetry
from services.runtime.http import PROBLEM
from services.runtime.logs import logger
from services.runtime.rates import refuse
from services.runtime.refusal import Refusal

PATH: Final = re.compile(
    r"/(?P<where>api/v1|console)/viewings/(?P<viewing>[^/]{1,100})"
    r"/play/(?P<what>index\.m3u8|\d{1,6}\.mp4|\d{1,6}/(?:init\.mp4|media\.m4s|state))"
)
READING: Final = ("GET", "HEAD")
FAILED, UNKNOWN = 500, 401


class Door:
    """The first thing that a request meets in access."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for bytes, pass on any other."""
        asked = PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] in READING else None
        if asked is None:
            await self._inner(scope, receive, send)
            return
        if (wire := wire_of(send)) is not None:
            scope[KEY] = wire
        began, status = monotonic(), FAILED
        try:
            response = await _answer(Request(scope, receive), asked)
            status = response.status_code
            await response(scope, receive, send)
        except Gone:
            logger().info("media.cut", viewing=asked["viewing"])
        finally:
            about = {"method": scope["method"], "route": "/viewings/{viewing_id}/play", "status": str(status)}
            telemetry.observe("camledger_http_seconds", monotonic() - began, **about)


async def _answer(request: Request, asked: re.Match[str]) -> Response:
    try:
        # Whoever has no token to show is slowed down here as everywhere.
        rates, address = rates_of(request), address_of(request)
        refuse(rates.address, "address", address)
        if "authorization" in request.headers:
            refuse(rates.wrong, "address", address, drops=0.0)
        return await serve(request, asked["viewing"], asked["what"], in_console=asked["where"] == "console")
    except Refusal as refusal:
        if refusal.status == UNKNOWN and "authorization" in request.headers:
            rates_of(request).wrong.take(address_of(request))
        return JSONResponse(refusal.problem(), refusal.status, headers=refusal.headers, media_type=PROBLEM)
