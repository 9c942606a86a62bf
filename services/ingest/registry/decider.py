"""Which facts may be filed. Pure: commands and state in, events out, or a Refusal that names the rule."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from services.ingest.policy import Bound, may
from services.ingest.registry.commands import (
    AdmitTakeover,
    AttestMask,
    CameraNote,
    FileShift,
    MoveCamera,
    RecordInspection,
    RecordPermit,
    RegisterCamera,
    RetireCamera,
    WitnessMaintenance,
)
from services.kernel.events import (
    CameraKind,
    CameraMoved,
    CameraRegistered,
    CameraRetired,
    FieldValue,
    InspectionRecorded,
    MaintenanceWitnessed,
    MaskAttested,
    PermitRecorded,
    ShiftFiled,
    TakeoverAdmitted,
)
from services.kernel.policy import Pack, record
from services.kernel.policy.needs import names_of
from services.kernel.position import LIMITS, NoPosition, position_of
from services.runtime.http import Refusal

# Camera ids become folder names, keys of topics and parts of stream names.
CAMERA_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CAMERA_RECORD = "record.camera"

Present = Sequence[Mapping[str, str]]
"""Who was there, once for each of his roles: ``person`` and ``role``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A registered camera as decisions look at it."""

    camera_id: str
    kind: str
    agency: str
    device_owner: str
    mask_areas: tuple[str, ...]
    retired_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """A takeover that was admitted."""

    takeover_id: str
    camera_id: str
    source: str
    footage_from: datetime
    footage_to: datetime
    attested_by: str
    recovery_waived_by: str


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
    _placed(values)
    return CameraRegistered(
        camera_id=command.camera_id,
        kind=command.kind,
        agency=command.agency,
        area=command.area,
        place=command.place,
        direction=command.direction,
        mask_areas=_mask_areas(command),
        device_owner=command.device_owner,
        values=_values(values),
    )


def _stated(command: RegisterCamera, pack: Pack | None) -> Mapping[str, object]:
    """Return the answers to the policy's record: what is said of every camera anyway needn't be said twice."""
    rule = pack.records.get(CAMERA_RECORD) if pack is not None else None
    asked = names_of(rule.need) if rule is not None else frozenset()
    anyway = {name: getattr(command, name) for name in ("area", "place", "direction") if name in asked}
    return {name: value for name, value in anyway.items() if value} | dict(command.values)


def _values(stated: Mapping[str, object]) -> tuple[FieldValue, ...]:
    return tuple(FieldValue(name=n, value=json.dumps(v, ensure_ascii=False)) for n, v in stated.items())


def _placed(values: Mapping[str, object]) -> None:
    try:
        position_of(values)
    except NoPosition as fault:
        raise _no_position(str(fault)) from fault


def _no_position(why: str) -> Refusal:
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


def move(known: Camera | None, command: MoveCamera, by: Bound | None, present: Present) -> CameraMoved:
    """Return CameraMoved; who must be present is the pack's to say (DAAN-04)."""
    _known(known, command.camera_id)
    _witnessed(by, "camera_move", command.witnesses, present)
    if unknown := sorted(set(command.values) - set(LIMITS)):
        raise _no_position(f"a move changes where a camera stands, and not {', '.join(unknown)[:100]}")
    _placed(command.values)
    return CameraMoved(**_fields(command) | {"values": _values(command.values)})


def note(
    known: Camera | None, command: CameraNote, by: Bound | None = None, present: Present = ()
) -> MaskAttested | InspectionRecorded | PermitRecorded | MaintenanceWitnessed:
    """Return the event of an attestation, inspection, permit or maintenance of a known camera."""
    _known(known, command.camera_id)
    match command:
        case AttestMask():
            return MaskAttested(**_fields(command))
        case RecordInspection():
            return InspectionRecorded(**_fields(command))
        case RecordPermit():
            return PermitRecorded(**_fields(command))
        case WitnessMaintenance():
            _witnessed(by, "maintenance", command.witnesses, present)
            return MaintenanceWitnessed(**_fields(command))


def retire(known: Camera | None, command: RetireCamera) -> CameraRetired | None:
    """Return CameraRetired, or None if it is retired already."""
    camera = _known(known, command.camera_id)
    return None if camera.retired_at else CameraRetired(**_fields(command))


def admit(known: Camera | None, command: AdmitTakeover) -> TakeoverAdmitted:
    """Return TakeoverAdmitted, its time attested by the person who gives the order."""
    _known(known, command.camera_id)
    if command.footage_to <= command.footage_from:
        raise Refusal(
            "EmptyInterval",
            status=422,
            title="The takeover's interval is empty",
            detail=f"{command.footage_from.isoformat()} to {command.footage_to.isoformat()}",
            remedy="Give an end after the start.",
        )
    return TakeoverAdmitted(**_fields(command), recovery_waived_by="")


def waive(admitted: Takeover | None, takeover_id: str, person: str) -> TakeoverAdmitted | None:
    """Return the takeover without recovery window, waived by a second person; None if it is waived already."""
    if admitted is None:
        raise Refusal(
            "UnknownTakeover",
            status=404,
            title="Unknown takeover",
            detail=f"{takeover_id!r} was never admitted",
            remedy="Admit it first.",
        )
    if admitted.attested_by == person:
        raise Refusal(
            "FourEyesNeeded",
            status=409,
            title="A second person must waive the recovery window",
            detail=f"{person} attests the time of this footage",
            remedy="Let another person waive it, or leave it.",
        )
    return (
        None
        if admitted.recovery_waived_by
        else TakeoverAdmitted(**_fields(replace(admitted, recovery_waived_by=person)))
    )


def file_shift(known: Camera | None, command: FileShift) -> ShiftFiled:
    """Return ShiftFiled. Filing again corrects what was filed before."""
    _known(known, command.device_id)
    if command.shift_to <= command.shift_from:
        raise Refusal(
            "EmptyInterval",
            status=422,
            title="The shift's interval is empty",
            detail=f"{command.shift_from.isoformat()} to {command.shift_to.isoformat()}",
            remedy="Give an end after the start.",
        )
    return ShiftFiled(**_fields(command))


def _known(known: Camera | None, camera_id: str) -> Camera:
    if known is None:
        raise Refusal(
            "UnknownCamera",
            status=404,
            title="Unknown camera",
            detail=f"{camera_id!r} is not registered",
            remedy="Register it first, or correct the id.",
        )
    return known


def _witnessed(by: Bound | None, act: str, witnesses: tuple[str, ...], present: Present) -> None:
    """Ask the pack that binds the camera, if it has a rule for it. Where none binds yet, two persons are needed."""
    if by is None:
        verdict, enough = None, len(set(witnesses)) > 1
    else:
        verdict = may(by, act, {"present": list(present)}) if by.pack.acts.get(act) else None
        enough = verdict is None or verdict.allowed
    if enough:
        return
    needed = " and ".join(verdict.need) if verdict is not None else ""
    raise Refusal(
        "WitnessesNeeded",
        status=422,
        title="Two witnesses are needed",
        detail=f"named: {', '.join(witnesses) or 'nobody'}" + (f"; needs {needed}" if needed else ""),
        rule=verdict.rule if verdict is not None else "",
        clauses=verdict.clauses if verdict is not None else (),
        remedy="Name two different persons who were present, in the roles that the policy asks for.",
        message=by.pack.says(verdict.rule) if by is not None and verdict is not None else {},
    )


def _fields(command: Any) -> dict[str, Any]:  # noqa: ANN401 (any command: its fields are its event's)
    return asdict(command)
