"""A filled sheet laid out on A4: what is long is written smaller, what is too long goes whole on an annexed page.

Nothing is ever cut off and nothing leaves its cell; the same entries give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.access.forms import words
from services.access.forms.filling import Filled, Run, Written
from services.kernel.policy.paper import SHEET_MM, Cell, Style
from services.runtime import printing
from services.runtime.refusal import Refusal

LETTER: Final[Mapping[Style, float]] = {Style.TITLE: 15.0, Style.NOTE: 10.0, Style.ASIDE: 11.0}
LETTER_USUAL: Final = 11.0
LETTER_MIN: Final = 6.0
STEP: Final = 0.5
NAMED_MAX: Final = 60
ENTRY_KEPT_MAX: Final = 60  # characters of an entry that stays on the sheet when a longer one beside it leaves
MM_PER_PX: Final = 25.4 / 96
SLACK_MM: Final = 1.0  # between the words and the rule of the cell, above and below together


def pdf(filled: Sequence[Filled], title: str, number: str, version: str, language: str) -> bytes:
    """Return the PDF: one page, and an annexed page only for what no letter is small enough for."""
    page = _Page(filled, title, number, version, language)
    document = page.laid_out()
    while page.shrink(document):
        document = page.laid_out()
    written: bytes = document.write_pdf()
    return written


class _Page:
    """One sheet while its letters are being chosen."""

    def __init__(self, filled: Sequence[Filled], title: str, number: str, version: str, language: str) -> None:
        self._filled, self._title, self._number, self._version = filled, title, number, version
        self._texts = words.texts(language)
        self._points = [LETTER.get(each.cell.style, LETTER_USUAL) for each in filled]
        self._annexed: dict[int, int] = {}  # by cell: the longest entry that stays

    def laid_out(self) -> Any:  # noqa: ANN401 - WeasyPrint has no types
        cells = [_placed(each.cell, self._points[i], self._lines(i)) for i, each in enumerate(self._filled)]
        annexed = [{"heading": heading(self._filled, i), "lines": self._filled[i].lines} for i in sorted(self._annexed)]
        html = _template().render(
            cells=cells,
            annexed=annexed,
            title=self._title,
            number=self._number,
            version=self._version,
            t=self._texts,
        )
        return printing.laid_out(html)

    def shrink(self, document: Any) -> bool:  # noqa: ANN401 - as above
        """Choose smaller letters for what runs over; tell whether anything had to change."""
        anchors = document.pages[0].anchors
        over = False
        for i, each in enumerate(self._filled):
            written, room = _height(anchors, i), each.cell.height - SLACK_MM
            if written > room:
                self._smaller(i, room / written)
                over = True
        return over

    def _smaller(self, i: int, ratio: float) -> None:
        wanted = math.floor(self._points[i] * math.sqrt(ratio) / STEP) * STEP
        chosen = min(self._points[i] - STEP, wanted)
        if chosen >= LETTER_MIN:
            self._points[i] = chosen
        elif self._points[i] > LETTER_MIN:
            self._points[i] = LETTER_MIN
        else:
            self._annex(i)

    def _annex(self, i: int) -> None:
        if self._annexed.get(i) == 0:
            raise _too_small(self._filled, i)
        # First what is long leaves; if many short entries are too much as well, all of them do.
        self._annexed[i] = 0 if i in self._annexed else ENTRY_KEPT_MAX
        self._points[i] = LETTER.get(self._filled[i].cell.style, LETTER_USUAL)

    def _lines(self, i: int) -> Written:
        if i not in self._annexed:
            return self._filled[i].lines
        return _shortened(self._filled[i].lines, self._annexed[i], self._texts["continued"])


def heading(filled: Sequence[Filled], i: int) -> str:
    """Return what an annexed cell is called on paper: the label to its left, else the one above it."""
    cell = filled[i].cell
    labels = [each for each in filled if each.cell.style is Style.LABEL]
    beside = [each for each in labels if _beside(each.cell, cell)]
    above = [each for each in labels if each.cell.left == cell.left and each.cell.top < cell.top]
    found = max(beside or above, key=lambda each: (each.cell.left, each.cell.top), default=filled[i])
    return " ".join("".join(run.text for run in line) for line in found.lines)


def _beside(label: Cell, cell: Cell) -> bool:
    return label.left < cell.left and label.top <= cell.top < label.top + label.height


def _shortened(lines: Written, longest: int, instead: str) -> Written:
    kept = [tuple(run for run in line if not run.is_entry or len(run.text) <= longest) for line in lines]
    return (*(line for line in kept if line), (Run(text=instead, is_entry=True),))


def _too_small(filled: Sequence[Filled], i: int) -> Refusal:
    return Refusal(
        "PaperTooSmall",
        status=409,
        title="The form's sheet has a cell that is too small",
        detail=f"the printed words beside {heading(filled, i)[:NAMED_MAX]!r} don't fit their own cell",
        remedy="make its row higher in the pack: forms/*.yaml, paper, rows",
    )


def _placed(cell: Cell, points: float, lines: Written) -> dict[str, object]:
    # Neighbours share their rule: each is drawn half a rule larger on every side.
    return {
        "style": str(cell.style),
        "left": round(cell.left - 0.15, 3),
        "top": round(cell.top - 0.15, 3),
        "width": round(cell.width + 0.3, 3),
        "height": round(cell.height + 0.3, 3),
        "inner": round(cell.height - 0.3, 3),
        "points": points,
        "lines": lines,
    }


def _height(anchors: Mapping[str, Sequence[float]], i: int) -> float:
    if f"e{i}" not in anchors:
        return SHEET_MM[1]  # It runs over the end of the sheet.
    return (anchors[f"e{i}"][1] - anchors[f"b{i}"][1]) * MM_PER_PX


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("sheet.html")
