"""When one segment goes: custody's own instants (interval, destroyable_from, protections, margin) along a history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.kernel.ids import from_micros
from services.kernel.mark import CLOCK_MARGIN, destroyable_from
from services.kernel.policy import SegmentFacts, interval, recovery_window
from services.kernel.scope import FootageFacts
from services.kernel.simulation.epochs import Epoch
from services.kernel.simulation.footage import BucketKey, Shot
from services.kernel.simulation.shields import Freed, Life, free_from

NEVER = Freed(None)


class Timed(NamedTuple):
    """What the instants of one segment depend on, whichever version is asked."""

    segment: SegmentFacts
    recorded_at: datetime
    recovery_from: datetime


def timed(key: BucketKey, shot: Shot) -> Timed:
    """Return a segment as the policy asks for it."""
    segment = SegmentFacts(shot.started_at, shot.ended_at, key.retention_class)
    return Timed(segment, from_micros(shot.recorded_us), from_micros(shot.recovery_us))


def goes_at(case: Timed, epochs: Sequence[Epoch], lives: Sequence[Life], facts: FootageFacts | None) -> Freed:
    """Return the first instant at which custody could have marked the segment; ``facts`` only where lives touch it."""
    for epoch in epochs:
        free = _destroyable_from(case, epoch)
        if free is None:
            continue
        earliest = max(free + CLOCK_MARGIN, epoch.begins, case.recorded_at)
        if epoch.ends is not None and earliest >= epoch.ends:
            continue
        found = free_from(earliest, lives, facts) if facts is not None else Freed(earliest)
        if found.at is None or epoch.ends is None or found.at < epoch.ends:
            return found
    return NEVER


def _destroyable_from(case: Timed, epoch: Epoch) -> datetime | None:
    shortened_at = epoch.binding.binding_from if epoch.binding.shortens else None
    return destroyable_from(
        interval(epoch.pack, case.segment, shortened_at=shortened_at).command_at,
        binding=epoch.binding,
        recovery_from=case.recovery_from,
        recovery=recovery_window(epoch.pack),
        recorded_at=case.recorded_at,
    )
