"""What the kernel answers: frozen, with the rule and the clauses that it rests on, and what is still missing."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.kernel.policy.rules import Rule, Text

NEVER: Final = "never"


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    ROUTED = "routed"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"
    RECORDED = "recorded"
    GRANTED = "granted"
    DENIED = "denied"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    ALLOWED = "allowed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The part that every answer shares. ``override`` is "never" where nobody may decide otherwise."""

    outcome: str
    reason: str = ""
    rule: str = ""
    clauses: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    message: Text | None = None
    override: str = ""

    def to_facts(self) -> dict[str, object]:
        """The verdict as plain values, for scenarios, JSON and audit entries; instants are ISO 8601 in UTC."""
        return {field.name: plain(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(Verdict):
    """Answer to a request: ``chain`` and ``steps`` decide it, ``notify`` is told, ``to`` alone decides when routed."""

    chain: str = ""
    steps: tuple[str, ...] = ()
    to: str = ""
    notify: tuple[str, ...] = ()

    @property
    def admitted(self) -> bool:
        return self.outcome in (Outcome.ACCEPTED, Outcome.ROUTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepVerdict(Verdict):
    """Answer to one signature: ``open`` are the steps still to come, ``waiting_for`` those that must come first."""

    chain: str = ""
    open: tuple[str, ...] = ()
    waiting_for: tuple[str, ...] = ()
    delegated_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActVerdict(Verdict):
    """Answer before an act: ``obligations`` must be written after it, ``until`` ends it, ``treatments`` change it."""

    obligations: tuple[str, ...] = ()
    treatments: tuple[str, ...] = ()
    until: datetime | None = None
    need: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    value: str = ""

    @property
    def allowed(self) -> bool:
        return self.outcome != Outcome.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseVerdict(Verdict):
    """Answer after an act: are its receipts and register entries there, signed and in time?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVerdict(Verdict):
    """Answer to a register or registration entry before it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionInterval:
    """When footage may and must go, in UTC. ``None`` is "no such limit"; ``command_at`` None is "never by time".

    ``queue_at`` starts the recovery window, ``command_at`` ends it: minimum, recovery, aim and maximum are all in it.
    """

    keep_until: datetime | None
    destroy_by: datetime | None
    queue_at: datetime | None
    command_at: datetime | None
    rules: tuple[str, ...] = ()
    conflict: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentVerdict(Verdict):
    """Where one segment stands at an instant, protections included."""

    keep_until: datetime | None = None
    destroy_by: datetime | None = None
    queue_at: datetime | None = None
    command_at: datetime | None = None
    deletable: bool = False
    rules: tuple[str, ...] = ()
    conflict: bool = False
    blocked_by: tuple[str, ...] = ()
    unknown_hold_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyVerdict(Verdict):
    """Where a recurring duty stands: ``missed`` whole periods, ``counted`` fulfilments, ``due_by`` the next end."""

    missed: int = 0
    counted: int = 0
    due_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TermVerdict(Verdict):
    """How long a register entry stays; afterwards its key is destroyed."""

    keep_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeVerdict(Verdict):
    """Whether new footage may still be taken in under this programme."""

    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    rule: str
    act: str
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation(Verdict):
    """Acts on the log that no grant, or no register entry, accounts for."""

    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionVerdict(Verdict):
    """Whether a version may be adopted, and what in it shortens a period or relaxes a safeguard."""

    shortens: tuple[str, ...] = ()
    relaxes: tuple[str, ...] = ()
    earliest: datetime | None = None


def cited(rule: Rule | None) -> tuple[str, tuple[str, ...]]:
    return (rule.id, rule.clauses) if rule is not None else ("", ())


def plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Finding):
        return {"rule": value.rule, "act": value.act}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, StrEnum) else value
