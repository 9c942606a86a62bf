"""A store of another installation has our name on its marker; only its id tells that it isn't ours."""

from __future__ import annotations

import io
import threading
from functools import partial
from pathlib import Path

import pytest

from services.ingest.storage.adapter import Location, StoreUnreachable
from services.ingest.storage.filesystem import FilesystemStore
from services.ingest.storage.identity import MARKER, OURS, Known, Mark
from services.ingest.storage.removal import FilesystemRemoval

PLACE = Location("cam/2026/11/22/a.mp4")
GONE = Location("cam/2026/11/22/b.mp4")
STARTERS = 8


@pytest.fixture
def store(tmp_path: Path) -> FilesystemStore:
    """Ours, with footage."""
    made = FilesystemStore.create(tmp_path / "store", "store", known=Known())
    made.put(io.BytesIO(b"footage"), PLACE)
    return made


@pytest.fixture
def other(tmp_path: Path) -> FilesystemStore:
    """That of another installation, with footage."""
    made = FilesystemStore.create(tmp_path / "other", "store", known=Known())
    made.put(io.BytesIO(b"another city's"), GONE)
    return made


def opened(store: FilesystemStore, *, id_: str = "", kept: tuple[Location, ...] = ()) -> FilesystemStore:
    return FilesystemStore.create(store.root, "store", known=Known(id=id_, is_used=True, kept=kept))


def say(store: FilesystemStore, mark: str) -> None:
    (store.root / MARKER).write_text(mark, encoding="utf-8")


def test_the_store_that_is_remembered_opens_wherever_it_is_mounted(store: FilesystemStore, tmp_path: Path) -> None:
    moved = store.root.rename(tmp_path / "elsewhere")
    again = FilesystemStore.create(moved, "store", known=Known(id=store.id, is_used=True))
    assert (again.id, list(again.list())) == (store.id, [PLACE])


def test_another_installations_store_is_refused_with_both_ids_and_stays_as_it_was(
    store: FilesystemStore, other: FilesystemStore
) -> None:
    with pytest.raises(StoreUnreachable) as refused:
        opened(other, id_=store.id)
    for told in (str(other.root), "'store'", store.id, other.id, "mount the right volume", "docs/backup.md"):
        assert told in str(refused.value)
    assert (other.marked().id, list(other.list())) == (other.id, [GONE])


def test_many_that_make_a_store_at_once_agree_on_its_id(tmp_path: Path) -> None:
    ready, made = threading.Barrier(STARTERS), list[str]()

    def start() -> None:
        ready.wait()
        made.append(FilesystemStore.create(tmp_path / "store", "store", known=Known()).id)

    starters = [threading.Thread(target=start) for _ in range(STARTERS)]
    for each in starters:
        each.start()
    for each in starters:
        each.join()
    assert (len(made), len(set(made))) == (STARTERS, 1)
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == [MARKER, ".unfinished"]


def test_a_database_that_remembers_nothing_knows_its_store_by_one_file_that_must_lie_there(
    store: FilesystemStore, other: FilesystemStore
) -> None:
    assert opened(store, kept=(GONE, PLACE)).id == store.id
    with pytest.raises(StoreUnreachable, match=rf"has none of 1 files, as '{PLACE}'"):
        opened(other, kept=(PLACE,))


def test_where_only_destroyed_footage_is_known_the_marker_is_enough(store: FilesystemStore) -> None:
    FilesystemRemoval(store).delete(PLACE)
    assert opened(store).id == store.id


def test_a_first_start_takes_an_empty_store_and_never_one_with_footage(tmp_path: Path, other: FilesystemStore) -> None:
    with pytest.raises(StoreUnreachable, match="holds footage, and this installation knows of none"):
        FilesystemStore.create(other.root, "store", known=Known())
    empty = FilesystemStore.create(tmp_path / "empty", "store", known=Known())
    assert FilesystemStore.create(empty.root, "store", known=Known()).id == empty.id


def test_a_store_from_before_there_were_ids_gets_one_if_it_is_ours(store: FilesystemStore) -> None:
    say(store, "store\n")
    with pytest.raises(StoreUnreachable, match="has none of 1 files"):
        opened(store, kept=(GONE,))
    assert store.root.joinpath(MARKER).read_text() == "store\n"
    adopted = opened(store, kept=(PLACE,))
    assert store.marked() == Mark("store", adopted.id)
    assert opened(store, id_=adopted.id) == adopted


def test_a_store_without_an_id_is_not_the_one_that_had_one(store: FilesystemStore) -> None:
    say(store, "store\n")
    with pytest.raises(
        StoreUnreachable, match=f"has id none, but store 'store' of this installation has id {store.id}"
    ):
        opened(store, id_=store.id)


def test_a_person_can_say_that_a_store_is_ours_whatever_it_was(store: FilesystemStore, other: FilesystemStore) -> None:
    say(other, f"store {OURS}\n")
    assert opened(other, id_=store.id).id == other.marked().id == store.id
    say(other, f"store {OURS}\n")
    assert opened(other, kept=(PLACE,)).id == other.marked().id != store.id


def test_a_volume_that_is_swapped_under_a_running_store_stops_whatever_would_write_remove_or_prove(
    store: FilesystemStore, other: FilesystemStore
) -> None:
    store.root.rename(store.root.with_name("away"))
    other.root.rename(store.root)
    put = partial(store.put, io.BytesIO(b"more"), Location("cam/2026/11/22/c.mp4"))
    look = partial(next, store.list())
    for act in (put, partial(FilesystemRemoval(store).delete, GONE), partial(store.absent, PLACE), look):
        with pytest.raises(StoreUnreachable, match=other.id):
            act()
    assert (store.root / GONE).read_bytes() == b"another city's"


def test_a_maker_that_died_before_it_named_the_marker_left_nothing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / f"{MARKER}.0123456789abcdef").write_text("sto")
    assert FilesystemStore.create(tmp_path / "store", "store", known=Known()).id
