"""Fetches from the streaming server, bounded in size and time, and follows no lead to anywhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar, Final

import httpx

from services.access.live.settings import LiveSettings
from services.access.refusals import AccessRefusal

PLAYLIST_BYTES_MAX: Final = 262_144
PLAYLIST_WITHIN_S: Final = 5.0
SEGMENT_WITHIN_S: Final = 30.0
TIMES: Final = httpx.Timeout(connect=3.0, read=5.0, write=5.0, pool=1.0)


class UpstreamFailed(AccessRefusal):
    """The streaming server gives no live picture now. Where it is, is nobody's business outside."""

    answers_with: ClassVar[int] = 502
    says: ClassVar[str] = "The camera gives no live picture now"


class Upstream:
    """The streaming server of this installation, as one process of ours asks it."""

    def __init__(self, settings: LiveSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._room = asyncio.Semaphore(settings.streams_max)

    async def playlist(self, url: str) -> str:
        """Return a playlist's text. Raises UpstreamFailed, also for one that is too long or takes too long."""
        content = bytearray()
        async with _in_time(PLAYLIST_WITHIN_S), self._answered(url) as answer:
            async for chunk in answer.aiter_raw():
                content += chunk
                if len(content) > PLAYLIST_BYTES_MAX:
                    raise failed("its playlist has no end")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise failed("its playlist isn't text") from error

    @asynccontextmanager
    async def segment(self, url: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open the bytes of one part; they end at the limit of size, whatever the server still sends."""
        if self._room.locked():
            raise failed("too many pictures are passed on at the moment")
        async with self._room, self._answered(url) as answer:
            yield _bounded(answer, self._settings.segment_bytes_max)

    async def whole(self, url: str) -> bytes:
        """Return one part in memory; raises UpstreamFailed for one beyond the limit."""
        async with _in_time(SEGMENT_WITHIN_S), self.segment(url) as chunks:
            content = b"".join([chunk async for chunk in chunks])
        if len(content) >= self._settings.segment_bytes_max:
            raise failed("a part of the picture has no end")
        return content

    @asynccontextmanager
    async def _answered(self, url: str) -> AsyncIterator[httpx.Response]:
        try:
            async with self._asked(url) as answer:
                if answer.status_code != httpx.codes.OK or "content-encoding" in answer.headers:
                    raise failed(f"it answers {answer.status_code}")
                yield answer
        except httpx.HTTPError as error:
            raise failed(f"it doesn't answer ({type(error).__name__})") from error

    @asynccontextmanager
    async def _asked(self, url: str) -> AsyncIterator[httpx.Response]:
        # No proxy of the environment, no cookie, no redirect: only the address that was set.
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=TIMES, follow_redirects=False, trust_env=False, transport=self._transport
            )
        self._client.cookies.clear()
        async with self._client.stream("GET", url, headers={"accept-encoding": "identity"}) as answer:
            yield answer


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise failed("it takes too long") from error


async def _bounded(answer: httpx.Response, bytes_max: int) -> AsyncIterator[bytes]:
    left = bytes_max
    async for chunk in answer.aiter_raw():
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return


def failed(why: str) -> UpstreamFailed:
    """Return the refusal of a picture that can't be had; the reason names no address."""
    return UpstreamFailed(
        f"the streaming server gives no picture: {why}",
        rule="live.upstream",
        remedy="try again in a moment; whoever looks after the cameras sees the same on the status of the server",
        word="UpstreamFailed",
    )
