"""What waits for a person, first to run out first, and where it lies on the axis of the next seven days. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from services.access.console.dates import DAY, Dates

AXIS_DAYS: Final = 7
URGENT, SOON = DAY, 3 * DAY
FULL: Final = 100.0
LAST: Final = datetime.max.replace(tzinfo=UTC)
# Beyond this part of the axis a label stands before the end of its bar, not after it.
LABEL_AFTER_MAX: Final = 70.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do: its title as a word with values, where to do it, and until when."""

    title: str
    about: dict[str, str]
    to: str
    act: str
    due: datetime | None
    is_spoliation: bool = False
    meta: tuple[str, ...] = ()
    policy_id: str = ""
    clauses: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A task with its place on the axis, in percent."""

    task: Task
    urgency: str
    label: str
    ends: float
    label_before: bool


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """Return tasks by the instant at which they run out; those without one last."""
    return sorted(tasks, key=lambda task: (task.due is None, task.due or LAST, task.about.get("number", "")))


def drawn(tasks: Sequence[Task], now: datetime, dates: Dates, over: str) -> list[Drawn]:
    """Return tasks in order with their bars; ``over`` is the word for what has run out."""
    start = axis_start(now, dates)
    return [_drawn(task, now, start, dates, over) for task in in_order(tasks)]


def axis_start(now: datetime, dates: Dates) -> datetime:
    """Return midnight of today, where the axis begins."""
    return dates.local(now).replace(hour=0, minute=0, second=0, microsecond=0)


def axis_days(now: datetime, dates: Dates) -> list[tuple[float, str]]:
    """Return each day of the axis: its place in percent and what it is called."""
    start = axis_start(now, dates)
    return [(FULL * day / AXIS_DAYS, dates.weekday(start + day * DAY)) for day in range(AXIS_DAYS)]


def place(instant: datetime, start: datetime) -> float:
    """Return where an instant lies on the axis, in percent; what lies outside stands at its edge."""
    part = (instant - start) / timedelta(days=AXIS_DAYS)
    return round(FULL * min(1.0, max(0.0, part)), 2)


def urgency(due: datetime | None, now: datetime) -> str:
    """Return urgent, soon or normal: the tab of the paper file."""
    if due is None or due - now > SOON:
        return "normal"
    return "urgent" if due - now <= URGENT else "soon"


def _drawn(task: Task, now: datetime, start: datetime, dates: Dates, over: str) -> Drawn:
    ends = FULL if task.due is None else place(task.due, start)
    label = "" if task.due is None else over if task.due <= now else _label(task, now, dates)
    return Drawn(
        task=task,
        urgency=urgency(task.due, now),
        label=label,
        ends=ends,
        label_before=ends > LABEL_AFTER_MAX,
    )


def _label(task: Task, now: datetime, dates: Dates) -> str:
    assert task.due is not None
    return dates.left(task.due - now) if task.is_spoliation else dates.instant(task.due)
