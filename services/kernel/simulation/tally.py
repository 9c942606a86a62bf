"""Counts of a simulation: segments, bytes, camera-hours and cameras by what changes for them; nothing per segment."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.kernel.ids import from_micros, micros
from services.kernel.simulation.footage import Shot
from services.kernel.simulation.shields import Freed, Life

HOUR_US = 3_600_000_000
QUARTER_US = HOUR_US // 4
NAMED_MAX = 20


class Change(StrEnum):
    """What the other version does to one segment."""

    EARLIER = "earlier"
    LATER = "later"
    UNCHANGED = "unchanged"


@dataclass(slots=True)
class Amount:
    """How much footage; hours are camera-hours."""

    segments: int = 0
    size_bytes: int = 0
    hours: int = 0
    cameras: int = 0

    def add(self, shot: Shot) -> None:
        """Count one segment; its hours and cameras are counted by camera, see ``Ledger.close``."""
        self.segments += 1
        self.size_bytes += shot.size_bytes

    def to_json(self) -> dict[str, int]:
        """Return it as JSON values."""
        return {"segments": self.segments, "bytes": self.size_bytes, "hours": self.hours, "cameras": self.cameras}


@dataclass(slots=True)
class Ledger:
    """Amounts by name, and the hours of the camera in hand."""

    amounts: dict[str, Amount] = field(default_factory=lambda: defaultdict(Amount))
    hours: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, name: str, shot: Shot) -> None:
        """Count a segment under a name."""
        self.amounts[name].add(shot)
        self.hours[name].add(shot.started_us // HOUR_US)

    def close(self) -> None:
        """End a camera: its hours are counted and forgotten."""
        for name, hours in self.hours.items():
            self.amounts[name].hours += len(hours)
            self.amounts[name].cameras += 1
        self.hours.clear()

    def of(self, name: str) -> dict[str, int]:
        """Return an amount as JSON values, nothing counted as zeros."""
        return self.amounts.get(name, Amount()).to_json()


@dataclass(slots=True)
class Hit:
    """What one hold, request or rescue would have lost, and what it would still have held back."""

    life: Life
    lost: Amount = field(default_factory=Amount)
    held_back: int = 0
    cameras: set[str] = field(default_factory=set)
    hours: set[tuple[str, int]] = field(default_factory=set)
    first: int | None = None
    last: int | None = None

    def lose(self, camera_id: str, shot: Shot) -> None:
        """Count a segment that would have been gone before it was protected."""
        self.lost.add(shot)
        self.cameras.add(camera_id)
        self.hours.add((camera_id, shot.started_us // HOUR_US))
        self.first = shot.started_us if self.first is None else min(self.first, shot.started_us)
        self.last = shot.ended_us if self.last is None else max(self.last, shot.ended_us)


@dataclass(slots=True)
class CameraTally:
    """One camera: what changes for it, and how many segments go on which day, before and after."""

    ledger: Ledger = field(default_factory=Ledger)
    days: dict[date, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, shot: Shot, was: Freed, becomes: Freed, zone: ZoneInfo) -> Change:
        """Count one segment; return what changes for it."""
        change = compared(was.at, becomes.at)
        self.ledger.add(change, shot)
        for position, at in enumerate((was.at, becomes.at)):
            if at is not None:
                self.days[day_of(at, zone)][position] += 1
        return change


@dataclass(slots=True)
class Reality:
    """What the log says did happen, beside what the versions in force asked for: both must agree."""

    destroyed: int = 0
    too_early: int = 0
    not_yet: int = 0
    named: list[dict[str, object]] = field(default_factory=list)

    def add(self, camera_id: str, shot: Shot, was: Freed, marked_us: int | None, as_of: datetime) -> None:
        """Compare a segment's mark with the instant that the versions in force give."""
        if marked_us is None:
            self.not_yet += was.at is not None and was.at <= as_of
            return
        self.destroyed += 1
        if was.at is None or marked_us < micros(was.at):
            self.too_early += 1
            if len(self.named) < NAMED_MAX:
                self.named.append(_named(camera_id, shot, marked_us, was))

    def to_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "destroyed": self.destroyed,
            "destroyed_too_early": self.too_early,
            "due_and_not_destroyed": self.not_yet,
            "named": self.named,
        }


def _named(camera_id: str, shot: Shot, marked_us: int, was: Freed) -> dict[str, object]:
    return {
        "camera_id": camera_id,
        "started_at": iso(shot.started_at),
        "generation": shot.generation,
        "marked_at": iso(from_micros(marked_us)),
        "not_before": iso(was.at) if was.at else "never",
        "kept_by": [str(each) for each in was.kept_by],
    }


def compared(was: datetime | None, becomes: datetime | None) -> Change:
    """Return whether footage goes earlier, later, or when it would have gone anyway; None is never."""
    if was == becomes:
        return Change.UNCHANGED
    if becomes is None or (was is not None and becomes > was):
        return Change.LATER
    return Change.EARLIER


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the local day of an instant."""
    return _day(micros(at) // QUARTER_US, zone)


@lru_cache(maxsize=262_144)
def _day(quarter: int, zone: ZoneInfo) -> date:
    # Every zone's offset is a multiple of a quarter of an hour for as long as cameras have existed.
    return from_micros(quarter * QUARTER_US).astimezone(zone).date()


def iso(at: datetime) -> str:
    """Return an instant as the API writes it."""
    return at.isoformat().replace("+00:00", "Z")
