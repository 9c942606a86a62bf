"""What outsiders may see, and acts on the system itself. Topic ``audit.log``.

ActRefused and RecordDiscarded go to each service's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kernel.events.segment import Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRefused:
    """A command was refused (I9): on the topic of the service that refused it, never on the protection log."""

    act: str
    subject: str
    refusal: str
    rule: str
    clause: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDiscarded:
    """Two persons gave up a record that a consumer could not take: on the topic of the service that passed it over."""

    consumer: str
    position: str  # topic/partition/offset
    sha256: Sha256  # of its bytes, which stay on the topic of dead letters
    applied: int  # records that had waited behind it and were taken then
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One event that outsiders may see, redacted. ``entry`` is the exact JSON (UTF-8) that the tree hashes."""

    origin: str
    index: int
    event_type: str
    subject_event_id: UUID
    entry: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRun:
    """A projection was rebuilt from the log beside the live one, compared and switched."""

    service: str
    projection: str
    why: str
    records: int
    digest_before: str
    digest_after: str
    switched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRoundOpened:
    """A regular audit began (NPA-19)."""

    round_id: UUID
    agency: str
    unit: str
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRoundSampled:
    """The sample that an audit looks at, drawn by a seed that anyone can repeat."""

    round_id: UUID
    seed: str
    sampled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRoundClosed:
    """Findings and result of an audit (NPA-19)."""

    round_id: UUID
    findings: str
    result: str
    closed_at: datetime
