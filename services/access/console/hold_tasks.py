"""The holds that somebody has to look at again, as tasks of the first page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from services.access.console import hold_words
from services.access.console.numbers import short
from services.access.console.tasks import Task
from services.kernel.hold_review import Review, review_of
from services.kernel.protection import Protection

TITLES: Final[Mapping[Review, str]] = {Review.SOON: "task_review", Review.OVERDUE: "task_review_over"}


def reviews(protections: Iterable[Protection], now: datetime, language: str) -> list[Task]:
    """Return a task for each hold whose review is due soon or overdue."""
    standing = ((each, review_of(each.review_by, each.protects_until, now)) for each in protections)
    return [_task(each, TITLES[review], language) for each, review in standing if review in TITLES]


def _task(hold: Protection, title: str, language: str) -> Task:
    return Task(
        title=title,
        about={"matter": hold_words.matter(hold.matter, language) or short(hold.hold_id)},
        to=f"/console/holds#h-{hold.hold_id}",
        act="open",
        due=hold.review_by,
    )
