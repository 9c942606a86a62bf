"""The life of each protection on the log: what it covered since when, and until when it protects, as known at a time.

Only the log's own order counts: a protection protects from the moment at which it was recorded (protocol, result 2).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.kernel.mark import CLOCK_MARGIN
from services.kernel.protection import Protection, covering, protected_until
from services.kernel.scope import Covers, FootageFacts, covers


@dataclass(slots=True)
class Life:
    """One hold, request or rescue from its placing to its end."""

    hold_id: UUID
    changed: list[datetime] = field(default_factory=list)
    states: list[Protection] = field(default_factory=list)

    @property
    def last(self) -> Protection:
        return self.states[-1]

    @property
    def placed_at(self) -> datetime:
        return self.changed[0]

    def add(self, at: datetime, state: Protection) -> None:
        """Note what a record of its own made of it."""
        self.changed.append(at)
        self.states.append(state)

    def at(self, instant: datetime) -> Protection | None:
        """Return it as the log had it at an instant, None before it was placed."""
        position = bisect_right(self.changed, instant)
        return self.states[position - 1] if position else None

    def changes_after(self, instant: datetime) -> datetime | None:
        """Return when its next record came, None if there was none."""
        position = bisect_right(self.changed, instant)
        return self.changed[position] if position < len(self.changed) else None

    def covers_since(self, facts: FootageFacts) -> datetime | None:
        """Return since when it covers a segment, None if it never did."""
        for at, state in zip(self.changed, self.states, strict=True):
            if any(covers(scope, facts) is not Covers.NO for scope in state.scopes):
                return at
        return None

    def names(self, camera_id: str) -> bool:
        """Tell whether any of its scopes may mean this camera."""
        return any(not scope.cameras or camera_id in scope.cameras for scope in self.last.scopes)

    def meets(self, first: datetime, last: datetime) -> bool:
        """Tell cheaply whether it could cover anything that was recorded between two instants."""
        return any(
            (scope.ends_at is None or first < scope.ends_at) and last >= scope.starts_at for scope in self.last.scopes
        )


@dataclass(frozen=True, slots=True)
class Freed:
    """When nothing protects a segment any more, and what kept it until then; ``at`` None: something has no end."""

    at: datetime | None
    kept_by: tuple[UUID, ...] = ()


def free_from(at: datetime, lives: Sequence[Life], facts: FootageFacts) -> Freed:
    """Move an instant on until no protection stands that was on the log by then: as custody's mark would see it."""
    kept: dict[UUID, None] = {}
    while True:
        known = [state for life in lives if (state := life.at(at)) is not None]
        # Judged at the earlier end of the margin, as in decide_mark.
        standing = covering(known, facts, at - CLOCK_MARGIN)
        if not standing:
            return Freed(at, tuple(kept))
        kept |= dict.fromkeys(each.hold_id for each in standing)
        moved = _next(at, standing, lives)
        if moved is None:
            return Freed(None, tuple(kept))
        at = moved


def _next(at: datetime, standing: Sequence[Protection], lives: Iterable[Life]) -> datetime | None:
    until = protected_until(standing)
    ids = {each.hold_id for each in standing}
    changes = [change for life in lives if life.hold_id in ids and (change := life.changes_after(at))]
    ends = [*changes, *([until + CLOCK_MARGIN] if until is not None else [])]
    return min(ends, default=None)
