"""What stands in a register, as people read it: instants on a clock, codes as words, a list line by line. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.access.console import refusing, words
from services.access.console.dates import Dates
from services.access.console.words import questions
from services.access.status import names
from services.access.status.words import LANGUAGES

# As analytics lists the steps of a request: which step, what was done, by whom, as what, when.
SIGNATURE: Final = re.compile(r"(\w+) (\w+) (p-\S+) (\w+) (\d{4}-\S+Z)")
EMPTY: Final = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom a register is written: language, clock, and what people are called there."""

    language: str
    dates: Dates
    name_of: Callable[[str], str] = str

    def cell(self, row: Mapping[str, Any], name: str) -> list[str]:
        """Return what stands in a row under a column, as lines: a rule by what the row's ``titles`` call it."""
        value, titles = row.get(name), row.get("titles", {})
        if isinstance(value, list):
            return self.lines([self._title(titles.get(each)) or each for each in value])
        return self.lines(self._title(titles.get(value)) or value)

    def lines(self, value: object) -> list[str]:
        """Return a value as lines; a dash for what is empty."""
        if value is None or value in ("", []):
            return [EMPTY]
        if isinstance(value, list):
            return [self._said(each) for each in value]
        if isinstance(value, str) and _is_instant(value):
            return [self.dates.instant(value, seconds=True)]
        return [self._said(value)]

    def _said(self, value: object) -> str:
        """Return codes in the reader's language: a signature, a word of the vocabulary, a role, a reason."""
        text = str(value)
        if signed := SIGNATURE.fullmatch(text):
            step, act, person, role, at = signed.groups()
            told = (self._word(step), self._word(act), self.name_of(person), self._word(role))
            return " ".join((*told, self.dates.instant(at, seconds=True)))
        return self._word(text)

    def _title(self, title: Mapping[str, str] | None) -> str:
        return (title or {}).get(self.language) or next(iter((title or {}).values()), "")

    def _word(self, code: str) -> str:
        if code in questions.VALUES:
            return words.value(code, self.language)
        if code in names.ROLES:
            return names.role(code, LANGUAGES.index(self.language))
        return refusing.in_short(code, self.language) or code


def _is_instant(value: str) -> bool:
    try:
        return "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
