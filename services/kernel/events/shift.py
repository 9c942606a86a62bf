"""Shifts, devices and daily checks of body-worn cameras. Topic ``shift.events``, key device_id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTested:
    """Test before the shift (NPA-03)."""

    device_id: str
    shift: str
    officer: str
    result: str  # ok or fault
    tested_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFaultReported:
    """A fault, reported at once, with the device that replaces it (NPA-03)."""

    device_id: str
    reported_to: str
    repair_ticket: str
    replacement_device: str
    work_log_entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftFiled:
    """Who wore a device, when, and in which incidents: facts that holds by officer or incident are judged by."""

    device_id: str
    shift: str
    officer: str  # person id
    shift_from: datetime
    shift_to: datetime
    incidents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingNotCompleted:
    """Filing that could not be finished, with its reason (NPA-09)."""

    device_id: str
    shift: str
    why: str
    work_log_entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCheckSigned:
    """The custodian's archive of the day and its comparison with the catalog (NPA-07)."""

    device_id: str
    day: str
    archive_sha256: str
    catalog_match: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCheckConfirmed:
    """The supervisor's confirmation of a daily check (NPA-07)."""

    device_id: str
    day: str
