"""Each place of a sheet turned into the words that stand there; a place that nobody filled stays blank. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.access.forms import words
from services.access.forms.entries import Entries
from services.access.forms.marks import Calendar
from services.kernel.policy.facts import exact_instant, instant, items, lookup
from services.kernel.policy.paper import INSTANT_PARTS, Cell, How, Paper, Place

BOX_EMPTY, BOX_TICKED = "□", "■"
BLANK: Final = {How.YEAR: "\u3000\u3000\u3000", How.AT: "\u3000" * 6}
BLANK_PART: Final = "\u3000\u3000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words of one kind: printed on the form, or filled in."""

    text: str
    is_entry: bool = False


Written = tuple[tuple[Run, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One cell with everything that is written in it, line by line."""

    cell: Cell
    lines: Written


def filled(paper: Paper, entries: Entries, calendar: Calendar) -> tuple[Filled, ...]:
    """Return every cell of a sheet with its places filled in."""
    return tuple(Filled(cell=cell, lines=tuple(_lines(cell, entries, calendar))) for cell in paper.cells)


def _lines(cell: Cell, entries: Entries, calendar: Calendar) -> Iterator[tuple[Run, ...]]:
    for line in cell.lines.get(calendar.language, ()):
        signatures = [piece for piece in line if isinstance(piece, Place) and piece.how is How.SIGNATURE]
        if signatures:
            for piece in signatures:
                yield from _signed(piece, entries, calendar)
        else:
            yield tuple(_run(piece, entries, calendar) for piece in line)


def _signed(place: Place, entries: Entries, calendar: Calendar) -> Iterator[tuple[Run, ...]]:
    for mark in entries.marks.get(place.name, ()):
        yield from ((Run(text=_clean(line), is_entry=True),) for line in mark.lines(calendar))


def _run(piece: str | Place, entries: Entries, calendar: Calendar) -> Run:
    if isinstance(piece, str):
        return Run(text=piece)
    value = lookup(entries.facts, piece.name)
    if piece.how is How.BOX:
        return Run(text=BOX_TICKED if piece.word in map(str, items(value)) else BOX_EMPTY)
    if piece.how in INSTANT_PARTS:
        return Run(text=_clean(_part(piece.how, value, calendar)), is_entry=True)
    return Run(text=_clean(_shown(value, calendar)), is_entry=True)


def _part(how: How, value: object, calendar: Calendar) -> str:
    # A date that has no time of day leaves the hour blank, as its writer did.
    whole = how in {How.YEAR, How.MONTH, How.DAY}
    at = instant(value, calendar.zone) if whole else exact_instant(value, calendar.zone)
    if at is not None:
        return _of(how, at, calendar)
    # What can't be read as a time is nobody's to drop: it stands as it was written, where the date begins.
    unread = _shown(value, calendar) if how in BLANK else ""
    return unread or BLANK.get(how, BLANK_PART)


def _of(how: How, at: datetime, calendar: Calendar) -> str:
    local = calendar.local(at)
    written = {
        How.YEAR: f"{calendar.year(at)}",
        How.MONTH: f"{local.month}",
        How.DAY: f"{local.day}",
        How.HOUR: f"{local:%H}",
        How.MINUTE: f"{local:%M}",
        How.SECOND: f"{local:%S}",
    }
    return written.get(how) or calendar.at(at)


def _shown(value: object, calendar: Calendar) -> str:
    said = words.texts(calendar.language)
    match value:
        case None:
            return ""
        case bool():
            return said["yes"] if value else said["no"]
        case datetime():
            return calendar.at(value)
        case list() | tuple():
            return said["separator"].join(_shown(each, calendar) for each in value)
        case _:
            # A cell is no page: what was written in paragraphs runs on, so that length says what room it needs.
            return " ".join(str(value).split())


def _clean(value: str) -> str:
    """Drop what can't be seen on paper, or turns the order of what can: control and format characters, lone halves."""
    kept = (c for c in value if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return "".join(kept)
