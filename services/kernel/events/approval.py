"""Signatures on a request, step by step of its chain. Topic ``approval.events``, key request_id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kernel.events.camera import FieldValue
from services.kernel.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class StepApproved:
    """A person signed a step (NPA-14, NPA-21, DAAN-11)."""

    request_id: UUID
    step: str
    person: str  # person id, never an account
    role: str
    rank: str
    delegated_by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReturned:
    """Sent back for correction: every signature is asked for again, once the applicant has handed it in anew."""

    request_id: UUID
    step: str
    person: str
    role: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDenied:
    """A person denied the request: the chain ends."""

    request_id: UUID
    step: str
    person: str
    role: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDelegated:
    """A step may be signed by somebody else for a dated time, one level deep (NPA-14)."""

    request_id: UUID
    step: str
    by: str
    to: str
    valid_from: datetime
    valid_to: datetime
    rank: str = ""  # of who delegates: a step may be his by rank alone


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationRevoked:
    """Whoever delegated a step takes it back; what was signed under it stands."""

    request_id: UUID
    step: str
    by: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationGiven:
    """An office that had to be asked gave its opinion (NPA-17)."""

    request_id: UUID
    step: str
    person: str
    role: str
    opinion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestGranted:
    """Derived when the last step of the chain was signed; never entered by hand."""

    request_id: UUID
    grant_version: int
    actions: tuple[str, ...]
    scope: Scope
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDecided:
    """One of the five decisions that open a live project, in their order; made again, it only narrows (LIVE-03)."""

    project_id: str
    decision: str  # group, lead_decision, police_consent, members or set_permissions
    person: str
    role: str
    members: tuple[str, ...]
    period_from: datetime | None
    period_to: datetime | None
    cameras: tuple[str, ...] = ()  # that the police consent names
    networks: tuple[str, ...] = ()  # source addresses as CIDR (LIVE-05)
    values: tuple[FieldValue, ...] = ()  # the project's record as the pack's record rule asks for it
    withdrawn: bool = False  # the decision is taken back, with every later one that rested on it
