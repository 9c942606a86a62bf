"""A PDF read back as a person sees it: which words stand where on the sheet, and where a rule is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import pypdfium2 as pdfium

MM_PER_POINT = 25.4 / 72
SCALE = 4.0  # pixels per point of the picture: a rule of 0.3 mm is three pixels wide
DARK = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """A part of the sheet in millimetres from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.left + self.width and self.top <= y <= self.top + self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """One character with the box of its ink."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def inside(self, box: Rectangle) -> bool:
        return box.holds(self.left, self.top) and box.holds(self.right, self.bottom)


class Printed:
    """A PDF's pages; ``characters`` and ``is_ruled`` speak of one page, in millimetres."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._document = pdfium.PdfDocument(content)

    @property
    def pages(self) -> int:
        return len(self._document)

    @property
    def size(self) -> tuple[int, int]:
        """The first page in whole millimetres."""
        width, height = self._document[0].get_size()
        return round(width * MM_PER_POINT), round(height * MM_PER_POINT)

    @cached_property
    def characters(self) -> tuple[Character, ...]:
        """Everything visible on the first page."""
        return tuple(self._characters())

    def text(self, page: int) -> str:
        return str(self._document[page].get_textpage().get_text_bounded())

    def words_in(self, box: Rectangle) -> str:
        """Return what stands in a part of the first page, its white space dropped."""
        return "".join(c.text for c in self.characters if c.inside(box))

    def is_ruled(self, box: Rectangle) -> bool:
        """Tell whether all four sides of a part of the first page are drawn."""
        middle = (box.left + box.width / 2, box.top + box.height / 2)
        across = [(middle[0], box.top), (middle[0], box.top + box.height)]
        sides = [*across, (box.left, middle[1]), (box.left + box.width, middle[1])]
        return all(self._is_dark(x, y) for x, y in sides)

    def lines(self) -> list[str]:
        """Return the first page's words line by line as the eye reads them."""
        rows = groupby(sorted(self.characters, key=lambda c: (round(c.bottom), c.left)), key=lambda c: round(c.bottom))
        return ["".join(c.text for c in row) for _, row in rows]

    def _characters(self) -> Iterator[Character]:
        page = self._document[0]
        height, words = page.get_size()[1], page.get_textpage()
        for index in range(words.count_chars()):
            said = words.get_text_range(index, 1)
            if said.strip():
                left, bottom, right, top = (each * MM_PER_POINT for each in words.get_charbox(index))
                upper, lower = height * MM_PER_POINT - top, height * MM_PER_POINT - bottom
                yield Character(text=said, left=left, top=upper, right=right, bottom=lower)

    @cached_property
    def _picture(self) -> pdfium.PdfBitmap:
        return self._document[0].render(scale=SCALE, grayscale=True)

    def _is_dark(self, x: float, y: float) -> bool:
        column, row = (int(each / MM_PER_POINT * SCALE) for each in (x, y))
        picture = self._picture
        rows = range(max(0, row - 2), min(picture.height, row + 3))
        columns = range(max(0, column - 2), min(picture.width, column + 3))
        return any(picture.buffer[r * picture.stride + c] < DARK for r in rows for c in columns)
