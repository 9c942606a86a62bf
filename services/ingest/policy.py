"""What ingest asks the pack that binds a camera: may this come in, may this go, and from which instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from services.ingest.catalog.footage import Footage
from services.kernel import mark
from services.kernel.binding import PolicyBinding
from services.kernel.policy import ActVerdict, Pack, RetentionInterval, SegmentFacts, act, file_path, interval
from services.kernel.policy.filing import FilingError
from services.kernel.protection import ProtectionLog

UNFILED = "unfiled"


class Packs(Protocol):
    """The packs of this installation: every version that ever bound, by id and version."""

    def version(self, policy_id: str, version: int, digest: str) -> Pack | None:
        """Return one version, or None if it isn't installed or has other bytes than were adopted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The pack that binds a camera now, and the record on the protection log that says so."""

    pack: Pack
    binding: PolicyBinding


def bound(log: ProtectionLog, packs: Packs, camera_id: str, retention_class: str, now: datetime) -> Bound | None:
    """Return what binds a camera at ``now``, or None where anything of it is missing: then nothing may go (I3)."""
    policy_id = log.policy_of(camera_id, retention_class, now)
    binding = log.binding(policy_id, now) if policy_id else None
    pack = packs.version(binding.policy_id, binding.version, binding.digest) if binding else None
    return Bound(pack=pack, binding=binding) if pack and binding else None


def strictest(log: ProtectionLog, packs: Packs, footage: Footage, now: datetime) -> Bound | None:
    """Return what binds footage at ``now``; of two inside the margin for clocks, the one that keeps it longer (I2).

    Whoever adopted a longer version may have a clock that is ahead of ours: it counts as soon as we have read it.
    """
    known = footage.camera_id, footage.retention_class
    by, soon = bound(log, packs, *known, now), bound(log, packs, *known, now + mark.CLOCK_MARGIN)
    if by is None or soon is None:
        return None
    return by if by.binding == soon.binding else max(by, soon, key=lambda each: _latest(each, footage))


def _latest(by: Bound, footage: Footage) -> datetime:
    return times(by, footage).destroyable_from or datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The interval of one segment under the version that binds now, and the instant on which the mark guards."""

    interval: RetentionInterval
    destroyable_from: datetime | None


def times(by: Bound, footage: Footage) -> Times:
    """Compute when a segment may and must go. Takeovers and shortenings are already in ``destroyable_from``."""
    segment = SegmentFacts(footage.started_at, footage.ended_at, footage.retention_class)
    shortened_at = by.binding.binding_from if by.binding.shortens else None
    found = interval(by.pack, segment, shortened_at=shortened_at)
    from_when = mark.destroyable_from(
        found.command_at,
        binding=by.binding,
        recovery_from=footage.recovery_from,
        recovery=by.pack.retention.recovery,
        recorded_at=footage.recorded_at,
    )
    return Times(interval=found, destroyable_from=from_when)


def may(by: Bound, name: str, facts: Mapping[str, object]) -> ActVerdict | None:
    """Ask the pack's rules of an act; None where it has none, which for ingest and destroy leaves it to other rules."""
    verdict = act(by.pack, {"act": name, **facts})
    return None if verdict.reason == "no_rule" and not by.pack.acts.get(name) else verdict


def asks_for_the_oldest(by: Bound) -> bool:
    """Tell whether a destroy rule wants to know if older footage could go first (DAAN-02)."""
    return any("footage.oldest_expired" in rule.facts for rule in by.pack.acts.get("destroy", ()))


def folder(pack: Pack, started_at: datetime, values: Mapping[str, str]) -> str:
    """Return the pack's path for a recording; what nobody has filed yet reads ``unfiled``."""
    filled = {name: value or UNFILED for name, value in values.items()}
    try:
        return file_path(pack, started_at, filled)
    except FilingError:
        return f"{UNFILED}/{filled['camera']}/{started_at:%Y/%m/%d}"
