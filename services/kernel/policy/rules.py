"""The rules of a pack, typed: each names its clauses, or states its basis, so that every verdict can cite one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from services.kernel.policy.conditions import Applies, Condition
from services.kernel.policy.facts import Token
from services.kernel.policy.periods import Period, Reading

Text = Mapping[str, str]


class Gate(StrEnum):
    REQUEST = "request"
    ACT = "act"
    STORE = "store"


class Dispose(StrEnum):
    AT_MINIMUM = "at_minimum"
    AT_MAXIMUM = "at_maximum"
    NONE = "none"


class Clock(StrEnum):
    START = "start"
    END = "end"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule has; ``clauses`` is empty only where ``basis`` says that the rule is ours, not the agency's."""

    id: str
    clauses: tuple[str, ...] = ()
    title: Text = field(default_factory=dict)
    message: Text = field(default_factory=dict)
    basis: Text | None = None
    applies: Applies = field(default_factory=Applies)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    field: str
    values: Mapping[Token, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Questions that must be answered and documents that must be there."""

    fields: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    one_of: tuple[OneOf, ...] = ()
    also: tuple[tuple[Condition, "Need"], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prohibition(Rule):
    gates: frozenset[Gate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Rule):
    to: str
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Necessity:
    """Footage from longer before or after ``incident`` than ``margin`` needs an answer to ``explain``."""

    incident: str
    margin: timedelta
    explain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRule(Rule):
    kind: str
    requesters: frozenset[str]
    actions: frozenset[str]
    need: Need
    refuse_without: frozenset[str]
    chain: str
    decide_within: Period | None = None
    necessity: Necessity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Rule):
    act: str
    roles: frozenset[str]
    min_rank: str = ""
    delegable: int = 0
    after: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    withdrawable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Rule):
    steps: tuple[Step, ...]
    distinct: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    value: str
    within: str
    network: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    record: str
    fields: tuple[str, ...] = ()
    signed_by: tuple[str, ...] = ()
    by: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRule(Rule):
    acts: frozenset[str]
    grant: bool = False
    need: Need = Need()
    facts: Mapping[str, frozenset[Token]] = field(default_factory=dict)
    covers: tuple[tuple[str, str], ...] = ()
    chain: str = ""
    within: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    listed: tuple[Listed, ...] = ()
    present: tuple[frozenset[str], ...] = ()
    closes_with: tuple[Closing, ...] = ()
    treat: tuple[tuple[Condition, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRule(Rule):
    need: Need
    optional: tuple[str, ...] = ()
    closed: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)
    must_be: Mapping[str, Token] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty(Rule):
    every: Period | None = None
    per: str = ""
    late: str = "overdue"
    fields: tuple[str, ...] = ()
    confirm: str = ""
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Rule):
    period: Period
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation(Rule):
    acts: frozenset[str]
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule(Rule):
    """One interval, not a number: ``keep_at_least``, ``destroy_by``, or both, counted from ``clock``."""

    clock: str
    keep_at_least: Period | None = None
    destroy_by: Period | None = None
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldKind(Rule):
    kind: str
    lifts_maximum: bool
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """How long an open request protects, what may pause or lengthen that, and how much one request may protect."""

    blocks_for: Period
    past_maximum: bool = False
    working_day: bool = False
    pause_reasons: frozenset[str] = frozenset()
    pause_at_most: Period | None = None
    extend_by: Period | None = None
    extend_times: int = 0
    cameras_max: int | None = None
    camera_hours_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    rules: tuple[RetentionRule, ...]
    dispose: Dispose
    recovery: timedelta
    margin: timedelta
    open_request: OpenRequest
    holds: Mapping[str, HoldKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme(Rule):
    review_by: date
    ends: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeControl(Rule):
    approvals: int
    notice: Period
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(Rule):
    """Where a recording is stored under the agency's root, and what happens to sound."""

    path: str
    audio: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Days on which an office is closed; only terms of requests look at it, retention never does."""

    weekend: frozenset[int] = frozenset()
    every_year: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()

    def is_open(self, day: date) -> bool:
        if day.isoformat() in self.open:
            return True
        return not (
            day.isoweekday() in self.weekend or f"{day:%m-%d}" in self.every_year or day.isoformat() in self.closed
        )
