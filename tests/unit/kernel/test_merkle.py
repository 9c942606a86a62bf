"""The tree against pymerkle, an independent implementation, and against forged proofs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from services.kernel.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    consistent,
    includes,
    inclusion_path,
    leaf_hash,
    root_of,
)

SIZES = list(range(1, 34))


def entries(size: int) -> list[bytes]:
    return [f"entry {n}".encode() for n in range(size)]


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(entry) for entry in entries(size)]


def oracle(size: int) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries(size):
        tree.append_entry(entry)
    return tree


def frontier(size: int) -> Frontier:
    grown = Frontier()
    for leaf in leaves(size):
        grown = grown.append(leaf)
    return grown


@pytest.mark.parametrize("size", SIZES)
def test_the_running_root_is_the_root_of_an_independent_tree(size: int) -> None:
    assert frontier(size).root() == root_of(leaves(size)) == oracle(size).get_root(size)


def test_an_empty_tree_has_the_root_that_the_rfc_gives() -> None:
    assert Frontier().root() == root_of([]) == EMPTY_ROOT


@pytest.mark.parametrize("size", SIZES)
def test_each_entry_is_proved_as_the_independent_tree_proves_it(size: int) -> None:
    tree, root = oracle(size), root_of(leaves(size))
    for index in range(size):
        theirs = tree.prove_inclusion(index + 1, size)
        verify_inclusion(leaves(size)[index], root, theirs)
        path = inclusion_path(leaves(size), index)
        assert theirs.path == [leaves(size)[index], *path]
        assert includes(leaf=leaves(size)[index], index=index, size=size, path=path, root=root)


@pytest.mark.parametrize("size", SIZES)
def test_growth_is_proved_and_the_independent_tree_agrees(size: int) -> None:
    for old in range(1, size + 1):
        old_root, root = root_of(leaves(old)), root_of(leaves(size))
        path = consistency_path(leaves(size), old)
        assert consistent(old_size=old, old_root=old_root, size=size, root=root, path=path)
        verify_consistency(old_root, root, oracle(size).prove_consistency(old, size))


@given(size=st.integers(2, 64), at=st.integers(0, 63), flip=st.integers(0, 255))
def test_a_changed_entry_or_path_proves_nothing(size: int, at: int, flip: int) -> None:
    index, root = at % size, root_of(leaves(size))
    path = list(inclusion_path(leaves(size), index))
    assert not includes(leaf=leaf_hash(b"forged"), index=index, size=size, path=path, root=root)
    assert not includes(leaf=leaves(size)[index], index=index, size=size, path=path[:-1], root=root)
    path[0] = bytes([path[0][0] ^ (flip or 1)]) + path[0][1:]
    assert not includes(leaf=leaves(size)[index], index=index, size=size, path=path, root=root)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_path_with_a_hash_too_many_proves_nothing(size: int) -> None:
    root, path = root_of(leaves(size)), (*inclusion_path(leaves(size), 0), leaf_hash(b"more"))
    assert not includes(leaf=leaves(size)[0], index=0, size=size, path=path, root=root)


@given(size=st.integers(2, 40), old=st.integers(1, 39))
def test_a_rewritten_past_is_not_consistent(size: int, old: int) -> None:
    old = min(old, size - 1)
    rewritten = [leaf_hash(b"rewritten"), *leaves(size)[1:]]
    path = consistency_path(rewritten, old)
    assert not consistent(old_size=old, old_root=root_of(leaves(old)), size=size, root=root_of(rewritten), path=path)
