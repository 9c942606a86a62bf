"""The statistic as one printed page: figures, a bar a day, a line a camera. No script, no other file, no address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.analytics.statistics.queries import Counts, Line, Statistic
from services.analytics.statistics.texts import TEXTS

CAMERAS_ON_PAGE = 16
DAYS_ON_PAGE = 62
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
THOUSAND = 1000

_Key = Callable[[Line], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day of the picture, in per cent of its width and height."""

    day: str
    x: float
    width: float
    recorded: int
    destroyed: int
    recorded_height: float
    destroyed_height: float


def page(counted: Statistic, language: str) -> str:
    """Return the page as HTML in ``en`` or ``zh-Hant``."""
    cameras = sorted(_sums(counted.lines, lambda line: (line.agency, line.camera)).items())
    return _template().render(
        t=TEXTS[language],
        language=language,
        counted=counted,
        bars=bars(counted.lines),
        cameras=cameras[:CAMERAS_ON_PAGE],
        more=max(0, len(cameras) - CAMERAS_ON_PAGE),
        volume=volume,
        instant=lambda at: instant(at, counted.period.zone),
    )


def bars(lines: Iterable[Line]) -> list[Bar]:
    """Return the last days of the period as bars that share one scale."""
    days = sorted((day, counts) for (day,), counts in _sums(lines, lambda line: (line.day,)).items())[-DAYS_ON_PAGE:]
    highest = max((counts.recorded for _, counts in days), default=0) or 1
    # A few days make slim bars too: a picture of three days must not look like three walls.
    step = 100 / max(len(days), 14)
    return [
        Bar(
            day=day,
            x=round(index * step, 3),
            width=round(step * 0.72, 3),
            recorded=counts.recorded,
            destroyed=counts.destroyed,
            recorded_height=round(100 * counts.recorded / highest, 2),
            destroyed_height=round(100 * counts.destroyed / highest, 2),
        )
        for index, (day, counts) in enumerate(days)
    ]


def volume(size_bytes: int) -> str:
    """Return a size in decimal units, three digits at most."""
    size = float(size_bytes)
    for unit in UNITS:
        if size < THOUSAND or unit == UNITS[-1]:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"  # noqa: PLR2004 - a digit
        size /= THOUSAND
    raise AssertionError(size_bytes)


def instant(at: datetime | None, zone: str) -> str:
    """Return an instant to the minute in the statistic's zone, with its offset."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %z") if at else ""


def _sums(lines: Iterable[Line], key: _Key) -> Mapping[tuple[str, ...], Counts]:
    sums: defaultdict[tuple[str, ...], Counts] = defaultdict(Counts)
    for line in lines:
        sums[key(line)] += line.counts
    return sums


@cache
def _template() -> Template:
    room = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=room, autoescape=True, undefined=StrictUndefined).get_template("page.html")
