"""The first page reminds of each hold's review, before it is due and louder after, in both languages."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.access.console import hold_tasks, words
from services.kernel.hold_review import REMINDED_BEFORE
from services.kernel.ids import EPOCH
from services.kernel.protection import Protection
from services.kernel.scope import Scope

A_DAY = timedelta(days=1)
NOW = EPOCH + 100 * A_DAY
SOON, LATE, LATER = NOW + REMINDED_BEFORE, NOW, NOW + REMINDED_BEFORE + A_DAY


def hold(number: int, **changes: object) -> Protection:
    given: dict[str, object] = {
        "hold_id": UUID(int=number),
        "seq": number,
        "kind": "hold",
        "hold_kind": "preservation",
        "scopes": (Scope(cameras=("cam-1",), starts_at=EPOCH),),
        "matter": f"115-{number}",
        "authority": "court",
        "review_by": LATE,
        "protects_until": None,
    }
    return Protection(**given | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "soon", "over"),
    [
        ("en", "Hold of 115-1: review date", "Hold of 115-2: review is overdue"),
        ("zh-Hant", "保全（115-1）：複查日", "保全（115-2）：逾期未複查"),
    ],
)
def test_a_review_is_a_task_before_it_is_due_and_says_so_once_it_is_overdue(
    language: str, soon: str, over: str
) -> None:
    tasks = hold_tasks.reviews([hold(1, review_by=SOON), hold(2)], NOW, language)
    assert [words.word(each.title, language, **each.about) for each in tasks] == [soon, over]
    assert [(each.due, each.to) for each in tasks] == [
        (SOON, f"/console/holds#h-{UUID(int=1)}"),
        (LATE, f"/console/holds#h-{UUID(int=2)}"),
    ]


def test_no_review_that_is_far_off_no_released_hold_and_no_open_request_is_a_task() -> None:
    released = hold(2, protects_until=NOW + 7 * A_DAY)
    asked = hold(3, kind="request", review_by=None, protects_until=NOW + A_DAY)
    assert hold_tasks.reviews([hold(1, review_by=LATER), released, asked], NOW, "en") == []
