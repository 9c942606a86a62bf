"""When somebody has to look at a hold again: one rule for the clock, the metric, the API and the console."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

REMINDED_BEFORE: Final = timedelta(days=30)
"""How long before its review date a hold is shown to those who keep it: enough to ask its authority in writing."""


class Review(StrEnum):
    """How a hold stands to its review date."""

    NONE = "none"  # has none: an open request, a rescue, or a hold that was released
    LATER = "later"
    SOON = "soon"
    OVERDUE = "overdue"


def awaits_review(review_by: datetime | None, protects_until: datetime | None) -> bool:
    """Tell whether anybody has to look at it again: a hold without an end. Whoever released one has looked at it."""
    return review_by is not None and protects_until is None


def review_of(review_by: datetime | None, protects_until: datetime | None, now: datetime) -> Review:
    """Return how a protection stands to its review date at ``now``; the instant ``review_by`` itself is overdue."""
    if review_by is None or not awaits_review(review_by, protects_until):
        return Review.NONE
    if review_by <= now:
        return Review.OVERDUE
    return Review.SOON if review_by - now <= REMINDED_BEFORE else Review.LATER
