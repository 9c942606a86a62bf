"""What access asks of ingest: which segments exist, and their bytes. By HTTP, as a service, never by SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from services.access.protections.wording import iso
from services.access.refusals import NotRecordable
from services.kernel.scope import Scope
from services.runtime import peers
from services.runtime.settings import Settings

SEGMENTS_MAX = 10_000
Cut = tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One segment as ingest's catalog tells it."""

    camera_id: str
    started_at: datetime
    ended_at: datetime
    generation: int
    state: str
    retention_class: str
    mask_version: str
    container: str
    sha256: str
    size_bytes: int


async def clips(settings: Settings, cameras: tuple[str, ...], start: datetime, end: datetime | None) -> list[Clip]:
    """Return segments that touch the interval, in order; raises NotRecordable when ingest can't be asked."""
    found: list[Clip] = []
    async with _ingest(settings) as client:
        for camera in cameras or ("",):
            query = {"camera": camera, "from": iso(start) or "", "to": iso(end) or "", "limit": str(SEGMENTS_MAX)}
            answer = await client.get("/segments", params={key: value for key, value in query.items() if value})
            answer.raise_for_status()
            found.extend(_clip(each) for each in answer.json()["segments"])
    return sorted(found, key=lambda clip: (clip.camera_id, clip.started_at))


async def count(settings: Settings, scope: Scope) -> int | None:
    """Return how many segments a scope without a limit covers today; None when ingest can't be asked."""
    try:
        return len(await clips(settings, scope.cameras, scope.starts_at, scope.ends_at))
    except (NotRecordable, peers.PeerUnknown):
        return None


@asynccontextmanager
async def media(settings: Settings, clip: Clip, headers: Mapping[str, str], cut: Cut) -> AsyncIterator[httpx.Response]:
    """Open the bytes of one segment, cut inwards to an interval if one is given."""
    path = f"/segments/{quote(clip.camera_id, safe='')}/{quote(iso(clip.started_at) or '', safe='')}/bytes"
    query = {} if cut is None else {"from": iso(cut[0]), "to": iso(cut[1])}
    async with _ingest(settings) as client, client.stream("GET", path, params=query, headers=dict(headers)) as answer:
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise NotRecordable(
                f"custody answered {answer.status_code} for {clip.camera_id} {iso(clip.started_at)}",
                rule="system.custody",
                remedy="see the catalog entry of this segment at ingest",
                word="NotServed",
            )
        yield answer


@asynccontextmanager
async def _ingest(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    try:
        async with peers.client(settings, "ingest") as client:
            yield client
    except httpx.HTTPError as error:
        raise NotRecordable(
            f"ingest, which keeps the footage, can't be asked ({type(error).__name__})",
            rule="system.custody",
            remedy="try again; if it lasts, see the status page",
            word="CustodyUnreachable",
        ) from error


def _clip(row: Mapping[str, Any]) -> Clip:
    return Clip(
        camera_id=row["camera_id"],
        started_at=datetime.fromisoformat(row["started_at"]),
        ended_at=datetime.fromisoformat(row["ended_at"]),
        generation=int(row["generation"]),
        state=row["state"],
        retention_class=row.get("retention_class", ""),
        mask_version=row.get("mask_version", ""),
        container=row.get("container", ""),
        sha256=row.get("sha256", ""),
        size_bytes=int(row.get("size_bytes", 0)),
    )
