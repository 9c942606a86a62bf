"""The clock guard: deletion isn't proposed by a clock that ran backwards or jumped ahead. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.kernel.mark import CLOCK_MARGIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The database clock at one look, beside a clock of this machine that nobody can set."""

    database: datetime
    steady_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Why nothing is proposed. A jump ahead ends only by two persons; a clock that ran back also when it caught up."""

    why: str  # behind or ahead
    last_seen_at: datetime
    seen_at: datetime


def look(seen: datetime, last: Look | None, now: Look) -> Halt | None:
    """Judge the clock: ``seen`` is the last instant that was swept to, ``last`` this process's own last look."""
    if now.database < seen:
        return Halt(why="behind", last_seen_at=seen, seen_at=now.database)
    if last is None:
        return None
    passed = timedelta(seconds=now.steady_s - last.steady_s)
    if now.database - last.database > passed + CLOCK_MARGIN:
        return Halt(why="ahead", last_seen_at=last.database, seen_at=now.database)
    return None
