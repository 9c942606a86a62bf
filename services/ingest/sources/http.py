"""Routes of sources: add one while the service runs, and see how each is doing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.ingest.http import KEEPERS, Caller, In, Rooms, acting, deciding
from services.ingest.plain import plain
from services.ingest.registry import store as registry
from services.ingest.sources import adding, store
from services.ingest.sources.file import SourcesBroken, as_yaml
from services.ingest.sources.source import Afterwards, Source
from services.runtime.bodies import Body, Line
from services.runtime.logs import logger
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["sources"])
NOTHING_YET: dict[str, Any] = {
    "taken": 0,
    "last_taken": "",
    "refused": 0,
    "last_refused": "",
    "refusal": "",
    "waiting": 0,
    "watched_at": None,
    "silent_since": None,
}


class SourceBody(Body):
    """A source states its clock's zone and who deletes; a folder only if it is to be watched."""

    source_id: Line = Field(min_length=1)
    camera_id: Line
    zone: str = Field(max_length=100)
    folder: str = Field("", max_length=4_096)
    name_pattern: Line = ""
    afterwards: Afterwards = Afterwards.LEAVE
    attested: bool = False
    watched: bool = True


@router.post("/sources", status_code=201)
async def add(body: SourceBody, request: Request, response: Response, caller: Caller, rooms: In) -> dict[str, Any]:
    """Add a source, or give a known one other settings; its folder is watched from now on, without a restart."""
    actor = acting(caller, *KEEPERS)
    async with deciding(request, rooms, actor, "source add", body.source_id) as tx:
        camera = await registry.camera(tx, body.camera_id)
        source = _source(body)
        known = await asyncio.to_thread(_put, rooms, source, lambda k: adding.check(source, camera, k, rooms.own.roots))
    logger().info("source.added", source_id=source.source_id, camera_id=source.camera_id, by=actor.id)
    response.status_code = 200 if known else 201
    return as_yaml(source)


@router.get("/sources")
async def sources(request: Request, _caller: Caller, rooms: In) -> dict[str, Any]:
    """Show every source with its last file, what waits, what was refused, and since when it is silent."""
    listed = await asyncio.to_thread(_read, rooms)
    async with request.app.state.engine.begin() as tx:
        states = await store.states(tx)
    return {"sources": [as_yaml(each) | _told(states.get(each.source_id, NOTHING_YET)) for each in listed]}


def known_source(rooms: Rooms, source_id: str, camera_id: str) -> Source | None:
    """Return the configured source that a file names, or None. Raises Refusal where it is another camera's."""
    source = next((each for each in _read(rooms) if each.source_id == source_id), None)
    if source is not None and source.camera_id != camera_id:
        raise Refusal(
            "SourceOfAnotherCamera",
            status=409,
            title="The file was not taken in",
            detail=f"source {source_id!r} delivers footage of {source.camera_id}, not of {camera_id}",
            remedy="Name the right camera, or another source.",
        )
    return source


def _source(body: SourceBody) -> Source:
    folder = Path(body.folder) if body.watched else Path()
    more = body.model_dump(exclude={"zone", "folder"})
    return Source(**more, zone=adding.zone_of(body.zone), folder=folder)


def _put(rooms: Rooms, source: Source, check: Any) -> bool:  # noqa: ANN401 - called with the known sources
    try:
        with rooms.sources.changing() as known:
            check(known)
            was_known = source.source_id in known
            known[source.source_id] = source
            return was_known
    except SourcesBroken as broken:
        raise _broken(broken) from broken


def _read(rooms: Rooms) -> list[Source]:
    try:
        return rooms.sources.read()
    except SourcesBroken as broken:
        raise _broken(broken) from broken


def _broken(broken: SourcesBroken) -> Refusal:
    return Refusal(
        "SourcesBroken",
        status=409,
        title="The file of sources can't be used",
        detail=str(broken),
        remedy="Correct the file; what was watched before goes on being watched.",
    )


def _told(state: dict[str, Any]) -> dict[str, Any]:
    told = plain(state)
    assert isinstance(told, dict)
    return told
