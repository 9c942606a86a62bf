"""The largest body that a request may have: it is read before anybody is asked for a token."""

from __future__ import annotations

from typing import Final

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES_MAX: Final = 1_000_000  # more than any one event holds
STREAMED: Final = (
    "PUT"  # files: their routes ask who sends them first, count for themselves, and keep nothing in memory
)


class BodyLimit:
    """Ends the reading of a body that is too large; the answer is 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request with at most so many bytes of it in memory."""
        if scope["type"] != "http" or scope["method"] == STREAMED:
            await self._app(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > BODY_BYTES_MAX:
                raise HTTPException(413, f"The body has more than {BODY_BYTES_MAX} bytes")
            return message

        await self._app(scope, counted, send)
