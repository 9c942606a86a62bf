"""The tree over the audit log: RFC 6962 hashing and its two proofs. Nothing depends on topics, offsets or tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry's exact bytes (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees; its prefix keeps a node from passing as an entry."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """All that is needed to append: the roots of the complete subtrees, the largest (oldest) first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        assert len(self.peaks) == self.size.bit_count(), (self.size, len(self.peaks))

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier with one more leaf hash."""
        peaks, merged = list(self.peaks), leaf
        # A trailing one bit of the size is a complete subtree of the same height as the one in hand.
        for _ in range(_trailing_ones(self.size)):
            merged = node_hash(peaks.pop(), merged)
        return Frontier(size=self.size + 1, peaks=(*peaks, merged))

    def root(self) -> bytes:
        """Return the tree's root."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = split_of(len(leaves))
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the hashes that lead from leaf ``index`` to the root, lowest first (section 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise ValueError(f"no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return ()
    split = split_of(len(leaves))
    if index < split:
        return (*inclusion_path(leaves[:split], index), root_of(leaves[split:]))
    return (*inclusion_path(leaves[split:], index - split), root_of(leaves[:split]))


def consistency_path(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the hashes that show the tree of ``old_size`` inside this one (section 2.1.2)."""
    if not 0 < old_size <= len(leaves):
        raise ValueError(f"no tree of {old_size} inside one of {len(leaves)}")
    return _consistency(leaves, old_size, whole=True)


def includes(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether ``path`` proves that ``leaf`` stands at ``index`` of the tree with this size and root."""
    if not 0 <= index < size:
        return False
    hashes = iter(path)
    try:
        found = _climb(leaf, index, size, lambda: next(hashes))
    except StopIteration:
        return False
    return found == root and next(hashes, None) is None


def trail(*, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return every hash on the way from a leaf to the root that ``path`` leads to; () where it breaks off.

    For people who follow a proof by hand; ``includes`` walks the same way and says whether it is one.
    """
    nodes, hashes = [leaf], iter(path)

    def joined(left: bytes, right: bytes) -> bytes:
        nodes.append(node_hash(left, right))
        return nodes[-1]

    try:
        _climb(leaf, index, size, lambda: next(hashes), joined)
    except StopIteration:
        return ()
    return tuple(nodes)


def consistent(*, old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether ``path`` proves that the tree only grew from ``old_size`` to ``size`` (RFC 9162 section 2.1.4.2)."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not path and old_root == root
    # A complete old tree is itself the first subtree, so the path leaves its root out.
    hashes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    return bool(hashes) and _rebuilt(old_size, size, hashes) == (old_root, root)


def _rebuilt(old_size: int, size: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    shift = _trailing_ones(old_size - 1)
    old, new = (old_size - 1) >> shift, (size - 1) >> shift
    old_root = new_root = hashes[0]
    for part in hashes[1:]:
        if new == 0:
            return None
        if old & 1 or old == new:
            old_root, new_root = node_hash(part, old_root), node_hash(part, new_root)
            while old and not old & 1:
                old, new = old >> 1, new >> 1
        else:
            new_root = node_hash(new_root, part)
        old, new = old >> 1, new >> 1
    return (old_root, new_root) if new == 0 else None


def _climb(
    leaf: bytes, index: int, size: int, take: Callable[[], bytes], join: Callable[[bytes, bytes], bytes] = node_hash
) -> bytes:  # fmt: skip
    if size == 1:
        return leaf
    split = split_of(size)
    if index < split:
        left = _climb(leaf, index, split, take, join)
        return join(left, take())
    right = _climb(leaf, index - split, size - split, take, join)
    return join(take(), right)


def _consistency(leaves: Sequence[bytes], old_size: int, *, whole: bool) -> tuple[bytes, ...]:
    if old_size == len(leaves):
        return () if whole else (root_of(leaves),)
    split = split_of(len(leaves))
    if old_size <= split:
        return (*_consistency(leaves[:split], old_size, whole=whole), root_of(leaves[split:]))
    return (*_consistency(leaves[split:], old_size - split, whole=False), root_of(leaves[:split]))


def split_of(size: int) -> int:
    """Return the largest power of two below ``size``: where a tree is parted (RFC 6962, 2.1). ``size`` > 1."""
    return 1 << ((size - 1).bit_length() - 1)


def _trailing_ones(value: int) -> int:
    return (~value & (value + 1)).bit_length() - 1
