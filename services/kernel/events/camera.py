"""Facts about cameras and devices, and takeovers of an older recorder. Topic ``camera.events``, key camera_id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CameraKind(StrEnum):
    FIXED = "fixed"
    BODY_WORN = "body_worn"
    LIVE_ONLY = "live_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValue:
    """One field of a record whose form the policy pack defines; ``value`` is JSON."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRegistered:
    """A camera or body-worn device is known from now on (SPD-01, SPD-10, DAAN-01, DAAN-12, NPA-01)."""

    camera_id: str
    kind: str  # CameraKind
    agency: str
    area: str  # empty: not stated, so an area hold covers it
    place: str
    direction: str
    mask_areas: tuple[str, ...]  # areas that a mask must cover (SPD-11)
    device_owner: str  # public or private (NPA-01), empty for fixed cameras
    values: tuple[FieldValue, ...]  # the whole record as the pack's record rule asks for it


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraMoved:
    """A camera stands elsewhere from ``moved_at`` on (DAAN-04: witnessed)."""

    camera_id: str
    area: str
    place: str
    direction: str
    moved_at: datetime
    witnesses: tuple[str, ...]  # person ids
    values: tuple[FieldValue, ...] = ()  # where it stands now: latitude and longitude


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskAttested:
    """A named person attests that a mask version covers areas of the picture (SPD-11)."""

    camera_id: str
    mask_version: str
    areas: tuple[str, ...]
    valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitRecorded:
    """The permit under which a camera records (DAAN-01)."""

    camera_id: str
    permit_number: str
    issued_on: str  # ISO date in the agency's zone
    expires_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionRecorded:
    """A regular inspection and its result (DAAN-01)."""

    camera_id: str
    result: str
    inspected_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWitnessed:
    """Maintenance of a recorder in the presence of two persons (DAAN-04)."""

    camera_id: str
    work: str
    witnesses: tuple[str, ...]  # person ids
    done_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRetired:
    """No new footage is accepted from this camera; what is stored runs out by policy."""

    camera_id: str
    retired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverAdmitted:
    """Footage of an older recorder may come in, its time attested by a named person.

    The recovery window runs from arrival unless ``recovery_waived_by`` names who waived it.
    """

    camera_id: str
    takeover_id: str
    source: str
    footage_from: datetime
    footage_to: datetime
    attested_by: str
    recovery_waived_by: str
