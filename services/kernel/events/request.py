"""Requests for footage. Topic ``request.events``, key request_id. No applicant's name stands here in clear (I7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kernel.events.camera import FieldValue
from services.kernel.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSubmitted:
    """A request was handed in and is complete enough to be decided on its merits."""

    request_id: UUID
    policy_id: str
    kind: str
    action: str  # view, copy, preserve, ...
    requester: str  # person id
    requester_class: str
    scope: Scope
    facts: tuple[FieldValue, ...]  # answers that name no person
    documents: tuple[str, ...]
    personal_ref: str  # row in the vault that holds name, telephone and the like
    chain: str
    rule: str
    term_ends_at: datetime  # until then the request protects what it covers


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRouted:
    """The request belongs to another office and is decided nowhere else (SPD-13)."""

    request_id: UUID
    to: str
    chain: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused:
    """A rule refuses: at once, with its clause, and nobody can override it where ``override`` is never (I9)."""

    request_id: UUID
    policy_id: str
    kind: str
    action: str
    requester: str
    requester_class: str
    refusal: str
    rule: str
    clauses: tuple[str, ...]
    missing: tuple[str, ...]
    override: str
    notify: tuple[str, ...]
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCorrected:
    """The applicant handed a returned request in again: kind, class and policy stay, the answers are these now."""

    request_id: UUID
    action: str
    scope: Scope
    facts: tuple[FieldValue, ...]
    documents: tuple[str, ...]
    personal_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTermChanged:
    """The clock of a request's term was stopped, started again, or its term lengthened, as the policy allows."""

    request_id: UUID
    change: str  # paused, resumed or extended
    pause_reason: str  # one that the pack names
    at: datetime
    term_ends_at: datetime  # while it is paused: the latest at which it can then end


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWithdrawn:
    """The applicant takes the request back; its protection ends with the recovery window."""

    request_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestClosed:
    """The request has been carried out, denied, or its term has run out."""

    request_id: UUID
    outcome: str  # fulfilled, denied, withdrawn or expired
    closed_at: datetime
