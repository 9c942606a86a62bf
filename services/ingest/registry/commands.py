"""Orders about cameras, devices, takeovers and shifts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCamera:
    """Make a camera known. ``policy_id`` names the pack whose record rule the values are held against."""

    camera_id: str
    kind: str
    agency: str
    area: str = ""
    place: str = ""
    direction: str = ""
    mask_areas: tuple[str, ...] = ()
    device_owner: str = ""
    policy_id: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCamera:
    camera_id: str
    area: str
    place: str
    direction: str
    moved_at: datetime
    witnesses: tuple[str, ...]
    values: Mapping[str, object] = field(default_factory=dict)  # where it stands now


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestMask:
    camera_id: str
    mask_version: str
    areas: tuple[str, ...]
    valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInspection:
    camera_id: str
    result: str
    inspected_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPermit:
    camera_id: str
    permit_number: str
    issued_on: str
    expires_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessMaintenance:
    camera_id: str
    work: str
    witnesses: tuple[str, ...]
    done_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireCamera:
    camera_id: str
    retired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitTakeover:
    """Let footage of an older recorder in, its time attested by a named person (decision 12)."""

    camera_id: str
    takeover_id: str
    source: str
    footage_from: datetime
    footage_to: datetime
    attested_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShift:
    device_id: str
    shift: str
    officer: str
    shift_from: datetime
    shift_to: datetime
    incidents: tuple[str, ...] = ()


CameraNote = RecordInspection | RecordPermit | WitnessMaintenance | AttestMask
