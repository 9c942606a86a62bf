"""A hold's review: due at its very instant, announced before, and no more once the hold is released."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.kernel.hold_review import REMINDED_BEFORE, Review, review_of
from services.kernel.ids import EPOCH

A_TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("now", "review"),
    [
        (EPOCH - REMINDED_BEFORE - A_TICK, Review.LATER),
        (EPOCH - REMINDED_BEFORE, Review.SOON),
        (EPOCH - A_TICK, Review.SOON),
        (EPOCH, Review.OVERDUE),
        (EPOCH + timedelta(days=4_000), Review.OVERDUE),
    ],
)
def test_a_review_is_announced_then_overdue_until_somebody_has_looked(now: datetime, review: Review) -> None:
    assert review_of(EPOCH, None, now) is review


def test_neither_a_released_hold_nor_what_has_no_review_date_waits_for_one() -> None:
    late = EPOCH + timedelta(days=1)
    assert review_of(EPOCH, late + timedelta(days=7), late) is Review.NONE
    assert review_of(None, None, late) is Review.NONE
