"""A PDF read back as a person sees it: which words stand where on the sheet, and where a rule is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

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
    """A PDF's pages; ``characters`` and ``is_ruled`` speak of the first one, in millimetres."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        with opened(content) as document:
            self._texts = [str(page.get_textpage().get_text_bounded()) for page in document]
            width, height = document[0].get_size()
            numbers = range(document.count_attachments())
            self.attached = [bytes(document.get_attachment(number).get_data()) for number in numbers]
        self.size = (round(width * MM_PER_POINT), round(height * MM_PER_POINT))

    @property
    def pages(self) -> int:
        return len(self._texts)

    def text(self, page: int) -> str:
        return self._texts[page]

    @cached_property
    def characters(self) -> tuple[Character, ...]:
        """Everything visible on the first page."""
        with opened(self.content) as document:
            return tuple(_characters(document[0]))

    def words_in(self, box: Rectangle) -> str:
        """Return what stands in a part of the first page, its white space dropped."""
        return "".join(c.text for c in self.characters if c.inside(box))

    def is_ruled(self, box: Rectangle) -> bool:
        """Tell whether all four sides of a part of the first page are drawn."""
        middle = (box.left + box.width / 2, box.top + box.height / 2)
        across = [(middle[0], box.top), (middle[0], box.top + box.height)]
        sides = [*across, (box.left, middle[1]), (box.left + box.width, middle[1])]
        return all(self._is_dark(x, y) for x, y in sides)

    def _is_dark(self, x: float, y: float) -> bool:
        column, row = (int(each / MM_PER_POINT * SCALE) for each in (x, y))
        width, height, stride, pixels = self._picture
        rows = range(max(0, row - 2), min(height, row + 3))
        columns = range(max(0, column - 2), min(width, column + 3))
        return any(pixels[r * stride + c] < DARK for r in rows for c in columns)

    @cached_property
    def _picture(self) -> tuple[int, int, int, bytes]:
        with opened(self.content) as document:
            bitmap = document[0].render(scale=SCALE, grayscale=True)
            picture = (bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer))
            bitmap.close()
            return picture


@contextmanager
def opened(content: bytes) -> Iterator[pdfium.PdfDocument]:
    """Open a PDF and close it again: the library complains on its way out of what stays open."""
    document = pdfium.PdfDocument(content)
    try:
        yield document
    finally:
        document.close()


def _characters(page: pdfium.PdfPage) -> Iterator[Character]:
    height, words = page.get_size()[1], page.get_textpage()
    for index in range(words.count_chars()):
        said = words.get_text_range(index, 1)
        if said.strip():
            left, bottom, right, top = (each * MM_PER_POINT for each in words.get_charbox(index))
            upper, lower = height * MM_PER_POINT - top, height * MM_PER_POINT - bottom
            yield Character(text=said, left=left, top=upper, right=right, bottom=lower)
