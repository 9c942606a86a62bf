"""Which clock a list tells its times by: named once where all rows share it, beside each where they don't. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.access.console.dates import Dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """``once`` is the clock of the whole list, "" where the head of the page names it already or rows differ."""

    once: str
    differ: bool

    def of(self, dates: Dates) -> str:
        """Return what stands behind a time of this clock: its zone where rows differ, else nothing."""
        return f" {dates.zone.key}" if self.differ else ""


def beside(head: Dates, dates: Dates) -> str:
    """Return what stands behind one time of another clock than the head of its page names."""
    return "" if dates.zone.key == head.zone.key else f" {dates.zone.key}"


def named(head: Dates, rows: Iterable[Dates]) -> Zones:
    """Return how a list names the clocks of its rows on a page whose head names another, or the same."""
    zones = {each.zone.key for each in rows}
    alone = zones.pop() if len(zones) == 1 else ""
    return Zones(once="" if alone == head.zone.key else alone, differ=bool(zones))
