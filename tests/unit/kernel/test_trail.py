"""The way from an entry to the root, as people follow it: the same walk by which a proof is accepted."""

from __future__ import annotations

import pytest

from services.kernel.merkle import includes, inclusion_path, leaf_hash, root_of, trail

LEAVES = [leaf_hash(bytes([each])) for each in range(13)]
ROOT = root_of(LEAVES)


@pytest.mark.parametrize("index", range(13))
def test_every_entrys_trail_begins_with_its_leaf_and_ends_with_the_root(index: int) -> None:
    path = inclusion_path(LEAVES, index)
    nodes = trail(leaf=LEAVES[index], index=index, size=13, path=path)
    assert (nodes[0], nodes[-1], len(nodes)) == (LEAVES[index], ROOT, len(path) + 1)
    assert includes(leaf=LEAVES[index], index=index, size=13, path=path, root=nodes[-1])


def test_a_trail_that_is_changed_ends_elsewhere_and_one_that_is_too_short_has_no_end() -> None:
    path = inclusion_path(LEAVES, 5)
    assert trail(leaf=LEAVES[4], index=5, size=13, path=path)[-1] != ROOT
    assert trail(leaf=LEAVES[5], index=5, size=13, path=path[:-1]) == ()
