"""A form's paper as data: rows of cells in millimetres, printed words, and places where recorded facts are filled in.

Nothing here draws and nothing here knows an agency; ``paper_lint`` says what the schema can't say of a paper.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.kernel.policy.facts import Facts, mappings, sub, text, texts

SHEET_MM: Final = (210.0, 297.0)
MARGIN_MM: Final = 15.0
PLACE: Final = re.compile(r"\{(?:(?P<how>[a-z]+):)?(?P<name>[a-z][a-z0-9_.]*)(?:=(?P<word>[A-Za-z0-9_]+))?\}")


class How(StrEnum):
    """In which way a fact is written into its place."""

    VALUE = ""
    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"
    AT = "at"
    BOX = "box"
    SIGNATURE = "signature"


class Style(StrEnum):
    """What a cell is for; the renderer gives each its letter and its rules."""

    ENTRY = "entry"
    LABEL = "label"
    TITLE = "title"
    NOTE = "note"
    ASIDE = "aside"


INSTANT_PARTS: Final = frozenset({How.YEAR, How.MONTH, How.DAY, How.HOUR, How.MINUTE, How.SECOND, How.AT})

# What a paper may show besides the applicant's answers: all of it stands on the log or in the pack.
RECORDED_INSTANTS: Final = frozenset(
    {
        "recorded.submitted_at",
        "recorded.closed_at",
        "result.view.from",
        "result.view.to",
        "result.copy.from",
        "result.copy.to",
        "project.from",
        "project.to",
    }
)
RECORDED: Final = RECORDED_INSTANTS | {
    "agency",
    "recorded.request_id",
    "recorded.policy_version",
    "recorded.state",
    "recorded.routed_to",
    "recorded.documents",
    "recorded.copies",
    "result.acts",
    "result.other",
    "result.view.cameras",
    "result.copy.cameras",
    "project.id",
    "project.members",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place to fill in: ``{name}``, ``{year:name}``, ``{box:name=word}``, ``{signature:step}``."""

    how: How
    name: str
    word: str = ""


Line = tuple[str | Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell, placed on the sheet in millimetres from its upper left corner."""

    style: Style
    left: float
    top: float
    width: float
    height: float
    lines: Mapping[str, tuple[Line, ...]]  # by language

    def places(self) -> Iterator[Place]:
        """Yield what is filled in here, in every language."""
        for lines in self.lines.values():
            for line in lines:
                yield from (piece for piece in line if isinstance(piece, Place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The sheet of one form: for which requests (or for which chain), in which languages and calendar."""

    form_id: str
    kinds: frozenset[str]
    chain: str
    languages: tuple[str, ...]
    calendar: str
    cells: tuple[Cell, ...]

    def language(self, wanted: str) -> str:
        """Return the language it is printed in: an annex has one, whatever was asked for."""
        return wanted if wanted in self.languages else self.languages[0]


class DoesNotFit(ValueError):
    """The rows of a paper don't fill its columns; ``row`` counts from 0."""

    def __init__(self, row: int, says: str) -> None:
        super().__init__(says)
        self.row = row


def paper_of(form: Facts) -> Paper | None:
    """Return a form's paper, None if it has none. Raises DoesNotFit for rows that leave holes or run over."""
    raw = sub(form, "paper")
    if not raw:
        return None
    return Paper(
        form_id=text(form.get("id")),
        kinds=frozenset(texts(raw.get("kinds"))),
        chain=text(raw.get("chain")),
        languages=texts(raw.get("languages")),
        calendar=text(raw.get("calendar")) or "gregorian",
        cells=tuple(_cells(raw)),
    )


def lines_of(printed: str) -> tuple[Line, ...]:
    """Read printed text with its places; each line of it is a line on paper."""
    return tuple(tuple(_pieces(line)) for line in printed.rstrip("\n").split("\n"))


def fields_of(form: Facts) -> tuple[Facts, ...]:
    """Return the fields of a form, section by section."""
    return tuple(each for section in mappings(form.get("sections")) for each in mappings(section.get("fields")))


def _pieces(line: str) -> Iterator[str | Place]:
    end = 0
    for found in PLACE.finditer(line):
        if found.start() > end:
            yield line[end : found.start()]
        # An unknown way to write stays text, braces and all: lint finds it.
        if (found["how"] or "") in set(How):
            yield Place(how=How(found["how"] or ""), name=found["name"], word=found["word"] or "")
        else:
            yield found.group()
        end = found.end()
    if end < len(line):
        yield line[end:]


def _cells(raw: Facts) -> Iterator[Cell]:
    columns = _numbers(raw.get("columns"))
    rows = mappings(raw.get("rows"))
    heights = [_number(row.get("height")) for row in rows]
    taken: set[tuple[int, int]] = set()
    for index, row in enumerate(rows):
        for cell in mappings(row.get("cells")):
            column = next((c for c in range(len(columns)) if (index, c) not in taken), len(columns))
            across, down = int(_number(cell.get("columns")) or 1), int(_number(cell.get("rows")) or 1)
            _claim(taken, index, column, across, down, size=(len(rows), len(columns)))
            yield Cell(
                style=Style(text(cell.get("style")) or "entry"),
                left=MARGIN_MM + sum(columns[:column]),
                top=MARGIN_MM + sum(heights[:index]),
                width=sum(columns[column : column + across]),
                height=sum(heights[index : index + down]),
                lines={language: lines_of(str(said)) for language, said in sub(cell, "text").items()},
            )
        if any((index, c) not in taken for c in range(len(columns))):
            raise DoesNotFit(index, "the cells leave part of the row open")


def _claim(
    taken: set[tuple[int, int]], row: int, column: int, across: int, down: int, *, size: tuple[int, int]
) -> None:
    wanted = {(r, c) for r in range(row, row + down) for c in range(column, column + across)}
    if row + down > size[0] or column + across > size[1] or wanted & taken:
        raise DoesNotFit(row, "the cells run over the columns or into another cell")
    taken |= wanted


def _numbers(values: object) -> Sequence[float]:
    return [_number(each) for each in values] if isinstance(values, list) else []


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
