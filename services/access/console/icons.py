"""Drawings beside words: one shape a state, so that no state is told by colour alone."""

from __future__ import annotations

from typing import Final

SHAPES: Final = {
    "ok": '<path d="M2.5 8.5l3.5 3.5 7.5-8" stroke-width="2"/>',
    "refused": '<circle cx="8" cy="8" r="6"/><path d="M4 12L12 4"/>',
    "now": '<path d="M2 3h7l5 5-5 5H2z" class="f"/>',
    "wait": '<circle cx="8" cy="8" r="5.5" stroke-dasharray="2.5 2"/>',
    "skipped": '<path d="M3 8h10"/>',
    "kept": '<rect x="2.5" y="3.5" width="11" height="9" class="f"/>',
    "held": '<rect x="3" y="7" width="10" height="7" class="f"/><path d="M5 7V5a3 3 0 0 1 6 0v2"/>',
    "securing": '<rect x="3" y="7" width="10" height="7"/>'
    '<path d="M3 11h10v3H3z" class="f"/><path d="M5 7V5a3 3 0 0 1 6 0v2"/>',
    "queued": '<path d="M4 2h8M4 14h8M5 2c0 4 6 8 6 12M11 2c0 4-6 8-6 12"/>',
    "gone": '<rect x="2.5" y="2.5" width="11" height="11"/><path d="M2.5 2.5l11 11m0-11l-11 11"/>',
    "gap": '<path d="M2 8h3m2 0h2m2 0h3"/>',
    "viewed": '<path d="M1.5 8c3-5 10-5 13 0-3 5-10 5-13 0z"/><circle cx="8" cy="8" r="2" class="f"/>',
    "overdue": '<path d="M5.300 1.500h5.400l3.800 3.800v5.400l-3.800 3.800H5.300l-3.800-3.800V5.300z" class="f"/>',
    "warn": '<path d="M8 2l6.500 12h-13z"/><path d="M8 6.500v4M8 11.700v1"/>',
    "document": '<path d="M3.500 1.500h6l3 3v10h-9zM9.500 1.500v3h3M5.500 8h5M5.500 11h5"/>',
}


class Drawing(str):
    """Markup of ours: a page takes it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def icon(name: str) -> Drawing:
    """Return one drawing; it says nothing to a screen reader, the word beside it does."""
    return Drawing(f'<svg class="i" viewBox="0 0 16 16" aria-hidden="true">{SHAPES[name]}</svg>')
