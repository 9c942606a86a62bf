"""Which facts about a known camera may be filed: commands and state in, events out, or a Refusal. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
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
    RetireCamera,
    WitnessMaintenance,
)
from services.ingest.registry.known import Camera, Takeover
from services.ingest.registry.registering import field_values, must_be_a_place, no_position
from services.kernel.events import (
    CameraMoved,
    CameraRetired,
    InspectionRecorded,
    MaintenanceWitnessed,
    MaskAttested,
    PermitRecorded,
    ShiftFiled,
    TakeoverAdmitted,
)
from services.kernel.position import LIMITS
from services.runtime.http import Refusal

Present = Sequence[Mapping[str, str]]
"""Who was there, once for each of his roles: ``person`` and ``role``."""


def move(known: Camera | None, command: MoveCamera, by: Bound | None, present: Present) -> CameraMoved:
    """Return CameraMoved; who must be present is the pack's to say (DAAN-04)."""
    _known(known, command.camera_id)
    _witnessed(by, "camera_move", command.witnesses, present)
    if unknown := sorted(set(command.values) - set(LIMITS)):
        raise no_position(f"a move changes where a camera stands, and not {', '.join(unknown)[:100]}")
    must_be_a_place(command.values)
    return CameraMoved(**_fields(command) | {"values": field_values(command.values)})


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
