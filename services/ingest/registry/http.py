"""Routes of the registry: cameras, takeovers, shifts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from services.ingest.http import KEEPERS, SOURCES, Caller, In, acting, deciding
from services.ingest.plain import body as body_of
from services.ingest.registry import commands, store
from services.ingest.registry.decider import Present
from services.runtime.bodies import Body, Instant, Line, Lines, Text
from services.runtime.identity import People
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["registry"])
SAYS_SOMETHING = r"\S"


class CameraBody(Body):
    camera_id: Line
    kind: Line = "fixed"
    agency: Line = ""
    area: Text = ""
    place: Text = ""
    direction: Text = ""
    mask_areas: Lines = ()
    device_owner: Line = ""
    policy_id: Line = ""
    values: dict[str, Any] = Field(default_factory=dict)


class MoveBody(Body):
    area: Text = ""
    place: Text = ""
    direction: Text = ""
    moved_at: Instant
    witnesses: Lines = ()
    values: dict[str, Any] = Field(default_factory=dict, max_length=2)


class MaskBody(Body):
    mask_version: Annotated[Line, Field(pattern=SAYS_SOMETHING)]
    areas: Annotated[tuple[Annotated[Line, Field(pattern=SAYS_SOMETHING)], ...], Field(min_length=1, max_length=100)]
    valid_from: Instant


class InspectionBody(Body):
    result: Text
    inspected_at: Instant


class PermitBody(Body):
    permit_number: Line
    issued_on: Line
    expires_on: Line


class MaintenanceBody(Body):
    work: Text
    witnesses: Lines = ()
    done_at: Instant


class RetireBody(Body):
    retired_at: Instant


class TakeoverBody(Body):
    takeover_id: Line
    camera_id: Line
    source: Text
    footage_from: Instant
    footage_to: Instant


class ShiftBody(Body):
    device_id: Line
    shift: Line
    officer: Line
    shift_from: Instant
    shift_to: Instant
    incidents: Lines = ()


@router.post("/cameras", status_code=201)
async def register(body: CameraBody, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Register a camera or device. Which policy binds it is said by access, not here."""
    actor = acting(caller, *KEEPERS)
    command = commands.RegisterCamera(**body.model_dump() | {"agency": body.agency or caller.agency})
    async with deciding(request, rooms, actor, "camera register", body.camera_id) as tx:
        return valued(body_of(await rooms.filing.register(tx, command, actor)))


@router.get("/cameras")
async def cameras(request: Request, _caller: Caller) -> dict[str, Any]:
    """List cameras."""
    async with request.app.state.engine.begin() as tx:
        return {"cameras": [valued(body_of(row)) for row in await store.cameras(tx)]}


@router.get("/camera-records")
async def camera_records(request: Request, _caller: Caller) -> dict[str, Any]:
    """List the newest permit and inspection of each camera in use: what recurring duties are judged by (DAAN-01)."""
    async with request.app.state.engine.begin() as tx:
        return {"records": [body_of(each) for each in await store.records(tx)]}


@router.get("/cameras/{camera_id}")
async def camera(camera_id: str, request: Request, _caller: Caller) -> dict[str, Any]:
    """Show a camera with its notes and masks."""
    async with request.app.state.engine.begin() as tx:
        found = await store.cameras(tx, camera_id)
        if not found:
            raise Refusal(
                "UnknownCamera",
                status=404,
                title="Unknown camera",
                detail=f"{camera_id!r} is not registered",
                remedy="Register it first, or take the id from the list: GET /api/v1/cameras.",
            )
        more = {"notes": await store.notes(tx, camera_id), "masks": await store.masks(tx, camera_id)}
        return valued(body_of({**found[0], **more}))


