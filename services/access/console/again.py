"""An act that wants a fresh sign-in: the form waits in the session, and is sent again by the person's own hand."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.access.console import frame
from services.access.console.forms import TOKEN, parsed
from services.access.console.sessions import Unfinished
from services.access.console.visit import visit
from services.runtime.oidc.refusals import FreshSignInNeeded

KEPT_BYTES_MAX: Final = 65_536


async def asked_for(request: Request, refusal: FreshSignInNeeded) -> HTMLResponse:
    """Return the page that leads to the provider, and keep what was filled in."""
    visiting = await visit(request)
    body = await request.body()
    is_kept = request.method == "POST" and len(body) <= KEPT_BYTES_MAX
    if is_kept:
        fields = {name: tuple(values) for name, values in parsed(body).fields.items() if name != TOKEN}
        visiting.session.unfinished = Unfinished(action=request.url.path, fields=fields)
    answer = frame.page(visiting, "again.html", status=refusal.status, is_kept=is_kept)
    answer.headers.update(refusal.headers)
    return answer
