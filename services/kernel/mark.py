"""C3, the point of no return, as one pure function: every guard of a destruction stands here and nowhere else.

Custody calls it inside the transaction that marks, under its gate, with what its own tables say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.kernel.binding import PolicyBinding
from services.kernel.protection import Protection, covering, protected_until
from services.kernel.scope import Covers, FootageFacts, Scope, covers

CLOCK_MARGIN = timedelta(minutes=5)
"""The one safety margin for clocks (decision 2)."""


class SegmentState(StrEnum):
    KEPT = "kept"
    DESTROYING = "destroying"
    GONE = "gone"


class Guard(StrEnum):
    """Which guard refused; the order is the order of asking."""

    START_GATE = "start_gate"  # another process holds custody now
    NOT_CLEARED = "not_cleared"  # no clearance read after this process's start gate, or the batch is closed
    NOT_KEPT = "not_kept"
    PARKED = "parked"  # an unreadable protection may cover it
    PROTECTED = "protected"
    NO_POLICY = "no_policy"  # nobody bound the camera, or its pack never disposes by time
    TOO_EARLY = "too_early"
    RULE = "rule"  # an act: destroy rule of the pack
    POLICY_VERSION = "policy_version"  # the command names a version that never came on the log


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A record of the protection log that couldn't be read; no scope means that it may cover everything."""

    offset: int
    scope: Scope | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkCase:
    """All that the guard looks at, read by custody inside the marking transaction."""

    start_id_is_mine: bool
    cleared_and_open: bool
    state: SegmentState
    facts: FootageFacts
    parked: Sequence[Parked]
    protections: Sequence[Protection]
    destroyable_from: datetime | None  # by the version binding now; None: no policy lets it go
    refused_by_rule: str  # act: destroy rule of the pack that refuses, empty if none does
    read_seq: int  # position up to which custody has read the protection log
    now: datetime  # database clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """It may go: write ``destroying`` with ``mark_seq`` and DestructionStarted in this same transaction."""

    mark_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It stays. ``seq`` is the position that retention must have read before it proposes again (R2, F16)."""

    guard: Guard
    seq: int
    not_before: datetime | None = None
    detail: str = ""


def decide_mark(case: MarkCase) -> Mark | Refused:
    """Return Mark only if every guard of C3 lets the segment go; missing knowledge refuses (I1, I2, I3)."""
    return next(_objections(case), Mark(mark_seq=case.read_seq))


def _objections(case: MarkCase) -> Iterator[Refused]:
    if not case.start_id_is_mine:
        yield _refused(case, Guard.START_GATE)
    if not case.cleared_and_open:
        yield _refused(case, Guard.NOT_CLEARED)
    if case.state is not SegmentState.KEPT:
        yield _refused(case, Guard.NOT_KEPT, detail=case.state)
    yield from _forbidden(case)
    yield from _undue(case)


def _forbidden(case: MarkCase) -> Iterator[Refused]:
    if any(p.scope is None or covers(p.scope, case.facts) is not Covers.NO for p in case.parked):
        yield _refused(case, Guard.PARKED)
    # Judged at the earlier end of the margin: a clock that runs ahead must not end a protection early.
    if standing := covering(case.protections, case.facts, case.now - CLOCK_MARGIN):
        until = protected_until(standing)
        holds = ", ".join(str(p.hold_id) for p in standing)
        yield _refused(case, Guard.PROTECTED, until and until + CLOCK_MARGIN, holds)


def _undue(case: MarkCase) -> Iterator[Refused]:
    if case.destroyable_from is None:
        yield _refused(case, Guard.NO_POLICY)
    elif case.now - CLOCK_MARGIN < case.destroyable_from:
        yield _refused(case, Guard.TOO_EARLY, case.destroyable_from + CLOCK_MARGIN)
    if case.refused_by_rule:
        yield _refused(case, Guard.RULE, detail=case.refused_by_rule)


def destroyable_from(
    command_at: datetime | None,
    *,
    binding: PolicyBinding,
    recovery_from: datetime,
    recovery: timedelta,
    recorded_at: datetime,
) -> datetime | None:
    """Return the instant from which a segment may go (decision 1), None if the policy never disposes of it by time.

    ``command_at`` is the pack's own instant (minimum, recovery window, aim and maximum). Two floors stand above it:
    footage that was taken over keeps a recovery window from its arrival (decision 12), and a shortening never cuts
    the recovery window of footage recorded before it bound (decision 9).
    """
    if command_at is None:
        return None
    floors = [command_at, recovery_from + recovery]
    if binding.shortens and recorded_at < binding.binding_from:
        floors.append(binding.binding_from + recovery)
    return max(floors)


def destroy_by_with_protection(
    destroy_by: datetime | None, protections: Sequence[Protection], execution_allowance: timedelta
) -> datetime | None:
    """Return destroy_by' (decision 8): the maximum, moved by protection; None where there is none or no end yet."""
    if destroy_by is None or not protections:
        return destroy_by
    until = protected_until(protections)
    return None if until is None else max(destroy_by, until + execution_allowance)


def _refused(case: MarkCase, guard: Guard, not_before: datetime | None = None, detail: str = "") -> Refused:
    return Refused(guard=guard, seq=case.read_seq, not_before=not_before, detail=detail)
