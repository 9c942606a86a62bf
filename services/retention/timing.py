"""When the segments of a bucket may and must go, by the version that binds now. One answer serves a whole hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial

from services.kernel.batches import hour_start
from services.kernel.binding import PolicyBinding
from services.kernel.ids import EPOCH
from services.kernel.mark import CLOCK_MARGIN, destroyable_from
from services.kernel.policy import (
    DueHour,
    Pack,
    RetentionInterval,
    SegmentFacts,
    due_hour,
    execution_allowance,
    interval,
    recovery_window,
)
from services.retention.bucket import MICROSECOND, Bucket

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The version that binds a bucket, and its pack: the binding names it by digest, so it alone tells two apart."""

    pack: Pack = field(compare=False)
    binding: PolicyBinding

    @property
    def recovery(self) -> timedelta:
        return recovery_window(self.pack)

    @property
    def allowance(self) -> timedelta:
        return execution_allowance(self.pack)

    @property
    def shortened_at(self) -> datetime | None:
        return self.binding.binding_from if self.binding.shortens else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Instants of a whole bucket: ``command_at`` is early for none of its segments, ``destroy_by`` late for none.

    ``apart``: the one would be late by the other, at a month's end or in a lost day, so each segment has its own.
    """

    queue_at: datetime | None
    command_at: datetime | None
    destroy_by: datetime | None
    rule_ids: tuple[str, ...]
    apart: bool = False


def timing(bucket: Bucket, rules: Rules) -> Timing:
    """Return the instants of the whole bucket: one command a camera and hour, not one a segment."""
    longest = -(-bucket.longest // HOUR) * HOUR
    by_hour = _by_hour(rules, bucket.key.hour, max(longest, HOUR), bucket.retention_class)
    command_at = destroyable_from(
        by_hour.command_at,
        binding=rules.binding,
        recovery_from=EPOCH + max(bucket.recoveries_us, default=0) * MICROSECOND,
        recovery=rules.recovery,
        recorded_at=bucket.first_recorded,
    )
    return Timing(
        queue_at=command_at and command_at - rules.recovery,
        command_at=command_at,
        destroy_by=by_hour.destroy_by,
        rule_ids=by_hour.rule_ids,
        apart=by_hour.apart,
    )


def segment_interval(bucket: Bucket, position: int, rules: Rules) -> RetentionInterval:
    """Return the exact interval of one segment, as custody computes it."""
    return interval(rules.pack, segment_facts(bucket, position), shortened_at=rules.shortened_at)


def segment_command_at(bucket: Bucket, position: int, rules: Rules) -> datetime | None:
    """Return the instant from which custody would let this one segment go (decision 1)."""
    return destroyable_from(
        interval(rules.pack, segment_facts(bucket, position)).command_at,
        binding=rules.binding,
        recovery_from=bucket.recovery_from(position),
        recovery=rules.recovery,
        recorded_at=bucket.recorded_at(position),
    )


def segment_facts(bucket: Bucket, position: int) -> SegmentFacts:
    """Return one segment as the policy asks for it."""
    return SegmentFacts(bucket.started_at(position), bucket.ended_at(position), bucket.retention_class)


@lru_cache(maxsize=65_536)
def _by_hour(rules: Rules, hour: int, longest: timedelta, retention_class: str) -> Timing:
    begins = hour_start(hour)
    safe = partial(due_hour, rules.pack, begins, begins + HOUR, longest=longest, retention_class=retention_class)
    whole = safe()
    return Timing(
        queue_at=None,
        # Without the shortening: its floor stands in destroyable_from, where custody has it too.
        command_at=whole.command_at,
        # The exact instant of each segment is asked for once this has come.
        destroy_by=safe(shortened_at=rules.shortened_at).destroy_by if rules.shortened_at else whole.destroy_by,
        rule_ids=interval(rules.pack, SegmentFacts(begins, begins, retention_class)).rules,
        apart=_crossed(whole),
    )


def _crossed(whole: DueHour) -> bool:
    if whole.command_at is None or whole.destroy_by is None:
        return False
    return whole.command_at + CLOCK_MARGIN > whole.destroy_by
