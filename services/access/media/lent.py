"""What ingest lends for a viewing: a path on the common volume, or word that a viewing copy is being made."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from urllib.parse import quote

import httpx

from services.access.footage import Clip
from services.access.media.checking import Cleared
from services.access.protections.wording import iso
from services.access.refusals import AccessRefusal, Forbidden, Unknown, Unreachable
from services.runtime import peers
from services.runtime.settings import Settings

# Custody may mark footage for destruction at any time: what was lent is asked for anew after so long.
LENT_FOR_S: Final = 10.0
LEASED_FOR_S: Final = 110.0  # ingest erases a viewing copy that nobody asked for in two minutes
KNOWN_MAX: Final = 2_000
POLL_S: Final = 0.3
HTTP_ACCEPTED: Final = 202
WHOLE, FRAGMENTS, NATIVE = "whole", "fragments", "native"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """Bytes that may be sent: ``path`` is "" where only ingest's own route reaches them."""

    path: str
    size_bytes: int
    how: str
    init_bytes: int
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """A viewing copy that isn't there yet: ``waiting`` at a place of the queue, or ``making``."""

    state: str
    place: int


@dataclass(slots=True)
class Lender:
    """Asks ingest, by one client of the loop that serves."""

    settings: Settings
    _known: OrderedDict[tuple[object, ...], tuple[float, Lent, Cleared]] = field(default_factory=OrderedDict)
    _asking: dict[tuple[object, ...], asyncio.Lock] = field(default_factory=dict)
    _client: httpx.AsyncClient | None = None

    async def ask(self, wanted: Cleared, form: str) -> Lent | Making:
        """Return what is lent of a clip, or where its copy stands. Raises Unknown, Unreachable or Forbidden."""
        key = (wanted.clip, wanted.part, form)
        if (lent := self._young(key)) is not None:
            return lent
        # Fifty viewers of one clip ask ingest once.
        asking = self._asking.setdefault(key, asyncio.Lock())
        async with asking:
            found = self._young(key) or await self._anew(key, wanted, form)
        self._asking.pop(key, None)
        return found

    def _young(self, key: tuple[object, ...]) -> Lent | None:
        known = self._known.get(key)
        return known[1] if known is not None and monotonic() - known[0] < LENT_FOR_S else None

    async def _anew(self, key: tuple[object, ...], wanted: Cleared, form: str) -> Lent | Making:
        answer = await self._asked(wanted, form)
        if answer.status_code == HTTP_ACCEPTED:
            told = answer.json()
            return Making(state=told["state"], place=told["place"])
        lent = _lent(answer)
        self._known[key] = (monotonic(), lent, wanted)
        self._known.move_to_end(key)
        while len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
        return lent

    async def wait(self, wanted: Cleared, form: str, within_s: float) -> Lent | Making:
        """Ask until a copy is made, so long at most: a player that asks for a clip can't ask twice."""
        until = monotonic() + within_s
        # Another service makes it: there is nothing here to be woken by.
        while isinstance(found := await self.ask(wanted, form), Making) and monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
        return found

    async def renew(self, clips: Container[Clip | None]) -> None:
        """Keep the viewing copies of somebody who still watches, though his browser has all that it wants for now."""
        watched = [
            (key, wanted, str(key[2]))
            for key, (since, lent, wanted) in self._known.items()
            if lent.how != NATIVE and wanted.clip in clips and monotonic() - since < LEASED_FOR_S
        ]
        for key, wanted, form in watched:
            with suppress(AccessRefusal):
                await self._anew(key, wanted, form)

    def forget(self, wanted: Cleared) -> None:
        """Ask anew the next time: what was lent is no longer there."""
        for form in (WHOLE, FRAGMENTS):
            self._known.pop((wanted.clip, wanted.part, form), None)

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.aclose()

    async def _asked(self, wanted: Cleared, form: str) -> httpx.Response:
        clip = wanted.clip
        path = f"/segments/{quote(clip.camera_id, safe='')}/{quote(iso(clip.started_at) or '', safe='')}/lent"
        query = {"generation": str(clip.generation), "form": form, "until": iso(wanted.until) or ""}
        if wanted.cut is not None:
            query |= {"from": iso(wanted.cut[0]) or "", "to": iso(wanted.cut[1]) or ""}
        try:
            if self._client is None:
                self._client = peers.client(self.settings, "ingest")
            return await self._client.get(path, params=query)
        except httpx.HTTPError as error:
            raise Unreachable(
                f"ingest, which keeps the footage, can't be asked ({type(error).__name__})",
                rule="system.custody",
                remedy="try again; if it lasts, see the status page",
                word="CustodyUnreachable",
            ) from error


def _lent(answer: httpx.Response) -> Lent:
    told: dict[str, Any] = answer.json()
    if answer.is_success:
        return Lent(
            path=told["path"],
            size_bytes=told["size_bytes"],
            how=told["how"],
            init_bytes=told["init_bytes"],
            from_ms=told["from_ms"],
            to_ms=told["to_ms"],
        )
    detail, remedy = str(told.get("detail", "")), str(told.get("remedy", ""))
    match told.get("refusal"):
        case "FootageGone" | "UnknownSegment":
            raise Unknown(f"the footage is no longer there: {detail}", remedy=remedy, word="FootageGone")
        case "NotPlayable":
            raise Forbidden(detail, rule="media.viewing_copy", remedy="ask for a copy instead", word="NotPlayable")
        case word:
            raise Unreachable(detail, rule="system.custody", remedy=remedy, word=str(word or "NotServed"))
