"""What one visit to a bucket finds: what enters or leaves the queue, what is proposed, what is overdue. Pure.

It proposes at most; custody judges each segment again at its mark. Missing knowledge proposes nothing (I3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.kernel.mark import CLOCK_MARGIN
from services.kernel.protection import Protection
from services.kernel.scope import FootageFacts
from services.retention.bits import bit, everything, positions
from services.retention.bucket import Bucket
from services.retention.maximum import Reported, past_maximum
from services.retention.shield import Shield, may_cover, shield
from services.retention.timing import Rules, Timing, segment_command_at, timing

FactsOf = Callable[[Bucket, int], FootageFacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Custody refused these: none is proposed again before this position is read and this instant comes (R2, F16)."""

    offsets_us: frozenset[int]
    seq: int
    not_before: datetime | None
    reason: str = ""

    def until(self, now: datetime, read_seq: int, ask_again: timedelta) -> datetime | None:
        """Return when to look again, None if the wait is over."""
        if self.not_before is not None and now < self.not_before:
            return self.not_before
        return now + ask_again if read_seq < self.seq else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """All that a visit looks at besides the bucket."""

    now: datetime  # database clock
    rules: Rules | None  # None: no pack binds the camera, or its version can't be read
    protections: Sequence[Protection]
    facts: FactsOf
    read_seq: int  # own position in the protection log
    waits: Sequence[Wait] = ()  # of this camera, hour and generation
    breaker_open: bool = False
    ask_again: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queueing:
    """Segments that go at ``until`` unless somebody protects them."""

    until: datetime
    map: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The findings: maps over the bucket's segments. ``next_at`` None: only an event can change anything."""

    bucket: Bucket  # as it stands after the visit
    timing: Timing | None
    queue: tuple[Queueing, ...] = ()
    unqueue: int = 0
    why_unqueued: str = ""
    command: int = 0
    overdue: tuple[Reported, ...] = ()
    past_maximum: tuple[Reported, ...] = ()
    held_by: frozenset[UUID] = frozenset()
    next_at: datetime | None = None
    stage: str = "kept"


def visit(bucket: Bucket, around: Circumstances) -> Visit:
    """Judge a bucket at ``around.now``. The answer holds until its ``next_at`` or an event that touches the bucket."""
    if not bucket.live:
        return Visit(bucket=bucket, timing=None, stage="gone")
    if around.rules is None:
        return _unbound(bucket)
    return _Judging(bucket, around, around.rules).visit()


def _unbound(bucket: Bucket) -> Visit:
    left = bucket.queued & bucket.live & ~bucket.commanded
    return Visit(
        bucket=bucket._replace(queued=bucket.queued & ~left, due_at=None),
        timing=None,
        unqueue=left,
        why_unqueued="no policy binds the camera" if left else "",
        stage="commanded" if bucket.commanded & bucket.live else "kept",
    )


