"""Who may say that much viewing was looked into, and what he has to write. Pure; four eyes count persons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.access.refusals import AccessRefusal, NotEntitled, Unusable
from services.kernel.events import BulkViewingFound, BulkViewingReviewed
from services.runtime.identity import Person

RULE: Final = "bulk_viewing"
# Those who watch over access are told of it, and look into it.
WATCHERS: Final = frozenset({"auditor", "director", "ethics_office", "unit_head"})
LOOK_WITHIN: Final = timedelta(days=1)
NOTE_MIN, NOTE_MAX = 10, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What one person opened, and what another found when he looked into it."""

    found: BulkViewingFound
    found_at: datetime
    reviewed: BulkViewingReviewed | None = None
    reviewed_at: datetime | None = None

    @property
    def look_by(self) -> datetime:
        """Return when somebody should have looked."""
        return self.found_at + LOOK_WITHIN


def decide_review(alarm: Alarm, who: Person, finding: str, note: str) -> BulkViewingReviewed:
    """Return what follows when somebody has looked into it. Raises NotEntitled, AccessRefusal or Unusable."""
    if who.person_id == alarm.found.person:
        raise NotEntitled(
            f"it is about what {who.person_id} opened himself",
            rule=f"{RULE}.four_eyes",
            remedy="another person looks into it; persons count, not accounts",
            word="OwnViewing",
        )
    if alarm.reviewed is not None:
        raise AccessRefusal(
            f"{alarm.reviewed.reviewer} has looked into it",
            rule=RULE,
            remedy="read what was found: GET /api/v1/bulk-viewings",
            word="ReviewedAlready",
        )
    if not NOTE_MIN <= len(note) <= NOTE_MAX:
        raise Unusable(
            f"what was found has {len(note)} characters",
            rule=f"{RULE}.note",
            remedy=f"say in {NOTE_MIN} to {NOTE_MAX} what was found and why",
            word="NoteMissing",
        )
    found = alarm.found
    return BulkViewingReviewed(
        request_id=found.request_id, viewing_id=found.viewing_id, reviewer=who.person_id, finding=finding, note=note
    )
