"""A simulation report as one HTML page with its picture in SVG: no script, no other file, no address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.access.policies.picture.texts import TEXTS

CAMERAS_DRAWN: Final = 60
LANGUAGES: Final = tuple(TEXTS)
HEIGHT: Final = 20.0

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day of one row, in units of the picture: days across, 20 up and 20 down."""

    x: int
    day: str
    was: int
    becomes: int
    up: float
    down: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One camera, or all of them."""

    name: str
    bars: Sequence[Bar]
    earlier: int
    later: int


def page(report: Report, digest: str, language: str) -> str:
    """Return the page in ``en`` or ``zh-Hant``."""
    drawn = sorted(report["cameras"], key=lambda each: (-each["earlier"]["segments"], each["camera_id"]))
    first, last = _span(report)
    looked = datetime.fromisoformat(report["as_of"]).astimezone(ZoneInfo(report["zone"])).date()
    texts = TEXTS[language]
    return _template().render(
        t=texts,
        report=report,
        digest=digest,
        days=(last - first).days + 1,
        first=first.isoformat(),
        last=last.isoformat(),
        looked=(looked - first).days if first <= looked <= last else None,
        rows=[_all(report, first, texts["all"]), *(_row(each, first) for each in drawn[:CAMERAS_DRAWN])],
        more=max(0, len(drawn) - CAMERAS_DRAWN),
        lost={kind: [each for each in report[kind] if each["lost"]["segments"]] for kind in ("requests", "holds")},
        differs=bool(report["totals"]["earlier"]["segments"] or report["totals"]["later"]["segments"]),
    )


def _span(report: Report) -> tuple[date, date]:
    days = [day for camera in report["cameras"] for day, _, _ in camera["days"]]
    looked = date.fromisoformat(report["as_of"][:10])
    return (date.fromisoformat(min(days)), date.fromisoformat(max(days))) if days else (looked, looked)


def _all(report: Report, first: date, name: str) -> Row:
    days: dict[str, list[int]] = {}
    for camera in report["cameras"]:
        for day, was, becomes in camera["days"]:
            before = days.setdefault(day, [0, 0])
            before[0] += was
            before[1] += becomes
    totals = report["totals"]
    summed = [(day, was, becomes) for day, (was, becomes) in sorted(days.items())]
    return _drawn(name, summed, first, totals)


def _row(camera: Report, first: date) -> Row:
    return _drawn(camera["camera_id"], camera["days"], first, camera)


def _drawn(name: str, days: Sequence[Sequence[Any]], first: date, amounts: Report) -> Row:
    most = max((max(was, becomes) for _, was, becomes in days), default=1) or 1
    bars = [
        Bar(
            x=(date.fromisoformat(day) - first).days,
            day=day,
            was=was,
            becomes=becomes,
            up=HEIGHT * was / most,
            down=HEIGHT * becomes / most,
        )
        for day, was, becomes in days
    ]
    return Row(name=name, bars=bars, earlier=amounts["earlier"]["segments"], later=amounts["later"]["segments"])


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True).get_template(
        "page.html"
    )
