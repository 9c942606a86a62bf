"""For what a certificate is made out: a segment, a camera's hour, or what a request covered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kernel.certificate import exact


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSubject:
    """One generation of one segment."""

    camera_id: str
    started_at: datetime
    generation: int

    def to_json(self) -> dict[str, object]:
        """Return it as the certificate names it."""
        own = {"camera_id": self.camera_id, "started_at": exact(self.started_at), "generation": self.generation}
        return {"kind": "segment", **own}


@dataclass(frozen=True, slots=True, kw_only=True)
class HourSubject:
    """Everything of one camera that began in one clock hour (UTC)."""

    camera_id: str
    begins: datetime

    def to_json(self) -> dict[str, object]:
        """Return it as the certificate names it."""
        return {"kind": "hour", "camera_id": self.camera_id, "hour": exact(self.begins)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSubject:
    """Everything that a request asked for."""

    request_id: UUID

    def to_json(self) -> dict[str, object]:
        """Return it as the certificate names it."""
        return {"kind": "request", "request_id": str(self.request_id)}


Subject = SegmentSubject | HourSubject | RequestSubject
