"""The menu: where one can go, which entry one is under, and how much lies behind some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.access.console.visit import Visit

ENTRIES: Final = (
    ("/console", "home"),
    ("/console/new", "new_request"),
    ("/console/requests", "requests"),
    ("/console/holds", "holds"),
    ("/console/cameras", "cameras"),
    ("/console/map", "map"),
    ("/console/live", "live"),
    ("/console/projects", "projects"),
    ("/console/deletion", "deletion_queue"),
    ("/console/registers", "registers"),
    ("/console/policies", "policies"),
    ("/console/verify", "verify"),
    ("/console/break-glass", "break_glass"),
    ("/console/bulk-viewings", "bulk_viewings"),
)
# Shown to those alone for whom it is counted: nobody else can look behind it.
FOR_WATCHERS: Final = "bulk_viewings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the menu."""

    to: str
    word: str
    is_here: bool
    count: int | None = None  # of what is open behind it, where that is counted


def entries(visit: Visit) -> list[Entry]:
    """Return the lines of the menu for a page."""
    here, counts = visit.request.url.path.rstrip("/"), visit.counts
    return [
        Entry(to=to, word=word, is_here=is_under(here, to), count=counts.get(word))
        for to, word in ENTRIES
        if word != FOR_WATCHERS or word in counts
    ]


def is_under(here: str, entry: str) -> bool:
    """Tell whether a page lies under an entry; everything lies under the first, so it counts alone."""
    return here == entry or (entry != ENTRIES[0][0] and here.startswith(f"{entry}/"))
