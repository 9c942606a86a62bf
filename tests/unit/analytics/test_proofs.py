"""Proofs from tiles are the proofs of the whole tree, at every size and place."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.certificates.proofs import TILE, Tree
from services.kernel.merkle import consistency_path, includes, inclusion_path, root_of

LEAVES = [sha256(str(number).encode()).digest() for number in range(4 * TILE + 37)]


def tree(size: int, index: int) -> Tree:
    """Only what the service reads: roots of full tiles, the leaves of the tile in question and of the tail."""
    tiles = [root_of(LEAVES[at : at + TILE]) for at in range(0, size // TILE * TILE, TILE)]
    wanted = {index // TILE, *([size // TILE] if size % TILE else [])}
    return Tree(tiles, {tile: LEAVES[tile * TILE : min((tile + 1) * TILE, size)] for tile in wanted})


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=1, max_value=len(LEAVES)), st.data())
def test_a_path_from_tiles_is_the_path_of_the_whole_tree(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    found = tree(size, index).path(0, size, index)
    assert found == inclusion_path(LEAVES[:size], index)
    assert includes(leaf=LEAVES[index], index=index, size=size, path=found, root=root_of(LEAVES[:size]))


@settings(deadline=None)
@given(st.sampled_from([1, 2, TILE - 1, TILE, TILE + 1, 2 * TILE, 3 * TILE, 3 * TILE + 1, 4 * TILE]))
def test_at_the_edges_of_tiles_too(size: int) -> None:
    for index in {0, size - 1, size // 2}:
        assert tree(size, index).path(0, size, index) == inclusion_path(LEAVES[:size], index)


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=1, max_value=len(LEAVES)), st.data())
def test_growth_from_tiles_is_the_growth_of_the_whole_tree(size: int, data: st.DataObject) -> None:
    edges = [edge for edge in (1, TILE - 1, TILE, TILE + 1, size - 1, size) if 1 <= edge <= size]
    old_size = data.draw(st.integers(min_value=1, max_value=size) | st.sampled_from(edges))
    found = tree(size, old_size - 1)
    assert found.consistency(0, size, old_size, whole=True) == consistency_path(LEAVES[:size], old_size)
    assert (found.root(0, old_size), found.root(0, size)) == (root_of(LEAVES[:old_size]), root_of(LEAVES[:size]))
