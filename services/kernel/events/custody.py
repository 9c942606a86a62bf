"""What custody answers. Topic ``custody.events``, key hold_id or batch_id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kernel.batches import HourLine


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuredSpan:
    """Secured footage of one camera: exact by count and digest; the list itself is served by custody's API."""

    camera_id: str
    segments: int
    first_started_at: datetime
    last_started_at: datetime
    digest: str  # sha256 hex over the sorted "<micros>/<generation>\n" of each segment


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldApplied:
    """C1. Effective, and nothing else is: three exact lists as they stood under custody's gate (decision 3)."""

    hold_id: UUID
    seq: int
    secured: tuple[SecuredSpan, ...]
    destroying: tuple[HourLine, ...]
    gone: tuple[HourLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAnswerAmended:
    """C6. A fact filed later changed what a hold covers: newly secured, or found gone."""

    hold_id: UUID
    seq: int
    newly_secured: tuple[HourLine, ...]
    found_gone: tuple[HourLine, ...]
    fact: str


class Outcome(StrEnum):
    """What became of one line of a batch."""

    DESTROYING = "destroying"
    REFUSED = "refused"
    GONE = "gone"
    VOID = "void"
    UNKNOWN = "unknown"  # custody has no such segment


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    """One outcome and the segments that it befell."""

    outcome: str  # Outcome
    reason: str  # guard that refused, empty otherwise
    seq: int  # position in the protection log that the refusal rests on
    not_before: datetime | None
    lines: tuple[HourLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAnswered:
    """Every line of the batch has an outcome. A closed id is never executed again."""

    batch_id: UUID
    camera_id: str
    answers: tuple[LineAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionParked:
    """C1p. A record of the protection log can't be read: no destruction in its scope until two persons settle it."""

    parked_id: str  # "<topic>/<partition>/<offset>"
    hold_id: str  # from the header, empty if that is unreadable too
    offset: int
    everywhere: bool  # no readable scope: no mark at all
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionSettled:
    """C2. Two persons settled a parked record."""

    parked_id: str
    hold_id: str
    how: str  # retried or superseded
    settled_by: tuple[str, ...]
