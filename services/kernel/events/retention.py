"""What retention sees and proposes. Topics ``retention.events`` and ``deletion.commands``, key camera_id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kernel.batches import HourLine


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionQueued:
    """Footage entered its recovery window: it goes at ``until`` unless somebody protects it."""

    camera_id: str
    until: datetime
    rule_ids: tuple[str, ...]
    lines: tuple[HourLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionUnqueued:
    """Footage left the queue because a protection or a longer policy covers it now."""

    camera_id: str
    why: str
    lines: tuple[HourLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueFound:
    """Past the maximum: ``overdue`` when nothing protects it, ``past_maximum_protected`` when it lawfully stays."""

    camera_id: str
    outcome: str
    destroy_by: datetime
    protected_by: tuple[str, ...]
    lines: tuple[HourLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerTripped:
    """More deletions than the limit: proposing stops until two persons reset it."""

    camera_id: str
    limit: str
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerReset:
    """Two persons let proposals go on."""

    camera_id: str
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockHalted:
    """The database clock ran backwards or jumped beyond the margin: nothing is proposed."""

    camera_id: str
    last_seen_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionCommanded:
    """R2. A proposal, nothing more: access clears it, custody judges it."""

    batch_id: UUID
    camera_id: str
    lines: tuple[HourLine, ...]
    policy_id: str
    policy_version_expected: int
    rule_ids: tuple[str, ...]
