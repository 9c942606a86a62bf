"""The protection log: everything that forbids a deletion, in one order. Topic ``hold.events``, one partition.

Written by access alone under its gate; ``seq`` is dense and is the stream version, so the proof survives mirroring.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kernel.batches import HourLine
from services.kernel.scope import Scope


class ProtectionKind(StrEnum):
    HOLD = "hold"
    REQUEST = "request"
    RESCUE = "rescue"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced:
    """A1. Accepted once the broker has it: its scope enters no new destruction until ``protects_until``."""

    hold_id: UUID
    seq: int
    kind: str  # ProtectionKind
    hold_kind: str  # kind of hold in the pack; one that the pack doesn't know still holds
    scope: Scope
    matter: str
    authority: str  # who ordered it, and under which clause
    review_by: datetime | None
    protects_until: datetime | None  # end of a request's term or of a rescue; None until a hold is released
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldExtended:
    """Another A1 with its own seq: the scope only grows, the review date or the end moves later (decision 6)."""

    hold_id: UUID
    seq: int
    scope: Scope
    review_by: datetime | None
    protects_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleaseProposed:
    """The first of two persons proposes a release. Changes nothing yet."""

    hold_id: UUID
    seq: int
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleased:
    """A2. The hold gets an end: nothing that it covers goes before ``protects_until``."""

    hold_id: UUID
    seq: int
    proposed_by: str
    confirmed_by: str
    protects_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInForce:
    """A3. A version of a pack binds from ``binding_from``; the log's order decides between versions (F13)."""

    seq: int
    policy_id: str
    version: int
    digest: str
    binding_from: datetime
    shortens: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraBound:
    """Exactly one pack binds a camera at a time; ``camera_id`` empty binds every camera of a class."""

    seq: int
    policy_id: str
    camera_id: str
    retention_class: str
    binding_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionCleared:
    """A4. Access has seen this batch; custody destroys only what it has read a clearance for, in order."""

    batch_id: UUID
    seq: int
    camera_id: str
    lines: tuple[HourLine, ...]
    policy_id: str
    policy_version_expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReviewDue:
    """The review date of a hold has come; the hold stays in force until two persons release it."""

    hold_id: UUID
    seq: int
    review_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldProposed:
    """Footage of an open request would run out: the system proposes a hold, a person places it."""

    hold_id: UUID
    seq: int
    request_id: str
    scope: Scope
    runs_out_at: datetime
