"""Passes one open picture on: rewritten playlists and their parts, each only after the picture was permitted again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final

from services.access.live import sound
from services.access.live.links import BadLink, Link, Seal
from services.access.live.playlist import BadPlaylist, rewritten
from services.access.live.settings import LiveSettings
from services.access.live.upstream import SEGMENT_WITHIN_S, Upstream, failed
from services.access.refusals import AccessRefusal, Forbidden
from services.runtime.logs import logger

LOOK_AGAIN_S: Final = 1.0
"""How often a part that is being passed on is asked about: a cut takes no longer than two of these."""

Permitted = Callable[[], Awaitable[datetime]]


@dataclass(slots=True)
class Gateway:
    """What the live routes of one process share."""

    settings: LiveSettings
    upstream: Upstream

    @classmethod
    def made(cls, live: LiveSettings) -> Gateway:
        """Return a gateway to the streaming server of the settings."""
        return cls(settings=live, upstream=Upstream(live))

    async def playlist(self, url: str, name: Callable[[Link], str]) -> str:
        """Return a playlist with sealed links. Raises UpstreamFailed for what isn't the playlist of a live picture."""
        content = await self.upstream.playlist(url)
        try:
            return rewritten(content, url, name, self.settings.window_s)
        except BadPlaylist as error:
            raise failed(str(error)) from error

    async def part(self, link: Link, permitted: Permitted, *, silent: bool) -> AsyncIterator[bytes]:
        """Return the bytes of one part; asked of the upstream before this returns, so a dead one is an answer."""
        if silent:
            content = await self.upstream.whole(link.url)
            if await asyncio.to_thread(sound.has_sound, content):
                raise failed("it carries sound, and nobody may listen under this policy")
            return _at_once(content)
        stack = AsyncExitStack()
        try:
            chunks = await stack.enter_async_context(self.upstream.segment(link.url))
        except BaseException:
            await stack.aclose()
            raise
        return _until_cut(chunks, stack, permitted)


def opened(seal: Seal, name: str, now: datetime) -> Link:
    """Return where a link of a picture leads. Raises Forbidden."""
    try:
        return seal.opened(name, int(now.timestamp()))
    except BadLink as error:
        raise Forbidden(
            f"this link leads nowhere: {error}",
            rule="live.link",
            remedy="play the playlist of the picture that you opened",
            word="LinkNotOurs",
        ) from error


async def _at_once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _until_cut(chunks: AsyncIterator[bytes], stack: AsyncExitStack, permitted: Permitted) -> AsyncIterator[bytes]:
    """Pass chunks on until they end, or until the picture may not go on: then in the middle of a part."""
    coming: asyncio.Task[bytes | None] | None = None
    began = asked = monotonic()
    try:
        while monotonic() - began < SEGMENT_WITHIN_S:
            coming = coming or asyncio.ensure_future(anext(chunks, None))
            done, _ = await asyncio.wait({coming}, timeout=LOOK_AGAIN_S)
            if monotonic() - asked >= LOOK_AGAIN_S:
                await permitted()
                asked = monotonic()
            if not done:
                continue
            chunk, coming = coming.result(), None
            if chunk is None:
                return
            yield chunk
    except AccessRefusal as refusal:
        # The answer has begun: all that is left is to end it.
        logger().info("live.cut", why=refusal.kind)
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        await stack.aclose()
