"""What stands past its maximum: overdue without a protection, lawful with one (decision 8). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.kernel.mark import destroy_by_with_protection
from services.retention.bits import bit, positions
from services.retention.bucket import Bucket
from services.retention.shield import Shield
from services.retention.timing import Rules, segment_interval

# A line that was crossed, and the protections that stand.
Found = defaultdict[tuple[datetime, tuple[str, ...]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """Segments past their maximum, with the line that they crossed and what protects them."""

    destroy_by: datetime
    protected_by: tuple[str, ...]
    map: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What a visit tells for the first time; ``next`` are instants at which more may cross its line."""

    overdue: tuple[Reported, ...] = ()
    protected: tuple[Reported, ...] = ()
    next: tuple[datetime, ...] = ()


def past_maximum(
    bucket: Bucket, bound: datetime | None, rules: Rules, shields: Mapping[int, Shield], now: datetime
) -> Late:
    """Judge the live segments of a bucket whose first maximum is ``bound``; what was told before isn't told again."""
    if bound is None:
        return Late()
    if now < bound:
        return Late(next=(bound,))
    overdue, protected, ahead = Found(int), Found(int), list[datetime]()
    for position in positions(bucket.size, bucket.live):
        destroy_by = segment_interval(bucket, position, rules).destroy_by
        if destroy_by is None:
            continue
        mine, found = bit(bucket.size, position), shields.get(position, Shield())
        target, done, line = overdue, bucket.overdue, destroy_by
        if found.standing:
            target, done = protected, bucket.past_maximum
        else:
            line = destroy_by_with_protection(destroy_by, found.past, rules.allowance) or destroy_by
        if done & mine:
            continue
        if now < line:
            ahead.append(line)
        else:
            target[line, tuple(sorted(str(p.hold_id) for p in found.standing))] |= mine
    return Late(overdue=_reports(overdue), protected=_reports(protected), next=tuple(ahead))


def _reports(found: Found) -> tuple[Reported, ...]:
    return tuple(Reported(destroy_by=at, protected_by=by, map=map_) for (at, by), map_ in sorted(found.items()))
