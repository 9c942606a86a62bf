"""What only a disk can do wrong: fill up, go away, be pulled from under a writer, be led astray by a link."""

from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from services.ingest.storage.adapter import BadLocation, Location, LocationTaken, StorageExhausted, StoreUnreachable
from services.ingest.storage.filesystem import UNFINISHED, FilesystemStore
from services.ingest.storage.identity import MARKER
from services.ingest.storage.removal import FilesystemRemoval

PLACE = Location("cam/2026/11/22/a.mp4")
ROOT = Path(__file__).parents[2]

FILL = """
import io, resource, sys
from pathlib import Path
from services.ingest.storage.adapter import Location, StorageExhausted
from services.ingest.storage.filesystem import FilesystemStore
store = FilesystemStore.create(Path(sys.argv[1]), "disk")
if sys.argv[2] == "limited":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
class Endless(io.RawIOBase):
    def read(self, size=-1):
        return b"x" * size
try:
    store.put(Endless(), Location("cam/a.mp4"))
except StorageExhausted as full:
    print("exhausted", full.free_bytes, list(store.list()), [p.name for p in (store.root / ".unfinished").iterdir()])
"""

KILLED = """
import io, os, signal, sys
from pathlib import Path
from services.ingest.storage.adapter import Location
from services.ingest.storage.filesystem import FilesystemStore
store = FilesystemStore.create(Path(sys.argv[1]), "disk")
class Stuck(io.RawIOBase):
    def read(self, size=-1):
        print("writing", flush=True)
        signal.pause()
store.put(Stuck(), Location("cam/a.mp4"))
"""


@pytest.fixture
def store(tmp_path: Path) -> FilesystemStore:
    return FilesystemStore.create(tmp_path / "store", "disk")


def unfinished(store: FilesystemStore) -> list[Path]:
    return list((store.root / UNFINISHED).iterdir())


