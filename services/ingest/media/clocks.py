"""Weigh what several clocks say about the start of footage. Pure: says what is doubtful, decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

from services.ingest.media.found import ClockSource, Doubt, DoubtKind, Reading
from services.ingest.media.names import NamePattern, NoSuchLocalTime

# Older digital footage than this comes from a clock that lost its battery, not from a camera in use.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Readings best first, what is wrong with them, and the first that has nothing wrong of its own."""

    readings: tuple[Reading, ...]
    doubts: tuple[Doubt, ...]

    @property
    def chosen(self) -> Reading | None:
        bad = {doubt.source for doubt in self.doubts if doubt.kind is not DoubtKind.CLOCKS_DISAGREE}
        return next((reading for reading in self.readings if reading.source not in bad), None)


def weigh(
    *,
    creation_time: str | None,
    path: PurePath,
    pattern: NamePattern | None,
    modified_at: datetime,
    duration: timedelta,
    now: datetime,
) -> Verdict:
    """Return every reading of the start in UTC with its doubts. ``modified_at`` is the file's own last write."""
    near = modified_at - duration
    readings, doubts = list[Reading](), list[Doubt]()
    if (created := _metadata(creation_time)) is not None:
        readings.append(Reading(source=ClockSource.METADATA, at=created))
    try:
        named = None if pattern is None else pattern.starts(path, near)
    except (NoSuchLocalTime, ValueError, OverflowError) as impossible:
        named = None
        doubts.append(_no_such_time(path, impossible))
    if named is not None:
        readings.append(Reading(source=ClockSource.NAME, at=named))
    readings.append(Reading(source=ClockSource.MODIFIED, at=near))
    for reading in readings:
        doubts.extend(_out_of_range(reading, duration, now))
    return Verdict(readings=tuple(readings), doubts=(*doubts, *_disagreements(readings)))


def _metadata(creation_time: str | None) -> datetime | None:
    if creation_time is None:
        return None
    try:
        at = datetime.fromisoformat(creation_time)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _no_such_time(path: PurePath, impossible: Exception) -> Doubt:
    message = f"the name {path.name!r} gives no possible time ({impossible}): correct the name, or the source's zone"
    return Doubt(kind=DoubtKind.NO_SUCH_LOCAL_TIME, source=ClockSource.NAME, message=message)


def _out_of_range(reading: Reading, duration: timedelta, now: datetime) -> Iterator[Doubt]:
    said = f"{reading.source} says that it starts at {reading.at.isoformat()}"
    if reading.at < EARLIEST:
        rule = f"before {EARLIEST.date()}: set the recorder's clock, then file it with its true time"
        yield Doubt(kind=DoubtKind.BEFORE_CAMERAS, source=reading.source, message=f"{said}, {rule}")
    elif reading.at - now > CLOCK_MARGIN - duration:
        rule = f"ends later than now ({now.isoformat()}) plus 5 minutes: set the clock, then file it with its true time"
        yield Doubt(kind=DoubtKind.IN_THE_FUTURE, source=reading.source, message=f"{said} and {rule}")


def _disagreements(readings: list[Reading]) -> Iterator[Doubt]:
    at = {reading.source: reading.at for reading in readings if reading.at >= EARLIEST}
    modified, named = at.get(ClockSource.MODIFIED), at.get(ClockSource.NAME)
    for source in (ClockSource.METADATA, ClockSource.NAME):
        started = at.get(source)
        if started is not None and modified is not None and started - modified > CLOCK_MARGIN:
            yield _disagree(source, started, "its file's last write allows", modified)
    metadata = at.get(ClockSource.METADATA)
    if metadata is not None and named is not None and abs(metadata - named) > CLOCK_MARGIN:
        yield _disagree(ClockSource.METADATA, metadata, "its name says", named)


def _disagree(source: ClockSource, said: datetime, other: str, instead: datetime) -> Doubt:
    message = (
        f"{source} says {said.isoformat()} where {other} {instead.isoformat()}: "
        "more than 5 minutes apart; check the recorder's clock and the source's zone"
    )
    return Doubt(kind=DoubtKind.CLOCKS_DISAGREE, source=source, message=message)
