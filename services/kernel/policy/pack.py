"""A loaded policy pack: frozen, with its indexes built once, so that a verdict looks rules up instead of searching."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from services.kernel.policy.conditions import Vocabulary
from services.kernel.policy.periods import Reading
from services.kernel.policy.rules import (
    ActRule,
    Calendar,
    Chain,
    ChangeControl,
    Duty,
    Filing,
    Gate,
    Programme,
    Prohibition,
    RecordRule,
    Register,
    RequestRule,
    Retention,
    Route,
    Rule,
    Text,
    Violation,
)

DIGEST_CHARS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One version of one agency's rules. Build it with ``pack_from``; ``document`` is the mapping that it came from."""

    id: str
    version: int
    status: str
    title: Text
    agency: str
    agency_name: Text
    language: str
    effective: date
    enacted_by: tuple[str, ...]
    digest: str
    zone: ZoneInfo
    readings: tuple[Reading, ...]
    vocabulary: Vocabulary
    ranks: tuple[str, ...]
    change_control: ChangeControl
    programme: Programme | None
    retention: Retention
    filing: Filing | None
    calendar: Calendar
    prohibitions: Mapping[Gate, tuple[Prohibition, ...]]
    routing: tuple[Route, ...]
    requests: Mapping[str, RequestRule]
    chains: Mapping[str, Chain]
    acts: Mapping[str, tuple[ActRule, ...]]
    records: Mapping[str, RecordRule]
    duties: Mapping[str, Duty]
    registers: Mapping[str, Register]
    violations: tuple[Violation, ...]
    rules: Mapping[str, Rule]
    request_chains: frozenset[str]
    document: Mapping[str, object] = field(repr=False, compare=False)
    calendar_document: Mapping[str, object] = field(repr=False, compare=False)

    @property
    def reference(self) -> str:
        """What the envelope's ``policy_version`` carries: ``<pack id>@<version>#<first 12 hex of the digest>``."""
        return f"{self.id}@{self.version}#{self.digest[:DIGEST_CHARS]}"

    def rule(self, rule_id: str) -> Rule:
        """Return a rule by its id; raises KeyError for an id that this version doesn't have."""
        return self.rules[rule_id]

    def says(self, rule_id: str) -> Text:
        """Return what a rule tells people in each language: its message, else its title; nothing for no rule."""
        rule = self.rules.get(rule_id)
        return {} if rule is None else rule.message or rule.title
