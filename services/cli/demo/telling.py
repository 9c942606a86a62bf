"""Tells what happens on the terminal, line by line, in the language that was asked for."""

from __future__ import annotations

import time

from rich.cells import cell_len

from services.access.status.names import role
from services.cli.client import console
from services.cli.demo.phrases import LANGS, Lang, phrase, translated

LABEL_COLUMNS = 16  # and 64 for a hash: one line of a terminal


class Teller:
    """``say("routed", to=...)`` prints a phrase of the table with the time before it."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang

    def say(self, name: str, /, **fields: object) -> None:
        if "to" in fields:  # An office: by its title, as people call it, not by the word of the log.
            fields["to"] = role(str(fields["to"]), LANGS.index(self.lang))
        self._line(phrase(name, self.lang, **fields))

    def heard(self, line: str) -> None:
        """Pass on what ``up`` says."""
        self._line(translated(line, self.lang))

    def plain(self, name: str, /, style: str = "", **fields: object) -> None:
        """Print a phrase without the time."""
        console.print(phrase(name, self.lang, **fields), style=style, highlight=False, markup=False, soft_wrap=True)

    def labelled(self, name: str, value: str, style: str = "") -> None:
        """Print a label and a value on one line."""
        label = phrase(name, self.lang)
        padded = label + " " * (LABEL_COLUMNS - cell_len(label))
        console.print(f"{padded}{value}", style=style, highlight=False, markup=False, soft_wrap=True)

    def _line(self, told: str) -> None:
        console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] ", end="", highlight=False)
        console.print(told, highlight=False, markup=False, soft_wrap=True)
