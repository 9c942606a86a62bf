"""Which store it is: each has an id of its own in its marker, and an installation opens only the one that it remembers.

The name tells a store from its replica; only the id tells it from the store of another installation.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from services.ingest.storage.adapter import Location, NotStored, Store, StoreUnreachable

MARKER = ".camledger-store"
OURS = "ours"
"""What a person writes in the place of the id to say that a store is to be taken for ours, whatever it was before."""
SAY_SO = "or, if it is ours all the same, say so by hand: docs/backup.md, a store's id"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a marker says. The id is empty in a store that was made before there were any."""

    name: str
    id: str = ""

    @staticmethod
    def of(text: str) -> Mark:
        """Read a marker's content; whatever it is, it is a name and perhaps an id."""
        name, _, id_ = text.strip().partition(" ")
        return Mark(name, id_.strip())

    def __str__(self) -> str:
        return f"{self.name} {self.id}".rstrip() + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What database and log tell of a store before it is opened."""

    id: str = ""  # that the database remembers
    is_used: bool = False  # the catalog knows footage in it, of now or before
    kept: tuple[Location, ...] = ()  # some of what must lie there; only asked where no id is remembered


class Marked(Store, Protocol):
    """A store as its marker describes it, before its id is settled."""

    @property
    def at(self) -> str:
        """Where it is, for messages."""

    @property
    def id(self) -> str:
        """What its marker says."""

    def mark_again(self, id: str) -> str:  # noqa: A002 - it is no other word
        """Give the store this id, in one step; return it."""


def id_to_make(known: Known | None) -> str:
    """Return the id of a store that is to be made: the one that is remembered of it, else one that no other has."""
    return (known.id if known else "") or str(uuid4())


def settle(store: Marked, known: Known | None) -> str:
    """Return the id by which a store is ours from now on. Raises StoreUnreachable for one that isn't.

    Where nothing tells what is ``known`` of it, what lies there counts: so with quarantine.
    """
    remembered = known.id if known else ""
    if store.id == OURS:
        return store.mark_again(id_to_make(known))
    if remembered:
        must_be(store.name, store.at, store.id, remembered)
    elif known:
        _recognise(store, known)
    return store.id or store.mark_again(id_to_make(known))


def must_be(name: str, at: str, found: str, expected: str) -> None:
    """Raise StoreUnreachable unless the id that was found is the one that is expected."""
    if found != expected:
        raise StoreUnreachable(
            f"{at} has id {found or 'none'}, but store {name!r} of this installation has id {expected}: it is another "
            f"one, whose footage isn't ours; mount the right volume or set the right bucket, {SAY_SO}"
        )


def _recognise(store: Marked, known: Known) -> None:
    """A database that remembers no id, new or restored, knows its store by what lies there."""
    if not known.is_used and next(iter(store.list()), None) is not None:
        raise StoreUnreachable(
            f"{store.at} (id {store.id or 'none'}) holds footage, and this installation knows of none in store "
            f"{store.name!r}: use an empty folder or prefix, or the right one, {SAY_SO}"
        )
    if known.kept and not any(_lies_there(store, location) for location in known.kept):
        raise StoreUnreachable(
            f"{store.at} (id {store.id or 'none'}) has none of {len(known.kept)} files, as {known.kept[0]!r}, that "
            f"must lie in store {store.name!r}: mount the right volume or set the right bucket, {SAY_SO}"
        )


def _lies_there(store: Marked, location: Location) -> bool:
    with suppress(NotStored):
        store.size(location)
        return True
    return False