class _Judging:
    """One visit under way: timings of the bucket, shields of its segments, then the four findings."""

    def __init__(self, bucket: Bucket, around: Circumstances, rules: Rules) -> None:
        self._bucket, self._around, self._rules = bucket, around, rules
        self._timing = timing(bucket, rules)
        self._waiting = bucket.live & ~bucket.commanded
        self._next: list[datetime] = []
        self._shields = self._shield_all()
        self._goes = self._goes_at()

    def visit(self) -> Visit:
        queue, command = self._proposals()
        unqueue = self._bucket.queued & self._waiting & ~self._may_queue()
        late = past_maximum(self._bucket, self._timing.destroy_by, self._rules, self._shields, self._around.now)
        self._next += late.next
        queued = (self._bucket.queued | _all(queue)) & ~unqueue
        after = self._bucket._replace(
            queued=queued,
            commanded=self._bucket.commanded | command,
            overdue=self._bucket.overdue | _all(late.overdue),
            past_maximum=self._bucket.past_maximum | _all(late.protected),
            due_at=min(self._next, default=None),
        )
        return Visit(
            bucket=after,
            timing=self._timing,
            queue=queue,
            unqueue=unqueue,
            why_unqueued=self._why(unqueue) if unqueue else "",
            command=command,
            overdue=late.overdue,
            past_maximum=late.protected,
            held_by=frozenset(p.hold_id for s in self._shields.values() for p in s.standing),
            next_at=after.due_at,
            stage=self._stage(after),
        )

    def _shield_all(self) -> dict[int, Shield]:
        candidates = may_cover(self._bucket, self._around.protections)
        if not candidates:
            return {}
        facts, now = self._around.facts, self._around.now
        live = self._positions(self._bucket.live)
        found = {position: shield(facts(self._bucket, position), candidates, now) for position in live}
        return {position: each for position, each in found.items() if each.past}

    def _positions(self, map_: int) -> Iterable[int]:
        return positions(self._bucket.size, map_)

    def _goes_at(self) -> dict[datetime, int]:
        """Unprotected and released segments by the instant from which they may go."""
        found: dict[datetime, int] = {}
        if self._timing.command_at is None:
            return found
        shielded = 0
        for position, each in self._shields.items():
            if not each.standing:
                continue
            mine = bit(self._bucket.size, position)
            shielded |= mine
            if each.released and each.until is not None:
                self._add(found, max(self._own_command_at(position), each.until), mine)
            elif each.until is not None:
                self._next.append(each.until + CLOCK_MARGIN)
        rest = everything(self._bucket.size) & ~shielded & self._waiting
        if not self._timing.apart:
            self._add(found, self._timing.command_at, rest)
        else:
            for position in self._positions(rest):
                self._add(found, self._own_command_at(position), bit(self._bucket.size, position))
        return dict(sorted(found.items()))

    def _add(self, found: dict[datetime, int], at: datetime, map_: int) -> None:
        if waiting := map_ & self._waiting:
            found[at] = found.get(at, 0) | waiting

    def _own_command_at(self, position: int) -> datetime:
        """The hour's common instant, or the segment's own where the hour has none."""
        own = segment_command_at(self._bucket, position, self._rules) if self._timing.apart else None
        assert self._timing.command_at is not None
        return own or self._timing.command_at

    def _proposals(self) -> tuple[tuple[Queueing, ...], int]:
        queue: list[Queueing] = []
        command = 0
        for at, map_ in self._goes.items():
            if self._around.now - CLOCK_MARGIN >= at:
                command |= self._may_propose(map_)
            elif self._around.now < at - self._rules.recovery:
                self._next.append(at - self._rules.recovery)
            else:
                self._next.append(at + CLOCK_MARGIN)
                if fresh := map_ & ~self._bucket.queued:
                    queue.append(Queueing(until=at, map=fresh))
        return tuple(queue), command

    def _may_propose(self, due: int) -> int:
        """R2: no breaker is open, and no refusal of this very segment still makes it wait."""
        around = self._around
        if around.breaker_open:
            return 0  # A reset touches the bucket.
        for wait in around.waits:
            until = wait.until(around.now, around.read_seq, around.ask_again)
            if until is not None and (refused := due & self._bucket.map_of(wait.offsets_us)):
                self._next.append(until)
                due &= ~refused
        return due

    def _may_queue(self) -> int:
        """The segments that belong in the queue now, or are due."""
        now, found = self._around.now, 0
        for at, map_ in self._goes.items():
            found |= map_ if now >= at - self._rules.recovery else 0
        return found

    def _why(self, unqueue: int) -> str:
        holds = {str(p.hold_id) for position in self._positions(unqueue) for p in self._shield_of(position).standing}
        return f"protected by {', '.join(sorted(holds))}" if holds else "a longer policy binds"

    def _shield_of(self, position: int) -> Shield:
        return self._shields.get(position, Shield())

    def _stage(self, after: Bucket) -> str:
        held = any(s.standing and not s.released for s in self._shields.values())
        if after.overdue & after.live:
            return "overdue"
        if after.commanded & after.live:
            return "commanded"
        if after.queued & after.live:
            return "queued"
        command_at = self._timing.command_at
        if command_at is not None and self._around.now - CLOCK_MARGIN >= command_at:
            return "held" if held else "due"
        return "held" if after.past_maximum & after.live else "kept"


def _all(found: Iterable[Queueing | Reported]) -> int:
    map_ = 0
    for each in found:
        map_ |= each.map
    return map_
