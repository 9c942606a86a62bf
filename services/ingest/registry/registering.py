"""Whether a camera may be registered: its id, its kind, its place, and the record that its policy asks for. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from services.ingest.registry.commands import RegisterCamera
from services.ingest.registry.known import Camera
from services.kernel.events import CameraKind, CameraRegistered, FieldValue
from services.kernel.policy import Pack, record
from services.kernel.policy.needs import names_of
from services.kernel.position import NoPosition, position_of
from services.runtime.http import Refusal

# Camera ids become folder names, keys of topics and parts of stream names.
CAMERA_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CAMERA_RECORD = "record.camera"


def register(known: Camera | None, command: RegisterCamera, pack: Pack | None) -> CameraRegistered:
    """Return CameraRegistered, or raise Refusal: an id twice, a kind we don't know, a record the pack refuses."""
    if known is not None:
        raise Refusal(
            "CameraKnown",
            status=409,
            title="This camera is registered already",
            detail=f"{command.camera_id} is known",
            remedy="Move it, or register the new one under another id.",
        )
    if not CAMERA_ID.fullmatch(command.camera_id):
        raise Refusal(
            "BadCameraId",
            status=422,
            title="This id can't be a camera's",
            detail=f"{command.camera_id!r}: letters, digits, dot, hyphen and underscore, at most 64",
            remedy="Choose an id such as cam-12.",
        )
    if command.kind not in set(CameraKind):
        raise Refusal(
            "UnknownKind",
            status=422,
            title="Unknown kind of camera",
            detail=f"{command.kind!r} is none of {', '.join(CameraKind)}",
            remedy="Use one of the kinds named.",
        )
    values = _stated(command, pack)
    _complete(pack, values)
    must_be_a_place(values)
    return CameraRegistered(
        camera_id=command.camera_id,
        kind=command.kind,
        agency=command.agency,
        area=command.area,
        place=command.place,
        direction=command.direction,
        mask_areas=_mask_areas(command),
        device_owner=command.device_owner,
        values=field_values(values),
    )


def _stated(command: RegisterCamera, pack: Pack | None) -> Mapping[str, object]:
    """Return the answers to the policy's record: what is said of every camera anyway needn't be said twice."""
    rule = pack.records.get(CAMERA_RECORD) if pack is not None else None
    asked = names_of(rule.need) if rule is not None else frozenset()
    anyway = {name: getattr(command, name) for name in ("area", "place", "direction") if name in asked}
    return {name: value for name, value in anyway.items() if value} | dict(command.values)


def field_values(stated: Mapping[str, object]) -> tuple[FieldValue, ...]:
    """Return answers as an event carries them."""
    return tuple(FieldValue(name=n, value=json.dumps(v, ensure_ascii=False)) for n, v in stated.items())


def must_be_a_place(values: Mapping[str, object]) -> None:
    """Raise Refusal for a position that is on no map; none at all is one."""
    try:
        position_of(values)
    except NoPosition as fault:
        raise no_position(str(fault)) from fault


def no_position(why: str) -> Refusal:
    """Return the refusal of a position."""
    return Refusal(
        "NoPosition",
        status=422,
        title="This is no place on the map",
        detail=why,
        remedy="State latitude and longitude in degrees, as numbers, or neither.",
    )


def _mask_areas(command: RegisterCamera) -> tuple[str, ...]:
    """Everything that either place names: an area that only the policy's own record states must be masked too."""
    stated = command.values.get("mask_areas")
    areas = [str(each) for each in stated] if isinstance(stated, list | tuple) else []
    return tuple(dict.fromkeys([*command.mask_areas, *areas]))


def _complete(pack: Pack | None, values: Mapping[str, object]) -> None:
    if pack is None or CAMERA_RECORD not in pack.records:
        return
    verdict = record(pack, {"record": CAMERA_RECORD, "values": values})
    if verdict.outcome == "accepted":
        return
    named = ", ".join(verdict.missing) or "the record as a whole"
    raise Refusal(
        "RecordIncomplete" if verdict.outcome == "incomplete" else "RecordRefused",
        status=422,
        title="The policy doesn't accept this registration",
        detail=f"{pack.reference}: {verdict.reason} ({named})",
        rule=verdict.rule,
        clauses=verdict.clauses,
        remedy=f"State {named} as the policy asks for it.",
        message=pack.says(verdict.rule),
    )
