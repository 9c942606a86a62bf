"""When footage may and must go: the longest minimum, the earliest maximum, the recovery window before it.

A minimum beats a maximum, missing knowledge never deletes (I3), and ``command_at`` is the one instant that custody's
mark guards on: minimum, recovery window, aim and maximum are already in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from services.kernel.policy.conditions import Truth
from services.kernel.policy.facts import Facts, instants, lookup
from services.kernel.policy.pack import Pack
from services.kernel.policy.periods import Period, ends
from services.kernel.policy.rules import Clock, Dispose, HoldKind, RetentionRule
from services.kernel.policy.verdicts import RetentionInterval

_NO_FACTS: Final[Facts] = {}


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """One recording: aware instants, the class that the camera's binding gives it, and what rules may ask about it."""

    start: datetime
    end: datetime
    retention_class: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class _Limits:
    minimum: datetime | None = None
    maximum: datetime | None = None
    certain_maximum: datetime | None = None
    rules: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    never: bool = False


def interval(pack: Pack, segment: SegmentFacts, *, shortened_at: datetime | None = None) -> RetentionInterval:
    """Compute one segment's interval under one version.

    ``shortened_at`` is the instant from which a version that shortens binds: footage made before it keeps a whole
    recovery window from there, and its maximum moves by as much if it must.
    """
    limits = _limits(pack, segment)
    command_at = None if limits.never else _command_at(pack, limits)
    destroy_by = limits.maximum
    if command_at is not None and shortened_at is not None and segment.end < shortened_at:
        command_at = max(command_at, shortened_at.astimezone(UTC) + pack.retention.recovery)
        destroy_by = destroy_by and max(destroy_by, command_at + pack.retention.margin)
    conflict = limits.minimum is not None and limits.maximum is not None and limits.minimum > limits.maximum
    return RetentionInterval(
        keep_until=limits.minimum,
        destroy_by=destroy_by,
        queue_at=command_at and command_at - pack.retention.recovery,
        command_at=command_at,
        rules=tuple(limits.rules),
        conflict=conflict,
        missing=tuple(limits.missing),
    )


def destroyable_from(pack: Pack, segment: SegmentFacts, *, shortened_at: datetime | None = None) -> datetime | None:
    """The instant from which this version lets the segment go; None means that time alone never does."""
    return interval(pack, segment, shortened_at=shortened_at).command_at


def execution_allowance(pack: Pack) -> timedelta:
    """Room that a maximum leaves for carrying the destruction out; a rescue may not end later than that before it."""
    return pack.retention.margin


def recovery_window(pack: Pack) -> timedelta:
    """How long queued footage can still be rescued, and how long a release or a closing still protects."""
    return pack.retention.recovery


def hold_kinds(pack: Pack) -> Mapping[str, HoldKind]:
    """Kinds of holds that the pack knows; a hold of any other kind holds too, and doesn't lift a maximum."""
    return pack.retention.holds


def _limits(pack: Pack, segment: SegmentFacts) -> _Limits:
    limits = _Limits()
    for rule in pack.retention.rules:
        facts = _facts(segment) if rule.applies.when.terms or rule.applies.unless else _NO_FACTS
        found = rule.applies.judge(facts)
        if found.truth is Truth.NO:
            continue
        limits.rules.append(rule.id)
        limits.missing.extend(found.missing)
        _apply(pack, rule, segment, certain=found.holds, limits=limits)
    return limits


def _apply(pack: Pack, rule: RetentionRule, segment: SegmentFacts, *, certain: bool, limits: _Limits) -> None:
    starts = _clock(pack, rule, segment)
    if not starts:
        limits.missing.append(rule.clock)
        # A minimum whose start nobody knows has not run out.
        limits.never = limits.never or rule.keep_at_least is not None
        return
    if rule.keep_at_least is not None:
        found = max(_all_ends(pack, rule, rule.keep_at_least, starts))
        limits.minimum = found if limits.minimum is None else max(limits.minimum, found)
    if rule.destroy_by is not None:
        found = min(_all_ends(pack, rule, rule.destroy_by, starts))
        limits.maximum = found if limits.maximum is None else min(limits.maximum, found)
        if certain:
            before = limits.certain_maximum
            limits.certain_maximum = found if before is None else min(before, found)


def _all_ends(pack: Pack, rule: RetentionRule, period: Period, starts: tuple[datetime, ...]) -> list[datetime]:
    return [end for start in starts for end in ends(period, start, pack.zone, rule.readings)]


def _clock(pack: Pack, rule: RetentionRule, segment: SegmentFacts) -> tuple[datetime, ...]:
    if rule.clock == Clock.START:
        return (segment.start,)
    if rule.clock == Clock.END:
        return (segment.end,)
    if rule.clock == Clock.BOTH:
        return (segment.start, segment.end)
    return instants(lookup(_facts(segment), rule.clock), pack.zone)


def _command_at(pack: Pack, limits: _Limits) -> datetime | None:
    """The aim of the pack, never before a minimum; a maximum that is only possible doesn't hurry anything."""
    recovery, margin = pack.retention.recovery, pack.retention.margin
    minimum, maximum = limits.minimum, limits.certain_maximum
    if pack.retention.dispose is Dispose.NONE or (minimum is None and maximum is None):
        return None
    if minimum is None:
        return None if maximum is None else maximum - margin
    if maximum is None:
        return minimum + recovery if pack.retention.dispose is Dispose.AT_MINIMUM else None
    aim = minimum + recovery if pack.retention.dispose is Dispose.AT_MINIMUM else maximum - margin
    return max(minimum, min(aim, maximum - margin))


def _facts(segment: SegmentFacts) -> Facts:
    own = {"class": segment.retention_class, "start": segment.start, "end": segment.end}
    return {**segment.facts, "segment": own}
