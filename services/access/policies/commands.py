"""What a person asks of policies: adopt a version, bind cameras to a pack, end a programme, decide on a project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person who wants the change, in the role that change control asks for."""

    person: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptVersion:
    """Adopt the version that is on offer, under an instrument that enacts it."""

    policy_id: str
    instrument: str
    simulation_digest: str
    effective: datetime | None
    approvals: tuple[Approval, ...]
    scenarios_passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BindCameras:
    """Say by which pack cameras, or a retention class, are judged from now on."""

    policy_id: str
    cameras: tuple[str, ...]
    retention_class: str
    simulation_digest: str
    approvals: tuple[Approval, ...]
