"""Both proofs without reading the whole tree each time: roots of full tiles of 256 leaves are kept in memory.

A tree only grows, so a tile that is full never changes: 32 bytes for every 256 entries, read once per process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.tables import audit_entry
from services.kernel.merkle import node_hash, root_of, split_of

TILE: Final = 256
CHUNK: Final = 64 * TILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The roots of a tree at two sizes, and the hashes that lead to both (RFC 6962, 2.1.2)."""

    old_root: bytes
    root: bytes
    path: tuple[bytes, ...]


@dataclass(slots=True)
class Tiles:
    """The full tiles of one origin's tree, as far as they have been asked for."""

    origin: str
    roots: list[bytes] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def paths(self, tx: AsyncConnection, size: int, wanted: Iterable[int]) -> dict[int, tuple[bytes, ...]]:
        """Return the inclusion path of each index in the tree of this size."""
        indexes = sorted(set(wanted))
        async with self.lock:
            await self._extend(tx, size)
            tree = Tree(self.roots, await self._leaves(tx, size, indexes))
        return {index: tree.path(0, size, index) for index in indexes}

    async def growth(self, tx: AsyncConnection, old_size: int, size: int) -> Growth:
        """Return the proof that the tree of ``old_size`` is the beginning of that of ``size``, which the log has."""
        assert 0 < old_size <= size, (old_size, size)
        async with self.lock:
            await self._extend(tx, size)
            tree = Tree(self.roots, await self._leaves(tx, size, [old_size - 1]))
        path = tree.consistency(0, size, old_size, whole=True)
        return Growth(old_root=tree.root(0, old_size), root=tree.root(0, size), path=path)

    async def _extend(self, tx: AsyncConnection, size: int) -> None:
        while len(self.roots) < size // TILE:
            first = len(self.roots) * TILE
            last = min(first + CHUNK, size // TILE * TILE)
            leaves = await self._range(tx, first, last)
            self.roots += [root_of(leaves[at : at + TILE]) for at in range(0, len(leaves), TILE)]

    async def _leaves(self, tx: AsyncConnection, size: int, indexes: Iterable[int]) -> dict[int, list[bytes]]:
        tiles = {index // TILE for index in indexes} | ({size // TILE} if size % TILE else set())
        return {tile: await self._range(tx, tile * TILE, min((tile + 1) * TILE, size)) for tile in sorted(tiles)}

    async def _range(self, tx: AsyncConnection, first: int, last: int) -> list[bytes]:
        asked = (
            select(audit_entry.c.leaf)
            .where(audit_entry.c.origin == self.origin, audit_entry.c.index >= first, audit_entry.c.index < last)
            .order_by(audit_entry.c.index)
        )
        found = list((await tx.execute(asked)).scalars())
        assert len(found) == last - first, f"the audit log has a hole between {first} and {last}"
        return found


@dataclass(slots=True)
class Tree:
    """A tree over tiles: full ones by their roots, those that a path goes through by their leaves."""

    tiles: list[bytes]
    leaves: Mapping[int, list[bytes]]
    known: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def path(self, low: int, high: int, index: int) -> tuple[bytes, ...]:
        """Return the hashes that lead from a leaf to the root of [low, high), lowest first (RFC 6962, 2.1.1)."""
        if high - low == 1:
            return ()
        middle = low + split_of(high - low)
        if index < middle:
            return (*self.path(low, middle, index), self.root(middle, high))
        return (*self.path(middle, high, index), self.root(low, middle))

    def consistency(self, low: int, high: int, old_size: int, *, whole: bool) -> tuple[bytes, ...]:
        """Return the hashes that show the tree of [0, old_size) inside [low, high), lowest first (RFC 6962, 2.1.2).

        ``whole`` says that the old tree is all on the way here: whoever checks has its root.
        """
        if old_size == high:
            return () if whole else (self.root(low, high),)
        middle = low + split_of(high - low)
        if old_size <= middle:
            return (*self.consistency(low, middle, old_size, whole=whole), self.root(middle, high))
        return (*self.consistency(middle, high, old_size, whole=False), self.root(low, middle))

    def root(self, low: int, high: int) -> bytes:
        """Return the root over [low, high)."""
        if (low, high) not in self.known:
            self.known[low, high] = self._root(low, high)
        return self.known[low, high]

    def _root(self, low: int, high: int) -> bytes:
        size, tile = high - low, low // TILE
        if size == TILE and low % TILE == 0:
            return self.tiles[tile]
        if size < TILE:
            start = low - tile * TILE
            return root_of(self.leaves[tile][start : start + size])
        middle = low + split_of(size)
        return node_hash(self.root(low, middle), self.root(middle, high))
