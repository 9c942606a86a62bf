"""What the registry knows already, as its decisions look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
