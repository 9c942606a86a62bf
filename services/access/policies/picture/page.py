"""A simulation report as one HTML page with its picture in SVG: no script, no other file, no address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.access.policies.picture.texts import TEXTS

CAMERAS_DRAWN: Final = 60
# A page of a service has to stay light: fewer rows, the others stand in the report.
CAMERAS_ON_A_SHEET: Final = 12
BARS_MAX: Final = 180
LANGUAGES: Final = tuple(TEXTS)
HEIGHT: Final = 20.0

Report = Mapping[str, Any]
Link = Callable[[str, str], str]
When = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step of one row, a day or a few, in units of the picture: steps across, 20 up and 20 down."""

    x: int
    day: str
    was: int
    becomes: int
    up: float
    down: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The days that are drawn; so many of them make one bar that a row never has more than ``BARS_MAX``."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def step(self) -> int:
        return -(-self.days // BARS_MAX)

    @property
    def bars(self) -> int:
        return -(-self.days // self.step)

    def x(self, day: date) -> int:
        return (day - self.first).days // self.step


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One camera, or all of them."""

    name: str
    camera_id: str  # "" for all of them
    bars: Sequence[Bar]
    earlier: int
    later: int


def page(report: Report, digest: str, language: str) -> str:
    """Return the page in ``en`` or ``zh-Hant``."""
    told = _told(report, digest, language, CAMERAS_DRAWN)
    return _template("page.html").render(told, link=_nowhere, when=_utc, day=str)


def sheet(report: Report, digest: str, language: str, link: Link, when: When, day: When) -> str:  # noqa: PLR0917
    """Return the same figures and picture for another page to show; ``link`` gives the address of what is named.

    It is asked with camera, request, hold or report and an id, and answers "" where there is nothing to lead to.
    ``when`` and ``day`` write an instant and a day of the policy's zone.
    """
    told = _told(report, digest, language, CAMERAS_ON_A_SHEET)
    return _template("report.html").render(told, link=link, when=when, day=day)


def _told(report: Report, digest: str, language: str, most: int) -> dict[str, Any]:
    drawn = sorted(report["cameras"], key=lambda each: (-each["earlier"]["segments"], each["camera_id"]))
    axis, texts = _axis(report), TEXTS[language]
    looked = datetime.fromisoformat(report["as_of"]).astimezone(ZoneInfo(report["zone"])).date()
    return {
        "t": texts,
        "report": report,
        "digest": digest,
        "axis": axis,
        "looked": axis.x(looked) if axis.first <= looked <= axis.last else None,
        "rows": [_all(report, axis, texts["all"]), *(_row(each, axis) for each in drawn[:most])],
        "more": max(0, len(drawn) - most),
        "lost": {kind: [each for each in report[kind] if each["lost"]["segments"]] for kind in ("requests", "holds")},
        "differs": bool(report["totals"]["earlier"]["segments"] or report["totals"]["later"]["segments"]),
    }


def _nowhere(_kind: str, _identity: str) -> str:
    return ""


def _utc(instant: str) -> str:
    return f"{instant[:16].replace('T', ' ')}Z" if instant else ""


def _axis(report: Report) -> Axis:
    days = [day for camera in report["cameras"] for day, _, _ in camera["days"]]
    looked = report["as_of"][:10]
    first, last = (min(days), max(days)) if days else (looked, looked)
    return Axis(first=date.fromisoformat(first), last=date.fromisoformat(last))


def _all(report: Report, axis: Axis, name: str) -> Row:
    days: dict[str, list[int]] = {}
    for camera in report["cameras"]:
        for day, was, becomes in camera["days"]:
            before = days.setdefault(day, [0, 0])
            before[0] += was
            before[1] += becomes
    totals = report["totals"]
    summed = [(day, was, becomes) for day, (was, becomes) in sorted(days.items())]
    return _drawn(name, summed, axis, totals)


def _row(camera: Report, axis: Axis) -> Row:
    return _drawn(camera["camera_id"], camera["days"], axis, camera, camera_id=camera["camera_id"])


def _drawn(
    name: str, days: Sequence[Sequence[Any]], axis: Axis, amounts: Report, *, camera_id: str = ""
) -> Row:  # fmt: skip
    steps = _steps(days, axis)
    most = max((max(was, becomes) for _, was, becomes in steps.values()), default=1) or 1
    bars = [
        Bar(x=x, day=day, was=was, becomes=becomes, up=HEIGHT * was / most, down=HEIGHT * becomes / most)
        for x, (day, was, becomes) in steps.items()
    ]
    earlier, later = (amounts[change]["segments"] for change in ("earlier", "later"))
    return Row(name=name, camera_id=camera_id, bars=bars, earlier=earlier, later=later)


def _steps(days: Sequence[Sequence[Any]], axis: Axis) -> dict[int, tuple[str, int, int]]:
    """Return what goes in each step: its first day, segments as it is, segments as simulated."""
    found: dict[int, tuple[str, int, int]] = {}
    for day, was, becomes in days:
        x = axis.x(date.fromisoformat(day))
        begins, before, after = found.get(x, (day, 0, 0))
        found[x] = (begins, before + was, after + becomes)
    return found


@cache
def _template(name: str) -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True).get_template(name)
