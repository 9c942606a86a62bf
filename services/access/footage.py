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
from services.access.refusals import Unreachable, Unusable
from services.kernel.scope import Scope
from services.runtime import peers
from services.runtime.settings import Settings

SEGMENTS_MAX = 5_000
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
    """Return segments that touch the interval, in order; raises Unreachable when ingest can't be asked."""
    async with _ingest(settings) as client:
        pages = [await _listed(client, camera, start, end) for camera in cameras or ("",)]
    return sorted({clip for page in pages for clip in page}, key=lambda clip: (clip.camera_id, clip.started_at))


async def _listed(client: httpx.AsyncClient, camera: str, start: datetime, end: datetime | None) -> list[Clip]:
    found: list[Clip] = []
    while True:
        query = {"camera": camera, "from": iso(start), "to": iso(end), "limit": str(SEGMENTS_MAX)}
        answer = await client.get("/segments", params={key: value for key, value in query.items() if value})
        answer.raise_for_status()
        page = [_clip(each) for each in answer.json()["segments"]]
        found += page
        # Pages of one camera follow its time; of all cameras only the first page is asked for, which is a count.
        if len(page) < SEGMENTS_MAX or not camera or page[-1].started_at <= start:
            return found
        start = page[-1].started_at


async def count(settings: Settings, scope: Scope) -> int | None:
    """Return how many segments a scope without a limit covers today; None when ingest can't be asked."""
    try:
        return len(await clips(settings, scope.cameras, scope.starts_at, scope.ends_at))
    except (Unreachable, peers.PeerUnknown):
        return None


@asynccontextmanager
async def media(settings: Settings, clip: Clip, headers: Mapping[str, str], cut: Cut) -> AsyncIterator[httpx.Response]:
    """Open the bytes of one segment, cut inwards to an interval if one is given."""
    what = "bytes" if cut is None else "cut"
    path = f"/segments/{quote(clip.camera_id, safe='')}/{quote(iso(clip.started_at) or '', safe='')}/{what}"
    query = {"generation": str(clip.generation)}
    query |= {} if cut is None else {"from": iso(cut[0]) or "", "to": iso(cut[1]) or ""}
    async with _ingest(settings) as client, client.stream("GET", path, params=query, headers=dict(headers)) as answer:
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise Unreachable(
                f"custody answered {answer.status_code} for {clip.camera_id} {iso(clip.started_at)}",
                rule="system.custody",
                remedy="see the catalog entry of this segment at ingest",
                word="NotServed",
            )
        yield answer


async def transferred(settings: Settings, clip: Clip, body: Mapping[str, object]) -> dict[str, object]:
    """Have ingest record that a clip went to the evidence repository. Raises Unusable, Unreachable."""
    path = f"/segments/{quote(clip.camera_id, safe='')}/{quote(iso(clip.started_at) or '', safe='')}/transfer"
    async with _ingest(settings) as client:
        answer = await client.post(path, json=dict(body))
        if answer.is_client_error:
            raise Unusable(
                f"custody refused the transfer: {answer.json().get('detail', answer.status_code)}",
                rule="system.custody",
                remedy="see the catalog entry of this segment",
                word="NotTransferable",
            )
        answer.raise_for_status()
        told: dict[str, object] = answer.json()
        return told


@asynccontextmanager
async def _ingest(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    try:
        async with peers.client(settings, "ingest") as client:
            yield client
    except httpx.HTTPError as error:
        raise Unreachable(
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
