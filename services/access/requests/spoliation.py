"""The spoliation clock: from when the footage of a request can be deleted, by policy and protections. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.kernel.policy import Pack, SegmentFacts, destroyable_from
from services.kernel.protection import Protection, is_active
from services.kernel.scope import Scope

CLASS: Final = "segment.class"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """``runs_out_at`` is None where the footage is kept until two persons release it, or no time lets it go."""

    runs_out_at: datetime | None
    held: bool


def clock(pack: Pack, scope: Scope, protections: Sequence[Protection], now: datetime) -> Clock:
    """Return the earliest instant at which footage of this scope may be deleted; ``pack`` is the version in force.

    Each class that the pack keeps apart has an interval of its own, and the first of them to end counts: which classes
    the footage has only custody knows, and a clock that is late is worse than one that is early.
    """
    active = [each for each in protections if is_active(each, now) and _whole(each, scope)]
    if any(each.protects_until is None for each in active):
        return Clock(runs_out_at=None, held=True)
    ends = [each.protects_until for each in active if each.protects_until is not None]
    free = _free(pack, scope)
    return Clock(runs_out_at=free and max([free, *ends]), held=False)


def _free(pack: Pack, scope: Scope) -> datetime | None:
    begins = scope.starts_at
    each = [SegmentFacts(start=begins, end=begins, retention_class=name) for name in classes(pack)]
    return min((at for one in each if (at := destroyable_from(pack, one)) is not None), default=None)


def classes(pack: Pack) -> tuple[str, ...]:
    """Return the classes that a pack's rules on keeping tell apart, and the one that none of them names."""
    conditions = [rule.applies.when for rule in pack.retention.rules]
    conditions += [rule.applies.unless for rule in pack.retention.rules if rule.applies.unless is not None]
    terms = [term for condition in conditions for term in condition.terms if CLASS in term.names]
    return ("", *sorted({str(value) for term in terms for value in term.values}))


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
