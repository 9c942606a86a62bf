"""The spoliation clock: from when the footage of a request can be deleted, by policy and protections. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.kernel.policy import Pack, SegmentFacts, destroyable_from
from services.kernel.protection import Protection, is_active
from services.kernel.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """``runs_out_at`` is None where the footage is kept until two persons release it, or no time lets it go."""

    runs_out_at: datetime | None
    held: bool


def clock(pack: Pack, scope: Scope, protections: Sequence[Protection], now: datetime) -> Clock:
    """Return the earliest instant at which footage of this scope may be deleted.

    The class of the footage isn't asked of custody: rules for every class count, so the true instant may be later.
    """
    active = [each for each in protections if is_active(each, now) and _whole(each, scope)]
    if any(each.protects_until is None for each in active):
        return Clock(runs_out_at=None, held=True)
    begins = scope.starts_at
    free = destroyable_from(pack, SegmentFacts(start=begins, end=begins))
    ends = [each.protects_until for each in active if each.protects_until is not None]
    return Clock(runs_out_at=free and max([free, *ends]), held=False)


def _whole(protection: Protection, scope: Scope) -> bool:
    return any(_within(scope, each) for each in protection.scopes)


def _within(inner: Scope, outer: Scope) -> bool:
    """Whether an outer scope surely covers all of an inner one: what only a filed fact could tell doesn't count."""
    if outer.area or outer.incident or (outer.officer and outer.officer != inner.officer):
        return False
    if outer.cameras and not (inner.cameras and set(inner.cameras) <= set(outer.cameras)):
        return False
    if outer.starts_at > inner.starts_at:
        return False
    return outer.ends_at is None or (inner.ends_at is not None and inner.ends_at <= outer.ends_at)