def test_a_file_that_may_not_grow_further_is_storage_exhausted_and_leaves_nothing(tmp_path: Path) -> None:
    run = [sys.executable, "-c", FILL, str(tmp_path / "store"), "limited"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("exhausted")
    assert done.stdout.endswith("[] []\n")


def test_a_full_disk_is_storage_exhausted_and_leaves_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = f'mount -t tmpfs -o size=2m none "{disk}" && exec "$0" -c "$1" "{disk}/store" full'
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounted, sys.executable, FILL]
    if subprocess.run([*alone[:4], "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets no process mount a small disk of its own")
    done = subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.startswith("exhausted"), done.stderr
    assert done.stdout.endswith("[] []\n")


def test_the_reserve_is_never_written_into(tmp_path: Path) -> None:
    store = FilesystemStore.create(tmp_path / "store", "disk", reserve_bytes=1 << 60)
    with pytest.raises(StorageExhausted, match="in reserve"):
        store.put(io.BytesIO(b"x"), PLACE)
    assert store.free_bytes() == 0
    assert unfinished(store) == []


def test_a_killed_upload_is_cleared_and_one_under_way_is_not(store: FilesystemStore) -> None:
    run = [sys.executable, "-c", KILLED, str(store.root)]
    with subprocess.Popen(run, cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        said = writer.stdout.readline()
        cleared = store.clear_unfinished()
        writer.send_signal(signal.SIGKILL)
    assert (said, cleared) == (b"writing\n", 0)
    assert len(unfinished(store)) == 1
    assert store.clear_unfinished() == 1
    assert (unfinished(store), list(store.list())) == ([], [])


def test_a_source_that_fails_in_the_middle_leaves_nothing(store: FilesystemStore) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, f"no {size} bytes")

    with pytest.raises(OSError, match="bytes"):
        store.put(Broken(), PLACE)  # type: ignore[arg-type] # A raw stream reads like any other.
    assert (unfinished(store), list(store.list())) == ([], [])


def test_an_empty_mount_point_is_not_the_store(store: FilesystemStore) -> None:
    store.put(io.BytesIO(b"footage"), PLACE)
    away = store.root.with_name("elsewhere")
    store.root.rename(away)
    store.root.mkdir()
    with pytest.raises(StoreUnreachable, match="mount its volume"):
        store.absent(PLACE)


def test_another_volume_in_its_place_is_not_the_store(store: FilesystemStore) -> None:
    (store.root / MARKER).write_text("other\n", encoding="utf-8")
    with pytest.raises(StoreUnreachable, match="'other'"):
        store.absent(PLACE)


def test_a_folder_with_files_of_others_does_not_become_a_store(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    with pytest.raises(StoreUnreachable, match="isn't empty"):
        FilesystemStore.create(tmp_path, "disk")


def test_a_link_in_the_store_leads_nobody_out_of_it(store: FilesystemStore, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.mp4").write_bytes(b"somebody else's")
    (store.root / "cam").symlink_to(tmp_path / "outside")
    with pytest.raises(BadLocation, match="link"):
        FilesystemRemoval(store).delete(Location("cam/a.mp4"))
    assert (tmp_path / "outside" / "a.mp4").exists()


PARTS = PLACE.split("/")
LINKS_MET = 200


def swapped_for_a_link(store: FilesystemStore, outside: Path, depth: int) -> Path:
    """Put footage in the store, move a part of its path out, and leave a link; return where the footage is now."""
    store.put(io.BytesIO(b"footage"), PLACE)
    swapped = store.root.joinpath(*PARTS[:depth])
    swapped.rename(outside)
    swapped.symlink_to(outside)
    return outside.joinpath(*PARTS[depth:])


@pytest.mark.parametrize("depth", range(1, len(PARTS)))
def test_a_link_in_the_place_of_a_folder_is_refused_by_all_that_go_by_it(
    store: FilesystemStore, tmp_path: Path, depth: int
) -> None:
    footage = swapped_for_a_link(store, tmp_path / "outside", depth)
    more = partial(store.put, io.BytesIO(b"more"), Location("cam/2026/11/22/b.mp4"))
    for act in (partial(FilesystemRemoval(store).delete, PLACE), partial(store.absent, PLACE), more):
        with pytest.raises(BadLocation, match="link"):
            act()
    with pytest.raises(BadLocation, match="link"):
        store.open(PLACE)
    assert [path.name for path in footage.parent.iterdir()] == [footage.name]


def test_a_link_in_the_place_of_footage_is_neither_removed_nor_taken_for_absence(
    store: FilesystemStore, tmp_path: Path
) -> None:
    footage = swapped_for_a_link(store, tmp_path / "outside", len(PARTS))
    for act in (FilesystemRemoval(store).delete, store.open):
        with pytest.raises(BadLocation, match="link"):
            act(PLACE)
    with pytest.raises(LocationTaken):
        store.put(io.BytesIO(b"more"), PLACE)
    assert (store.absent(PLACE), footage.read_bytes()) == (False, b"footage")


def test_leftovers_are_cleared_in_the_store_alone(store: FilesystemStore, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "theirs").touch()
    (store.root / UNFINISHED).rmdir()
    (store.root / UNFINISHED).symlink_to(tmp_path / "outside")
    with pytest.raises(BadLocation):
        store.clear_unfinished()
    assert (tmp_path / "outside" / "theirs").exists()


def test_a_folder_that_is_swapped_for_a_link_again_and_again_leads_no_removal_out(
    store: FilesystemStore, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    (outside / "2026/11/22").mkdir(parents=True)
    (outside / "2026/11/22/a.mp4").write_bytes(b"somebody else's")
    (tmp_path / "link").symlink_to(outside)
    stop = threading.Event()
    swapping = threading.Thread(target=swap, args=(store.root / "cam", tmp_path, stop))
    swapping.start()
    met = 0
    while met < LINKS_MET:
        try:
            FilesystemRemoval(store).delete(PLACE)
        except BadLocation:
            met += 1
    stop.set()
    swapping.join()
    assert (outside / "2026/11/22/a.mp4").read_bytes() == b"somebody else's"


def swap(name: Path, beside: Path, stop: threading.Event) -> None:
    """Put a folder and a link in each other's place, as fast as it goes."""
    (beside / "folder/2026/11/22/kept").mkdir(parents=True)
    while not stop.is_set():
        for each in ("folder", "link"):
            (beside / each).rename(name)
            name.rename(beside / each)


def test_folders_named_after_people_go_with_their_last_footage(store: FilesystemStore) -> None:
    store.put(io.BytesIO(b"a"), Location("bwc-7/2026/早班_王小明/a.mp4"))
    store.put(io.BytesIO(b"b"), Location("bwc-7/2026/晚班_李大同/b.mp4"))
    FilesystemRemoval(store).delete(Location("bwc-7/2026/早班_王小明/a.mp4"))
    assert [path.name for path in (store.root / "bwc-7/2026").iterdir()] == ["晚班_李大同"]


def test_bytes_are_durable_before_their_name_and_the_name_before_the_answer(store: FilesystemStore) -> None:
    seen = list[tuple[str, bool]]()
    watched = replace(store, sync=lambda opened: seen.append((kind(opened), (store.root / PLACE).exists())))
    watched.put(io.BytesIO(b"x"), PLACE)
    assert [when for when in seen if when[0] == "file"] == [("file", False)]
    assert seen[-1] == ("folder", True)
    seen.clear()
    FilesystemRemoval(watched).delete(PLACE)
    assert seen[0] == ("folder", False)


def kind(opened: int) -> str:
    return "folder" if stat.S_ISDIR(os.fstat(opened).st_mode) else "file"


def test_a_reader_in_the_middle_of_a_file_is_not_cut_by_its_deletion(store: FilesystemStore) -> None:
    store.put(io.BytesIO(b"x" * 3_000_000), PLACE)
    chunks = store.open(PLACE)
    next(chunks)
    FilesystemRemoval(store).delete(PLACE)
    assert sum(map(len, chunks)) == 3_000_000 - 1_048_576


def test_footage_can_be_read_by_its_owner_alone(store: FilesystemStore) -> None:
    store.put(io.BytesIO(b"x"), PLACE)
    assert (store.root / PLACE).stat().st_mode & 0o777 == 0o600
    assert (store.root / "cam").stat().st_mode & 0o777 == 0o700
