"""Policy documents and their life. Topic ``policy.events``, key policy_id. What *binds* is on the protection log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersionAdopted:
    """One version of a pack was adopted under an instrument that enacts it (SPD-03)."""

    policy_id: str
    version: int
    digest: str  # sha256 of the folder, hex
    instrument: str
    effective_from: datetime
    shortens: tuple[str, ...]  # rules that end earlier than before
    relaxes: tuple[str, ...]  # prohibitions, chains or duties that ask less than before
    simulation_digest: str
    approved_by: tuple[str, ...]
    scenarios_passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersionScheduled:
    """A version will bind later, after its notice period."""

    policy_id: str
    version: int
    digest: str
    binding_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeEnded:
    """A programme ended: no new recording, what is left runs out by policy (SPD-02)."""

    policy_id: str
    ended_at: datetime
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationReported:
    """What another version of the policy would do to the log as it stands; ``segments`` and bytes go earlier by it."""

    policy_id: str
    version: int
    digest: str  # of the pack that was simulated
    against: str  # digest of the pack in force then, empty if none was
    as_of: datetime
    report_digest: str  # sha256 of the report's canonical bytes: what a shortening must cite
    segments: int
    size_bytes: int
    cameras: int
    requests: int
    holds: int
