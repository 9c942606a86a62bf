"""Bit maps over the segments of one bucket: bit 0 is the leftmost, as Postgres counts in ``get_bit``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def bit(size: int, position: int) -> int:
    """Return the map of ``size`` bits in which only ``position`` is set."""
    return 1 << (size - 1 - position)


def bits(size: int, positions: Iterable[int]) -> int:
    """Return the map of ``size`` bits in which these positions are set."""
    found = 0
    for position in positions:
        found |= bit(size, position)
    return found


def everything(size: int) -> int:
    """Return the map of ``size`` bits in which all are set."""
    return (1 << size) - 1


def positions(size: int, map_: int) -> Iterator[int]:
    """Yield the positions that are set, ascending."""
    while map_:
        top = map_.bit_length() - 1
        yield size - 1 - top
        map_ ^= 1 << top


def from_text(written: str | None) -> int:
    """Read a bit map as Postgres writes it; NULL is an empty one."""
    return int(written, 2) if written else 0


def to_text(size: int, map_: int) -> str | None:
    """Write a bit map as Postgres reads it; an empty one is NULL."""
    return f"{map_:0{size}b}" if map_ else None
