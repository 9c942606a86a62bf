"""How the page of a single thing is read: the numbers that it shows, in the words of who owns them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tests.browser import numbers
from tests.browser.clerk import Clerk
from tests.browser.numbers import Figures
from tests.browser.owners import counted

Read = Callable[[Figures], Figures]  # takes what the owner tells: its own texts may stand on the page as they are
Told = Callable[[], Figures]
KINDS: Final = ("kept", "held", "securing", "asked", "queued", "destroying", "gone", "gap", "viewed")
# How one row of a camera's table stands, and its number of segments, where it has one.
ROWS: Final = """() => [...document.querySelectorAll('main table.sm tbody tr')].map(row =>
  [row.querySelector('.st').textContent.trim(), (row.querySelector('a.n') || {textContent: ''}).textContent])"""


def page(clerk: Clerk, address: str, part: str = "main") -> Read:
    """Read a page, or the part of it that a selector names."""

    def read(told: Figures) -> Figures:
        clerk.opens(address)
        return numbers.shown(clerk.page, clerk.language, part).without(told.quoted)

    return read


def entry(clerk: Clerk, address: str) -> Read:
    """Read a register: how many rows, and each whole number in them, the folded columns, too."""

    def read(told: Figures) -> Figures:
        found = page(clerk, address)(told).whole()
        rows = counted(("rows", clerk.page.locator("main tbody tr:not(.rest)").count()))
        return replace(found, words=found.words + rows)

    return read


def bands(clerk: Clerk, address: str) -> Read:
    """Read a camera's table: its segments by how they stand, its protections and viewings by their rows."""
    named = {clerk.word(f"mark_{kind}"): "kept" if kind == "queued" else kind for kind in KINDS}

    def read(_told: Figures) -> Figures:
        clerk.opens(address)
        found: Counter[str] = Counter()
        for kind, text in clerk.page.evaluate(ROWS):
            digits = re.search(r"\d+", text)
            found[named[kind]] += int(digits[0]) if digits else 1
        return Figures(words=counted(*found.items()))

    return read


def proof(clerk: Clerk, certificate: str) -> Read:
    """Have the page judge a certificate, and read what it says of it."""

    def read(told: Figures) -> Figures:
        clerk.opens("/verify")
        clerk.writes("pasted", certificate)
        clerk.sends("/verify")
        clerk.sees(clerk.word("proof_holds"))
        return numbers.shown(clerk.page, clerk.language).without(told.quoted)

    return read
