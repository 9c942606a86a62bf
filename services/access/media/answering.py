"""Answers to requests for bytes of a viewing: playlist, clips, their fragments, and where a viewing copy stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from services.access import footage
from services.access.asking import engine_of
from services.access.media.gateway import Asking, Gateway, Passed
from services.access.media.lent import FRAGMENTS, WHOLE, Lent, Making
from services.access.media.playlist import Entry, iso_ms, playlist
from services.access.media.ranges import NotSatisfiable, Part, part_of
from services.access.media.sending import FileAnswer, Sending, relayed
from services.access.media.standing import Standing
from services.access.refusals import Unknown, Unreachable
from services.access.viewing import store
from services.access.viewing.decider import inside
from services.runtime.refusal import Refusal

MADE_WITHIN_S: Final = 20.0
PLAYLIST, INIT, MEDIA, STATE = "index.m3u8", "init.mp4", "media.m4s", "state"
NO_STORE: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
M3U8, MP4 = "application/vnd.apple.mpegurl", "video/mp4"
OK, PARTIAL, NOT_SATISFIABLE, TOO_MANY = 200, 206, 416, 429
# A browser opens six connections at most; each answer holds a file until it is read.
STREAMS_MAX, STREAMS_OF_ALL_MAX = 12, 400


@dataclass(frozen=True, slots=True)
class Answering:
    """One request for something of a viewing, from its check to its bytes."""

    gateway: Gateway
    request: Request
    asking: Asking

    async def answer(self, what: str) -> Response:
        """Answer ``index.m3u8``, ``N.mp4``, ``N/init.mp4``, ``N/media.m4s`` or ``N/state``. Raises Refusal."""
        if what == PLAYLIST:
            return await self._playlist()
        number, _, rest = what.partition("/")
        passed = await self.gateway.check(self.request, self.asking, int(number.removesuffix(".mp4")))
        if rest == STATE:
            return await self._state(passed)
        lent = await self._lent(passed, FRAGMENTS if rest else WHOLE)
        window = {INIT: (0, lent.init_bytes), MEDIA: (lent.init_bytes, lent.size_bytes)}
        return await self._send(passed, lent, *window.get(rest, (0, lent.size_bytes)))

    async def _playlist(self) -> Response:
        passed = await self.gateway.check(self.request, self.asking, None)
        standing = await self.gateway.standings.look(engine_of(self.request), self.asking.viewing_id)
        camera = self.request.query_params.get("camera", "") or passed.wanted.clip.camera_id
        listed = [entry for entry in entries(standing) if camera_of(standing, entry) == camera]
        return PlainTextResponse(playlist(listed), headers=NO_STORE, media_type=M3U8)

    async def _state(self, passed: Passed) -> Response:
        found = await self.gateway.lender.ask(passed.wanted, WHOLE)
        if isinstance(found, Making):
            return JSONResponse({"state": found.state, "place": found.place}, headers=NO_STORE)
        begins = passed.wanted.clip.started_at + timedelta(milliseconds=found.from_ms)
        told = {"state": "made", "how": found.how, "from_ms": found.from_ms, "to_ms": found.to_ms}
        # The clock of the first picture: a cut begins with the first whole group of pictures inside the grant.
        return JSONResponse(told | {"shows_from": iso_ms(begins)}, headers=NO_STORE)

    async def _lent(self, passed: Passed, form: str) -> Lent:
        found = await self.gateway.lender.wait(passed.wanted, form, MADE_WITHIN_S)
        if isinstance(found, Making):
            raise Unreachable(
                f"the viewing copy of this clip is {found.state}",
                rule="media.viewing_copy",
                remedy="ask again in a moment; N/state tells when it is made",
                word="BeingMade",
            )
        return found

    async def _send(self, passed: Passed, lent: Lent, begins: int, ends: int) -> Response:
        part = self._part(ends - begins)
        headers = NO_STORE | {"accept-ranges": "bytes", "content-type": MP4, "content-length": str(part.length)}
        headers |= {} if part.is_whole else {"content-range": part.content_range}
        status = OK if part.is_whole else PARTIAL
        lies = Part(start=part.start + begins, end=part.end + begins, size=lent.size_bytes, is_whole=part.is_whole)
        if self.request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        self._must_have_room()
        on_air = self.gateway.on_air(self.asking.viewing_id)
        sending = Sending(part=lies, still_open=lambda: self._still(passed), count=self._count, on_air=on_air)
        if not lent.path:
            return await self._relay(passed, sending, headers, status)
        try:
            return FileAnswer(Path(lent.path), lies, sending, headers, status)
        except OSError as missing:
            self.gateway.lender.forget(passed.wanted)
            raise Unknown("the footage is no longer there", remedy="ask again", word="FootageGone") from missing

    def _must_have_room(self) -> None:
        streams = self.gateway.streams
        if streams[self.asking.viewing_id] >= STREAMS_MAX or streams.total() >= STREAMS_OF_ALL_MAX:
            raise Refusal(
                "TooManyStreams",
                status=TOO_MANY,
                title="Too many answers of this viewing are under way",
                detail=f"{STREAMS_MAX} of one viewing, {STREAMS_OF_ALL_MAX} of all",
                remedy="read or close those that are open",
            )

    def _part(self, size: int) -> Part:
        try:
            return part_of(self.request.headers.get("range", ""), size)
        except NotSatisfiable as asked:
            raise Refusal(
                "RangeNotSatisfiable",
                status=NOT_SATISFIABLE,
                title="The range lies outside the clip, or there are several",
                detail=f"{asked} of {size} bytes",
                remedy="ask for one range inside the clip",
            ) from asked

    async def _still(self, passed: Passed) -> bool:
        return await self.gateway.still(self.request, self.asking, passed)

    async def _count(self, served: int) -> None:
        await store.count(engine_of(self.request), self.asking.viewing_id, served)

    async def _relay(self, passed: Passed, sending: Sending, headers: Mapping[str, str], status: int) -> Response:
        """Pass on what ingest serves: footage in a bucket lies on no volume of ours."""
        stack = AsyncExitStack()
        asked = {"range": f"bytes={sending.part.start}-{sending.part.end - 1}"}
        try:
            opened = footage.media(self.gateway.settings, passed.wanted.clip, asked, None)
            answer = await stack.enter_async_context(opened)
        except BaseException:
            await stack.aclose()
            raise

        async def chunks() -> AsyncIterator[bytes]:
            async with stack:
                with sending.on_air:
                    async for chunk in relayed(answer.aiter_raw(), sending):
                        yield chunk

        return StreamingResponse(chunks(), status, headers=headers)


def entries(standing: Standing) -> list[Entry]:
    """Return the clips of a viewing that are still there, each as far as the grant shows it."""
    found: list[Entry] = []
    for number, clip in enumerate(standing.footage.clips):
        part = None if clip is None else _part(standing, number)
        if part is not None:
            found.append(Entry(number=number, starts=part[0], ends=part[1]))
    return found


def camera_of(standing: Standing, entry: Entry) -> str:
    """Return the camera of an entry."""
    clip = standing.footage.clips[entry.number]
    assert clip is not None
    return clip.camera_id


def _part(standing: Standing, number: int) -> tuple[datetime, datetime] | None:
    clip, grant = standing.footage.clips[number], standing.footage.file.grant
    return None if clip is None or grant is None else inside(grant, clip)
