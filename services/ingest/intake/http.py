"""Routes of intake: hand over or upload a file, clear a card, and see what was refused or is missing."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.ingest.http import SOURCES, Caller, In, Rooms, acting, deciding
from services.ingest.intake import store
from services.ingest.intake.commands import Came, Outcome, TakeIn
from services.ingest.plain import body as body_of
from services.ingest.plain import iso, plain
from services.ingest.sources import store as sources
from services.ingest.sources.http import known_source
from services.kernel.envelope import Actor
from services.kernel.ids import from_micros, segment_id
from services.runtime.bodies import Body, Instant, Line
from services.runtime.identity import INSIDERS, require
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["intake"])
STATUS = {Came.RECORDED: 201, Came.ALREADY_HAVE: 200, Came.REFUSED: 422, Came.NO_ROOM: 507}
CONFLICT = {
    "UnknownCamera": 404,
    "OtherBytesKnown": 409,
    "NoPolicyBinds": 409,
    "CameraRetired": 409,
    "StoreUnreachable": 503,
}
LISTED_MAX = 1_000
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")
Analytics = Annotated[str, Field(max_length=100)]
Most = Annotated[int, Query(ge=1, le=LISTED_MAX)]


class FileBody(Body):
    path: str = Field(max_length=4_096)
    camera_id: Line
    source_id: Line = ""
    takeover_id: Line = ""
    started_at: Instant | None = None
    shift: Line = ""
    officer: Line = ""
    analytics: tuple[Analytics, ...] = Field((), max_length=20)


@router.post("/files", status_code=201)
async def hand_over(body: FileBody, request: Request, response: Response, caller: Caller, rooms: In) -> dict[str, Any]:
    """Take in a file that lies in one of the allowed folders. The file is only read."""
    actor = acting(caller, *SOURCES)
    path = _allowed(Path(body.path), rooms)
    command = TakeIn(**body.model_dump() | {"path": path, "source_id": body.source_id or f"file:{actor.id}"})
    return _answer(await _take(request, rooms, command, actor), response)


@router.put("/files/{camera_id}", status_code=201)
async def upload(
    camera_id: str,
    request: Request,
    response: Response,
    caller: Caller,
    rooms: In,
    *,
    name: Line = "upload.mp4",
    source_id: Line = "",
    takeover_id: Line = "",
    started_at: Instant | None = None,
    shift: Line = "",
    officer: Line = "",
    analytics: Annotated[list[str] | None, Query(max_length=20)] = None,
) -> dict[str, Any]:
    """Take in the body as a file; ``name`` is what the source calls it."""
    actor = acting(caller, *SOURCES)
    with _spool(rooms, name) as path:
        await _receive(request, path, rooms.own.upload_bytes_max)
        command = TakeIn(
            path=path,
            camera_id=camera_id,
            source_id=source_id or f"upload:{actor.id}",
            source_path=name,
            takeover_id=takeover_id,
            started_at=started_at,
            shift=shift,
            officer=officer,
            analytics=tuple(analytics or ()),
        )
        outcome = await _take(request, rooms, command, actor)
    return _answer(outcome, response)


class CardBody(Body):
    camera_id: Line


@router.post("/cards/{card_id}/clear", status_code=201)
async def clear_card(card_id: str, body: CardBody, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Record that a card is cleared; only after the verified backup of what was on it (NPA-05)."""
    actor = acting(caller, *SOURCES)
    async with deciding(request, rooms, actor, "card clear", body.camera_id) as tx:
        return body_of(await rooms.cards.clear(tx, body.camera_id, card_id, actor))


@router.get("/refusals")
async def refusals(request: Request, caller: Caller, camera: str | None = None, most: Most = 100) -> dict[str, Any]:
    """List refusals, newest first."""
    require(caller, *sorted(INSIDERS))  # with the paths that sources gave them
    async with request.app.state.engine.begin() as tx:
        return {"refusals": plain(await store.refusals(tx, camera, most))}