@router.post("/cameras/{camera_id}/move", status_code=201)
async def move(camera_id: str, body: MoveBody, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Move a camera; answers of holds by area are amended."""
    actor = acting(caller, *KEEPERS)
    async with deciding(request, rooms, actor, "camera move", camera_id) as tx:
        command = commands.MoveCamera(camera_id=camera_id, **body.model_dump())
        return valued(body_of(await rooms.filing.move(tx, command, actor, _present(request, body.witnesses))))


@router.post("/cameras/{camera_id}/mask", status_code=201)
async def mask(camera_id: str, body: MaskBody, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Attest that a mask covers areas."""
    command = commands.AttestMask(camera_id=camera_id, **body.model_dump())
    return await _note(command, request, caller, rooms)


@router.post("/cameras/{camera_id}/inspection", status_code=201)
async def inspection(
    camera_id: str, body: InspectionBody, request: Request, caller: Caller, rooms: In
) -> dict[str, Any]:
    """Record an inspection."""
    return await _note(commands.RecordInspection(camera_id=camera_id, **body.model_dump()), request, caller, rooms)


@router.post("/cameras/{camera_id}/permit", status_code=201)
async def permit(camera_id: str, body: PermitBody, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Record a permit."""
    return await _note(commands.RecordPermit(camera_id=camera_id, **body.model_dump()), request, caller, rooms)


@router.post("/cameras/{camera_id}/maintenance", status_code=201)
async def maintenance(
    camera_id: str, body: MaintenanceBody, request: Request, caller: Caller, rooms: In
) -> dict[str, Any]:
    """Record witnessed maintenance."""
    command = commands.WitnessMaintenance(camera_id=camera_id, **body.model_dump())
    return await _note(command, request, caller, rooms, _present(request, body.witnesses))


@router.post("/cameras/{camera_id}/retire")
async def retire(camera_id: str, body: RetireBody, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Retire a camera."""
    actor = acting(caller, *KEEPERS)
    async with deciding(request, rooms, actor, "camera retire", camera_id) as tx:
        command = commands.RetireCamera(camera_id=camera_id, retired_at=body.retired_at)
        event = await rooms.filing.retire(tx, command, actor)
        return body_of(event) if event else {"camera_id": camera_id, "retired": "already"}


@router.post("/takeovers", status_code=201)
async def takeover(body: TakeoverBody, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Admit footage of an older recorder; the caller attests its time."""
    actor = acting(caller, *KEEPERS)
    command = commands.AdmitTakeover(**body.model_dump(), attested_by=actor.id)
    async with deciding(request, rooms, actor, "takeover admit", body.camera_id) as tx:
        return body_of(await rooms.filing.admit(tx, command, actor))


@router.post("/takeovers/{takeover_id}/waive")
async def waive(takeover_id: str, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Waive the recovery window of a takeover, as a second person."""
    actor = acting(caller, *KEEPERS, "unit_head", "director")
    async with deciding(request, rooms, actor, "takeover waive", takeover_id) as tx:
        event = await rooms.filing.waive(tx, takeover_id, actor)
        return body_of(event) if event else {"takeover_id": takeover_id, "waived": "already"}


@router.post("/shifts", status_code=201)
async def file_shift(body: ShiftBody, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """File who wore a device; answers of holds by officer or incident are amended."""
    actor = acting(caller, *SOURCES)
    async with deciding(request, rooms, actor, "shift file", body.device_id) as tx:
        return body_of(await rooms.filing.file_shift(tx, commands.FileShift(**body.model_dump()), actor))


def valued(camera: dict[str, Any]) -> dict[str, Any]:
    """Return a camera with its record's values as they were handed in: the log and the table keep each as JSON."""
    if "values" in camera:
        return camera | {"values": {each["name"]: json.loads(each["value"]) for each in camera["values"]}}
    return camera | {"field_values": {name: json.loads(value) for name, value in camera["field_values"].items()}}


def _present(request: Request, witnesses: Sequence[str]) -> Present:
    """Return the witnesses in each of their roles; whom the people file doesn't know has none."""
    people: People = request.app.state.people
    found = [one for one in people.by_account.values() if one.person_id in witnesses]
    return [{"person": one.person_id, "role": role} for one in found for role in sorted(one.roles)]


async def _note(
    command: commands.CameraNote, request: Request, caller: Caller, rooms: In, present: Present = ()
) -> dict[str, Any]:
    actor = acting(caller, *KEEPERS)
    async with deciding(request, rooms, actor, "camera note", command.camera_id) as tx:
        return body_of(await rooms.filing.note(tx, command, actor, present))
