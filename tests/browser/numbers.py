"""Every number on a page, found without knowing the page: what counts, what names a thing or a time, what is left."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from playwright.sync_api import Page

from services.access.console import words
from services.access.status.words import LANGUAGES

# The text of the page as a person reads it, line by line: pictures, answers of forms and wording of the law left out.
READ: Final = """(part) => {
  const main = document.querySelector(part).cloneNode(true), cells = [];
  main.querySelectorAll(`svg, option, datalist, script, style, .mono, q, .marg, thead, .hint, label, legend, .zero,
    [data-number=clock], [data-number=limit], [data-number=place], [data-number=rule]`).forEach(e => e.remove());
  main.querySelectorAll('td.num').forEach(e => { cells.push(e.textContent.trim()); e.remove(); });
  main.querySelectorAll('br').forEach(e => e.replaceWith('\\n'));
  const block = `li, p, div, td, th, tr, dt, dd, h1, h2, h3, section, summary, summary .vh, form, label, legend,
    span.chip, .seg a, .seal, .seal small, .when`;
  main.querySelectorAll(block).forEach(e => { e.prepend('\\n'); e.append('\\n'); });
  return {lines: main.textContent.split('\\n').map(e => e.trim()).filter(e => /\\d/.test(e)), cells};
}"""
HOLE: Final = re.compile(r"{(\w+)}")
# Words with a number that is a choice of the page or a version's name, not a count of anything.
CHOICES: Final = frozenset({"days", "version", "shown_first", "cameras_shown"})
COUNTS: Final = frozenset(
    {
        "number",
        "effective",
        "securing",
        "second",
        "all",
        "copies",
        "ranges",
        "bytes",
        "gone",
        "kept",
        "version",
        "index",
    }
)
# Of words that are one sentence in some language, the one that the pages compared here have.
CALLED: Final = frozenset({"segments_number", "way_of"})
# Times, lengths of time, clauses, ids, and names of cameras, policies, people and places, which have digits in them.
NAMES: Final = re.compile(
    r"\d{2,4}-\d{2}-\d{2}|^\d{2}-\d{2}$|\d{1,2}:\d{2}(:\d{2})?|\d+ 年 \d+ 月 \d+ 日|\b\d{1,2} [A-Z][a-z]{2} \d{4}"
    r"|\d+ (d|h|min|日|時|分)(?!\w)|\b\d+\(\d+\)"
    r"|\b(SPD|NPA|DAAN|LIVE)-\d+|\bp-\d+|\b[0-9a-f]{8}(-[0-9a-f-]+)?\b"
    r"|\b[a-z]+(-[a-z]+)+-\d+\b|\b[a-z]+-\d+\b|115-0042|\bSHA-256\b|\bC2PA\b|\bRFC 6962\b|\b[a-z]+\.[a-z_0-9.]+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a page shows, or what the owners tell: counts by word, columns of numbers, and what nobody owns."""

    words: Counter[tuple[str, tuple[int, ...]]] = field(default_factory=Counter)
    cells: tuple[int, ...] = ()
    strange: tuple[str, ...] = ()
    quoted: frozenset[str] = field(
        default=frozenset(), repr=False
    )  # what an owner's own rows say, and a page may repeat as it stands

    def without(self, quoted: frozenset[str]) -> Figures:
        """Return what is shown without what its owner says word for word."""
        return replace(self, strange=tuple(each for each in self.strange if each not in quoted), quoted=quoted)

    def whole(self) -> Figures:
        """Return what is shown with numbers that stand alone as cells, smallest first."""
        alone = sorted(int(each) for each in self.strange if each.isdecimal())
        others = tuple(each for each in self.strange if not each.isdecimal())
        return replace(self, cells=(*self.cells, *alone), strange=others)

    @property
    def how_many(self) -> int:
        return sum(len(values) * times for (_, values), times in self.words.items()) + len(self.cells)


def shown(page: Page, language: str, part: str = "main") -> Figures:
    """Return every number of the page that is open, or of the part of it that a selector names."""
    read = page.evaluate(READ, part)
    found: Counter[tuple[str, tuple[int, ...]]] = Counter()
    strange: list[str] = []
    for line in read["lines"]:
        left = _counted(NAMES.sub("", line), language, found)
        if re.search(r"\d", left):
            strange.append(line)
    cells = tuple(_number(each) for each in read["cells"])
    return Figures(words=found, cells=cells, strange=tuple(strange))


def _counted(line: str, language: str, found: Counter[tuple[str, tuple[int, ...]]]) -> str:
    """Take out of a line each sentence that counts something; return what is left of it."""
    for name, pattern in _patterns(language):
        for match in pattern.finditer(line):
            if name not in CHOICES:
                found[name, tuple(_number(each) for each in match.groups())] += 1
        line = pattern.sub(" ", line)
    return line


@cache
def _patterns(language: str) -> list[tuple[str, re.Pattern[str]]]:
    """Return the sentences of the console that hold counts, the longest first."""
    said: dict[str, list[str]] = {}
    for name, both in words.WORDS.items():
        said.setdefault(HOLE.sub(_alike, both[LANGUAGES.index(language)]), []).append(name)
    counting = [each for each in sorted(said, key=len, reverse=True) if COUNTS & set(HOLE.findall(each))]
    return [(min(said[each], key=lambda name: (name not in CALLED, name)), _pattern(each)) for each in counting]


def _alike(hole: re.Match[str]) -> str:
    """Return the place of a count by one name: two sentences that differ by that alone read alike."""
    return "{number}" if hole[1] in COUNTS else hole[0]


def _pattern(sentence: str) -> re.Pattern[str]:
    """Return a sentence with its counts as groups, whatever else it names in between."""
    holes = re.sub(r"\\{(\w+)\\}", lambda hole: r"([\d,]+)" if hole[1] in COUNTS else ".+?", re.escape(sentence))
    return re.compile(rf"(?<![\w-]){holes}(?![\w-])")


def _number(text: str) -> int:
    return int(text.replace(",", ""))
