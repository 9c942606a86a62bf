"""What a person asks of a request: hand it in, sign a step, delegate one, take it back, close it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.kernel.policy import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """Who acts: the person, never the account, with what the people file says of him."""

    person: str
    roles: frozenset[str]
    rank: str = ""
    agency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRequest:
    """Hand in a form; ``facts`` has ``requester``, ``request`` and ``documents`` as the pack names them."""

    request_id: UUID
    policy_id: str
    by: Signatory
    facts: Facts
    personal_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignStep:
    """Approve, return, deny or give an opinion on one step of the chain."""

    request_id: UUID
    step: str
    by: Signatory
    decision: str  # approve, return, deny or consult
    note: str = ""
    opinion: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateStep:
    """Let somebody else sign one's step for a dated time; one level deep."""

    request_id: UUID
    step: str
    by: Signatory
    to: str
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeDelegation:
    """Take a delegation back that one gave."""

    request_id: UUID
    step: str
    by: Signatory
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTerm:
    """Stop the clock of the term for a reason that the pack names, start it again, or lengthen the term."""

    request_id: UUID
    by: Signatory
    change: str  # paused, resumed or extended
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRequest:
    """The request is carried out; or its term is over and the system closes it."""

    request_id: UUID
    by: Signatory
    outcome: str = "fulfilled"
