"""What the demo sets out to do, fixed at its first start: a second start after a kill goes on with the same plan."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEGMENT_SECONDS = 5
LIVE_SEGMENTS = 8
PLAZA, BODY, CORNER = "plaza-01", "bwc-17", "corner-05"
DAY = timedelta(days=1)
PLAN_FILE = "demo-plan.json"


@dataclass(frozen=True, slots=True)
class OldFootage:
    """Segments that an older recorder made: ``count`` of them, one after the other from ``start`` on."""

    name: str
    camera: str
    clip: str
    start: datetime
    count: int
    outcome: str  # what the policy makes of them: destroyed, held

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=SEGMENT_SECONDS * self.count)

    @property
    def starts(self) -> list[datetime]:
        return [self.start + timedelta(seconds=SEGMENT_SECONDS * number) for number in range(self.count)]


@dataclass(frozen=True, slots=True)
class Plan:
    """All instants of one demo."""

    begun: datetime

    @property
    def held(self) -> OldFootage:
        """Half of what is due at the district office: an agency asks for its preservation."""
        return OldFootage("held", PLAZA, "plaza.mp4", self._ago(120), 4, "held")

    @property
    def late(self) -> OldFootage:
        """Arrives when the hold is already effective, inside its interval: born held."""
        return OldFootage("late", PLAZA, "plaza.mp4", self.held.end + timedelta(minutes=1), 1, "held")

    @property
    def old(self) -> tuple[OldFootage, ...]:
        """Everything that is taken over at the beginning: past its minimum, some of it past its maximum."""
        return (
            self.held,
            OldFootage("due", PLAZA, "plaza.mp4", self._ago(119), 4, "destroyed"),
            OldFootage("month", BODY, "bodyworn.mp4", self._ago(45), 4, "destroyed"),
            OldFootage("year", BODY, "bodyworn.mp4", self._ago(400), 2, "destroyed"),
            OldFootage("thirty", CORNER, "plaza.mp4", self._ago(40), 4, "destroyed"),
        )

    @property
    def hold_from(self) -> datetime:
        return self.held.start - timedelta(minutes=1)

    @property
    def hold_to(self) -> datetime:
        return self.late.end + timedelta(minutes=1)

    def _ago(self, days: int) -> datetime:
        return self.begun - days * DAY


def is_planned(folder: Path) -> bool:
    """Say whether a demo has begun in this folder."""
    return (folder / PLAN_FILE).exists()


def load(folder: Path) -> Plan:
    """Return the plan of this data folder; the first call makes it."""
    path = folder / PLAN_FILE
    if not path.exists():
        now = datetime.now(UTC).replace(microsecond=0, second=0)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps({"begun": now.isoformat()}))
        unfinished.replace(path)
    return Plan(datetime.fromisoformat(json.loads(path.read_text())["begun"]))