@router.get("/gaps")
async def gaps(request: Request, _caller: Caller, camera: str | None = None, most: Most = 100) -> dict[str, Any]:
    """List intervals without footage, newest first."""
    async with request.app.state.engine.begin() as tx:
        rows = await store.gaps(tx, camera, most)
    return {"gaps": [_gap(row) for row in rows]}


async def _take(request: Request, rooms: Rooms, command: TakeIn, actor: Actor) -> Outcome:
    """Take a file in by the clock of its source, if that is one of the configured ones."""
    async with deciding(request, rooms, actor, "file take", command.source_id):
        source = await asyncio.to_thread(known_source, rooms, command.source_id, command.camera_id)
    engine = request.app.state.engine
    if source is None:
        return await rooms.intake.take(engine, command, actor)
    outcome = await rooms.intake.take(engine, replace(command, attested=source.attested), actor, pattern=source.pattern)
    async with engine.begin() as tx:
        await sources.note(tx, source.source_id, command.source_path or str(command.path), outcome)
    return outcome


def _gap(row: dict[str, Any]) -> dict[str, Any]:
    ends = {"gap_from": iso(from_micros(row["from_us"])), "gap_to": iso(from_micros(row["to_us"]))}
    return {"camera_id": row["camera_id"], **ends, "found_by": row["found_by"]}


def _answer(outcome: Outcome, response: Response) -> dict[str, Any]:
    if outcome.came is Came.REFUSED or outcome.came is Came.NO_ROOM:
        raise Refusal(
            outcome.refusal,
            status=CONFLICT.get(outcome.refusal, STATUS[outcome.came]),
            title="The file was not taken in",
            detail=outcome.explanation,
            clauses=tuple(outcome.clause.split(", ")) if outcome.clause else (),
            remedy=outcome.remedy,
            message=outcome.message,
        )
    assert outcome.key is not None
    response.status_code = STATUS[outcome.came]
    key = outcome.key
    return {
        "outcome": outcome.came.value,
        "segment_id": str(segment_id(key.camera_id, key.started_at, key.generation)),
        "camera_id": key.camera_id,
        "started_at": iso(key.started_at),
        "generation": key.generation,
        "sha256": outcome.sha256,
        "size_bytes": outcome.size_bytes,
        "treatment": outcome.treatment,
        "message": outcome.explanation,
    }


def _allowed(path: Path, rooms: Rooms) -> Path:
    inside = [root.resolve() for root in rooms.own.roots]
    there = path.resolve()
    if any(there.is_relative_to(root) for root in inside):
        return path if path.is_symlink() else there
    raise Refusal(
        "OutsideRoots",
        status=403,
        title="Files may not be handed over from there",
        detail=f"{path} lies in none of the allowed folders",
        remedy="Put the file into an allowed folder (CAMLEDGER_INGEST_ROOTS), or upload it.",
    )


@contextmanager
def _spool(rooms: Rooms, name: str) -> Iterator[Path]:
    suffix = PurePath(name).suffix
    path = rooms.uploads / f"{secrets.token_hex(12)}{suffix if SUFFIX.fullmatch(suffix) else ''}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


async def _receive(request: Request, path: Path, bytes_max: int) -> None:
    size = 0
    with path.open("xb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > bytes_max:
                raise Refusal(
                    "TooLarge",
                    status=413,
                    title="The file is too large",
                    detail=f"more than {bytes_max} bytes",
                    remedy="Hand it over by path, or cut it.",
                )
            try:
                await asyncio.to_thread(file.write, chunk)
            except OSError as failed:
                raise _no_room(failed) from failed


def _no_room(failed: OSError) -> Refusal:
    return Refusal(
        "StorageExhausted",
        status=507,
        title="The file was not taken in",
        detail=f"no room to receive it: {failed.strerror}",
        remedy="Add space, then upload it again.",
    )
