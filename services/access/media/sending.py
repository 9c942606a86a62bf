"""Answers with bytes: a part of a file or of custody's own answer, counted, and cut as soon as the viewing is over."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.access.media.ranges import Part
from services.access.media.wire import KEY, Wire

CHUNK_BYTES: Final = 256 * 1024
# What a viewer may still get after the viewing is over is one slice and what lies in the socket.
SLICE_BYTES: Final = 1024 * 1024
LAST_BYTES: Final = 1024
LOOK_S: Final = 1.0

StillOpen = Callable[[], Awaitable[bool]]
Count = Callable[[int], Awaitable[None]]


class Gone(OSError):
    """The file was taken away while it was being sent."""


@dataclass(slots=True)
class Sending:
    """One answer under way."""

    part: Part
    still_open: StillOpen
    count: Count
    on_air: AbstractContextManager[None] = field(default_factory=nullcontext)
    sent: int = 0
    counted: bool = False
    cut: bool = False

    async def tell(self, served: int) -> None:
        """Count what was served, once."""
        if not self.counted:
            self.counted = True
            await self.count(served)

    def pieces(self, most: int) -> list[tuple[int, int]]:
        """Return (start, length) of each piece. The last is small: it leaves after everything was counted."""
        ends = max(self.part.start, self.part.end - LAST_BYTES)
        found = [(at, min(most, ends - at)) for at in range(self.part.start, ends, most)]
        return [*found, (ends, self.part.end - ends)]


class FileAnswer(Response):
    """A part of a file on the common volume."""

    def __init__(self, path: Path, part: Part, sending: Sending, headers: Mapping[str, str], status: int) -> None:
        super().__init__(status_code=status, headers=dict(headers))
        self._file, self._sending = _opened(path, part), sending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send head and bytes; whoever withdraws meanwhile cuts it within a second or two."""
        del receive
        with self._file, self._sending.on_air:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            await self._watched(scope.get(KEY), send)

    async def _watched(self, wire: Wire | None, send: Send) -> None:
        body = asyncio.create_task(self._body(wire, send))
        watch = asyncio.create_task(_watch(self._sending, body))
        try:
            await body
        except asyncio.CancelledError:
            body.cancel()
            if not self._sending.cut:
                raise
        except (OSError, ConnectionError):
            # The browser went on to another place, or the file was taken away: the answer ends here.
            self._sending.cut = True
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
        await self._end(wire, send)

    async def _end(self, wire: Wire | None, send: Send) -> None:
        if not self._sending.cut:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await self._sending.tell(self._sending.sent)
        if wire is not None:
            wire.abort()
            return
        raise Gone("the answer was cut")

    async def _body(self, wire: Wire | None, send: Send) -> None:
        pieces = self._sending.pieces(SLICE_BYTES if wire is not None else CHUNK_BYTES)
        for number, (start, length) in enumerate(pieces):
            if os.fstat(self._file.fileno()).st_nlink == 0:
                raise Gone("the footage was taken away")
            if number == len(pieces) - 1:
                # Counted before the last piece leaves: who has all bytes finds them in the viewing's count.
                await self._sending.tell(self._sending.part.length)
            await self._piece(wire, send, start, length)
            self._sending.sent += length

    async def _piece(self, wire: Wire | None, send: Send, start: int, length: int) -> None:
        if wire is not None:
            await wire.send(self._file, start, length)
            return
        chunk = await asyncio.to_thread(os.pread, self._file.fileno(), length, start)
        await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _watch(sending: Sending, body: asyncio.Task[None]) -> None:
    while not body.done():
        await asyncio.sleep(LOOK_S)
        if not await sending.still_open():
            sending.cut = True
            body.cancel()
            return


async def relayed(chunks: AsyncIterator[bytes], sending: Sending) -> AsyncIterator[bytes]:
    """Pass on what custody serves itself, where footage lies in a bucket."""
    loop = asyncio.get_running_loop()
    looked, held_back = loop.time(), b""
    async for chunk in chunks:
        if held_back:
            yield held_back
        sending.sent, held_back = sending.sent + len(chunk), chunk
        if loop.time() - looked >= LOOK_S:
            looked = loop.time()
            if not await sending.still_open():
                await sending.tell(sending.sent - len(chunk))
                raise Gone("the answer was cut")
    await sending.tell(sending.sent)
    yield held_back


def _opened(path: Path, part: Part) -> BinaryIO:
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb", buffering=0)
    if os.fstat(file.fileno()).st_size < part.end:
        file.close()
        raise FileNotFoundError(path)
    return file
