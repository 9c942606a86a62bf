"""A camera's footage drawn to scale: lanes of bands, and the same intervals as a table. Pure; nothing is invented.

Segments in a row that stand alike are one band. What custody and retention didn't tell isn't drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from services.kernel.policy import Pack, SegmentFacts, interval

FULL: Final = 100.0
# Narrower than this nothing is seen: a gap of a minute in a month is still a mark.
HAIR: Final = 0.2
# Recorders leave less than this between two files; more is a gap, and custody tells of it by itself.
SEAM: Final = timedelta(seconds=2)
HOUR: Final = timedelta(hours=1)
BANDS_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """An interval that stands alike throughout. ``number`` counts its segments, where it has any."""

    kind: str  # kept, queued, destroying, gone, gap, held, securing, asked, viewed
    starts: datetime
    ends: datetime
    number: int = 0
    about: str = ""  # a matter or a request
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A band with its place in the window, in percent."""

    band: Band
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What of a camera's time is drawn."""

    starts: datetime
    ends: datetime

    def x(self, instant: datetime) -> float:
        """Return where an instant lies, in percent; what lies outside stands at the edge."""
        part = (instant - self.starts) / (self.ends - self.starts)
        return round(FULL * min(1.0, max(0.0, part)), 3)

    def place(self, bands: Iterable[Band]) -> list[Placed]:
        """Return the bands that touch the window, cut to it, none narrower than a hair."""
        touching = (band for band in bands if band.ends > self.starts and band.starts < self.ends)
        return [
            Placed(band=band, x=self.x(band.starts), width=max(HAIR, round(self.x(band.ends) - self.x(band.starts), 3)))
            for band in touching
        ]

    def ticks(self, most: int = 8) -> list[datetime]:
        """Return instants at equal distances, whole days of the window's own clock where it is long enough."""
        whole = self.ends - self.starts
        step = max(timedelta(hours=1), whole / most)
        step = timedelta(days=max(1, round(step / timedelta(days=1)))) if whole > timedelta(days=2) else step
        return [self.starts + n * step for n in range(int(whole / step) + 1)]


def footage(told: Iterable[Mapping[str, Any]], queued_hours: frozenset[datetime]) -> list[Band]:
    """Return bands as ingest tells them, cut where retention has wholly queued an hour: that is drawn as queued."""
    bands: list[Band] = []
    for band in sorted(_cut(told, queued_hours), key=lambda one: one.starts):
        if bands and bands[-1].kind == band.kind and band.starts - bands[-1].ends <= SEAM:
            bands[-1] = _joined(bands[-1], band)
        else:
            bands.append(band)
    return bands


def queued_hours(due: Iterable[Mapping[str, Any]], camera_id: str) -> frozenset[datetime]:
    """Return the hours of a camera of which retention has queued or commanded every segment that is left."""
    lines = [line for line in due if line["camera_id"] == camera_id]
    whole = [line for line in lines if line["segments"] and line["queued"] + line["commanded"] >= line["segments"]]
    return frozenset(datetime.fromisoformat(line["hour"]) for line in whole)


def gaps(told: Iterable[Mapping[str, Any]]) -> list[Band]:
    """Return intervals without footage."""
    return [
        Band(
            kind="gap",
            starts=datetime.fromisoformat(each["gap_from"]),
            ends=datetime.fromisoformat(each["gap_to"]),
        )
        for each in told
    ]


def protections(
    told: Iterable[Mapping[str, Any]], camera_id: str, area: str, now: datetime, end: datetime
) -> list[Band]:
    """Return what holds, rescues and open requests cover of a camera; an open end reaches to ``end``."""
    found = []
    for each in told:
        until = each["protects_until"]
        if until and datetime.fromisoformat(until) <= now:
            continue
        found += [_of_scope(each, scope, end) for scope in each["scopes"] if _covers(scope, camera_id, area)]
    return found


def in_front(band: Band) -> int:
    """Order protections for drawing: what surely stays is drawn over what is only asked for."""
    return ("asked", "securing", "held").index(band.kind)


def limits(pack: Pack, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return where footage lies that reaches its minimum now, and its maximum now, as the general rules say."""
    found = interval(pack, SegmentFacts(start=now, end=now))
    ends = (found.keep_until, found.destroy_by)
    return tuple(None if end is None else now - (end - now) for end in ends)  # type: ignore[return-value]


def table(bands: Sequence[Band], window: Window) -> list[Band]:
    """Return the intervals of the picture in order of time, as many as a page bears."""
    touching = [band for band in bands if band.ends > window.starts and band.starts < window.ends]
    return sorted(touching, key=lambda band: (band.starts, band.kind))[:BANDS_MAX]


def _cut(told: Iterable[Mapping[str, Any]], queued: frozenset[datetime]) -> Iterator[Band]:
    for each in told:
        band = Band(
            kind=str(each["state"]),
            starts=datetime.fromisoformat(each["from"]),
            ends=datetime.fromisoformat(each["to"]),
            number=int(each["segments"]),
        )
        yield from _by_hour(band, queued) if band.kind == "kept" and queued else (band,)


def _by_hour(band: Band, queued: frozenset[datetime]) -> Iterator[Band]:
    """Cut a band at the edges of what is queued; its segments are shared out by time, the sum stays."""
    hours = sorted(hour for hour in queued if hour < band.ends and hour + HOUR > band.starts)
    edges = {band.starts, band.ends}
    edges |= {edge for hour in hours for edge in (hour, hour + HOUR) if band.starts < edge < band.ends}
    cuts, given = sorted(edges), 0
    for start, end in pairwise(cuts):
        upto = round(band.number * ((end - band.starts) / (band.ends - band.starts)))
        is_queued = start.replace(minute=0, second=0, microsecond=0) in queued
        yield Band(kind="queued" if is_queued else band.kind, starts=start, ends=end, number=upto - given)
        given = upto


def _joined(first: Band, last: Band) -> Band:
    return Band(
        kind=first.kind, starts=first.starts, ends=max(first.ends, last.ends), number=first.number + last.number
    )


def _covers(scope: Mapping[str, Any], camera_id: str, area: str) -> bool:
    if scope["officer"] or scope["incident"]:
        return False  # Which footage that is, only a filed fact tells.
    if scope["cameras"]:
        return camera_id in scope["cameras"]
    return not scope["area"] or scope["area"] == area


def _of_scope(told: Mapping[str, Any], scope: Mapping[str, Any], end: datetime) -> Band:
    kind = "asked" if told["kind"] == "request" else "held" if told["state"] == "effective" else "securing"
    return Band(
        kind=kind,
        starts=datetime.fromisoformat(scope["from"]),
        ends=datetime.fromisoformat(scope["to"]) if scope["to"] else end,
        # The matter of a request's own protection is a sentence of the log; its number says as much in any language.
        about=told["request_id"][:8] if told["kind"] == "request" else told["matter"],
        link=f"/console/requests/{told['request_id']}" if told["request_id"] else f"/console/holds#h-{told['hold_id']}",
    )
