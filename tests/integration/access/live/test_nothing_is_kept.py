"""While a picture is passed on nothing of it lies in a file: watched by inotify, by open files and by memory maps."""

from __future__ import annotations

import mmap
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchfiles import watch

from tests.fakes.streaming import PICTURE
from tests.integration.access.live.watching import LiveCity

PARTS = 15
STAYS = 2.0


class FileWatch(threading.Thread):
    """Every path below some folders that is made, changed or removed, as the kernel tells it."""

    def __init__(self, *folders: Path) -> None:
        super().__init__(daemon=True)
        self._folders = folders
        self._over = threading.Event()
        self.listening = threading.Event()
        self.changed: set[Path] = set()

    def run(self) -> None:
        told = watch(
            *self._folders,
            watch_filter=None,
            debounce=50,
            rust_timeout=50,
            yield_on_timeout=True,
            stop_event=self._over,
        )
        for changes in told:
            self.listening.set()
            self.changed |= {Path(path) for _, path in changes}

    def end(self) -> None:
        self._over.set()
        self.join(30)


@contextmanager
def watched(*folders: Path) -> Iterator[FileWatch]:
    told = FileWatch(*folders)
    told.start()
    assert told.listening.wait(30)
    try:
        yield told
    finally:
        told.end()


def process(live: LiveCity) -> Path:
    return Path("/proc") / str(live.city._processes["all"].pid)


def files_open_for_writing(of: Path) -> set[str]:
    found = set()
    for each in (of / "fd").iterdir():
        try:
            flags = int(next(line for line in (of / "fdinfo" / each.name).read_text().splitlines()
                             if line.startswith("flags")).split()[1], 8)  # fmt: skip
            if stat.S_ISREG(each.stat().st_mode) and flags & (os.O_WRONLY | os.O_RDWR):
                found.add(str(each.readlink()))
        except OSError:
            continue  # closed while we looked
    return found


def shared_writable_maps(of: Path) -> set[str]:
    lines = [line.split(maxsplit=5) for line in (of / "maps").read_text().splitlines()]
    # Anonymous memory that threads share has no file behind it.
    return {each[5] for each in lines if len(each) > 5 and "w" in each[1] and "s" in each[1] and each[5][:1] == "/"}


def test_playing_a_picture_writes_no_file(live: LiveCity) -> None:
    home = live.city.settings.home
    with watched(home, home / "tmp") as told:
        picture = live.open()
        for _ in range(PARTS):
            assert live.part(picture, live.names(picture)[-1]).content == PICTURE
        (home / "tmp" / "control").write_bytes(b"x")
        live.city.until(lambda: home / "tmp" / "control" in told.changed)
    # The watch sees what is written: it saw the control. The log of the process is the only other file.
    assert {each for each in told.changed if each.suffix != ".log"} == {home / "tmp" / "control"}


def test_while_a_picture_runs_no_file_is_open_or_mapped_for_writing(live: LiveCity) -> None:
    with live.dripping("live-1"):
        picture = live.open()
        watcher = live.watched(picture)
        live.city.until(lambda: watcher.bytes_seen)
        written = files_open_for_writing(process(live))
        assert all(each.endswith(".log") for each in written), written
        assert shared_writable_maps(process(live)) == set()
        live.city.do("officer-lin", f"/live/{picture}/close")
        assert watcher.ended(STAYS * 5)


def test_a_process_that_buffers_in_a_file_or_in_memory_with_a_file_behind_it_would_be_seen(tmp_path: Path) -> None:
    kept, itself = tmp_path / "buffer", Path("/proc/self")
    kept.write_bytes(bytes(mmap.PAGESIZE))
    with kept.open("r+b") as file, mmap.mmap(file.fileno(), mmap.PAGESIZE):
        assert str(kept) in files_open_for_writing(itself)
        assert str(kept) in shared_writable_maps(itself)
    assert str(kept) not in files_open_for_writing(itself) | shared_writable_maps(itself)


def test_no_file_of_the_installation_holds_a_piece_of_the_picture(live: LiveCity) -> None:
    piece = PICTURE[:4_096]
    home = live.city.settings.home
    files = [each for each in home.rglob("*") if each.is_file()]
    assert files
    assert [each for each in files if piece in each.read_bytes()] == []
