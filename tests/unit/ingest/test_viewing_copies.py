"""Viewing copies: any footage becomes what a browser plays, cut to the picture, and nothing outlives its original."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest

from services.ingest.settings import IngestSettings
from services.ingest.storage.adapter import Location
from services.ingest.storage.filesystem import FilesystemStore
from services.ingest.storage.removal import FilesystemRemoval
from services.ingest.viewing.folder import CopyFolder, Made, StillBeingMade
from services.ingest.viewing.making import NotMakeable, QueueFull, Standing, ViewingCopies, Wanted
from services.ingest.viewing.removal import WithViewingCopies
from services.ingest.wiring import wire
from services.runtime.settings import Settings
from tests.fakes.footage import BODYWORN, PLAZA, clip, old_camera

HERE = Location("cam-1/one.mp4")
FAR = datetime(2099, 1, 1, tzinfo=UTC)


class Shop:
    """A store, its viewing copies, and the removal that custody would hold."""

    def __init__(self, folder: Path, *, waiting_max: int = 16, bytes_max: int = 1 << 30) -> None:
        self.store = FilesystemStore.create(folder / "store", "store")
        self.folder = CopyFolder(folder / "viewing", bytes_max)
        self.copies = ViewingCopies(self.folder, self.store, waiting_max=waiting_max)
        self.removal = WithViewingCopies(FilesystemRemoval(self.store), self.folder)

    def keep(self, file: Path, at: Location = HERE) -> Wanted:
        self.store.put(file, at)
        return Wanted(location=at, size_bytes=file.stat().st_size, copyable=True, from_ms=None, to_ms=None)

    def made(self, wanted: Wanted, until: datetime = FAR) -> Made:
        end = time.monotonic() + 60
        while isinstance(found := self.copies.ask(wanted, until), Standing):
            assert time.monotonic() < end, found
            time.sleep(0.02)
        return found


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    built = Shop(tmp_path)
    yield built
    built.copies.close()


def played(path: Path) -> tuple[str, float]:
    with av.open(str(path)) as container:
        pictures = container.streams.video[0]
        shown = [frame.time for frame in container.decode(pictures)]
        assert shown
        return pictures.codec_context.name, max(each for each in shown if each is not None)


def part_of(wanted: Wanted, from_ms: int | None, to_ms: int | None) -> Wanted:
    return Wanted(
        location=wanted.location, size_bytes=wanted.size_bytes, copyable=wanted.copyable, from_ms=from_ms, to_ms=to_ms
    )


def test_footage_that_a_browser_plays_is_copied_into_fragments(shop: Shop, tmp_path: Path) -> None:
    made = shop.made(shop.keep(clip(tmp_path / "c.mp4", source=BODYWORN)))
    assert (made.how, made.init_bytes > 500) == ("remuxed", True)
    assert made.path.read_bytes()[made.init_bytes + 4 : made.init_bytes + 8] == b"moof"


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4", "msmpeg4v3"])
def test_an_old_cameras_avi_is_encoded_anew(shop: Shop, tmp_path: Path, codec: str) -> None:
    made = shop.made(shop.keep(old_camera(tmp_path / "c.avi", codec=codec)))
    assert made.how == "transcoded"
    assert played(made.path)[0] == "h264"


def test_h265_is_encoded_anew(shop: Shop, tmp_path: Path) -> None:
    made = shop.made(shop.keep(old_camera(tmp_path / "c.mkv", codec="libx265", muxer="matroska")))
    assert (made.how, played(made.path)[0]) == ("transcoded", "h264")


@pytest.mark.parametrize("muxer", ["mpegts", "matroska"])
def test_other_containers_of_h264_are_only_wrapped_anew(shop: Shop, tmp_path: Path, muxer: str) -> None:
    made = shop.made(shop.keep(clip(tmp_path / "c.bin", muxer=muxer, kinds=("video",))))
    assert (made.how, played(made.path)[0]) == ("remuxed", "h264")


def test_a_cut_without_a_whole_group_of_pictures_is_encoded_to_the_picture(shop: Shop, tmp_path: Path) -> None:
    whole = shop.keep(clip(tmp_path / "c.mp4", source=PLAZA))
    made = shop.made(part_of(whole, 300, 900))
    assert made.how == "transcoded"
    assert 300 <= made.from_ms <= made.to_ms < 900
    assert played(made.path)[1] < 0.6


def test_what_is_no_video_is_refused_and_leaves_nothing(shop: Shop, tmp_path: Path) -> None:
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(bytes(range(256)) * 100)
    wanted = shop.keep(noise)
    with pytest.raises(NotMakeable):
        shop.made(wanted)
    assert not list(shop.folder.root.glob("*/*"))


def test_a_full_queue_refuses_and_says_so(tmp_path: Path) -> None:
    shop = Shop(tmp_path, waiting_max=1)
    first = shop.keep(clip(tmp_path / "c.mp4"))
    assert isinstance(shop.copies.ask(first, FAR), Standing)
    with pytest.raises(QueueFull, match="1 viewing copies wait"):
        shop.copies.ask(part_of(first, 0, 1000), FAR)
    shop.made(first)
    shop.copies.close()


def test_copies_take_no_more_room_than_they_may(tmp_path: Path) -> None:
    shop = Shop(tmp_path, bytes_max=1000)
    with pytest.raises(QueueFull, match="take all of the 1000 bytes"):
        shop.copies.ask(shop.keep(clip(tmp_path / "c.mp4")), FAR)
    shop.copies.close()


def test_a_copy_goes_at_the_end_of_its_lease_and_not_before(shop: Shop, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    made = shop.made(shop.keep(clip(tmp_path / "c.mp4")), now + timedelta(minutes=1))
    assert shop.folder.sweep(now) == 0
    assert made.path.exists()
    assert shop.folder.sweep(now + timedelta(minutes=2)) == 1
    assert not list(shop.folder.root.glob("*/*"))


def test_whoever_takes_the_original_takes_its_copies_with_it(shop: Shop, tmp_path: Path) -> None:
    wanted = shop.keep(clip(tmp_path / "c.mp4"))
    shop.made(wanted)
    shop.made(part_of(wanted, 0, 2500))
    shop.removal.delete(HERE)
    assert shop.store.absent(HERE)
    assert not list(shop.folder.root.glob("*/*"))
    with pytest.raises(NotMakeable):
        shop.made(wanted)


def test_a_copy_that_is_being_made_is_stopped_and_never_published(shop: Shop, tmp_path: Path) -> None:
    wanted = shop.keep(old_camera(tmp_path / "long.avi", seconds=400, codec="mjpeg"))
    shop.copies.ask(wanted, FAR)
    until(lambda: any(each.stat().st_size for each in shop.folder.root.glob("*/*.part")))
    shop.removal.delete(HERE)
    # No byte of it is left anywhere, and the maker has let go: only now may custody write the receipt.
    assert not list(shop.folder.root.glob("*/*"))


def test_while_a_maker_does_not_let_go_the_removal_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.viewing.folder.LETS_GO_WITHIN_S", 0.1)
    with shop.folder.making(HERE), pytest.raises(StillBeingMade):
        shop.folder.erase(HERE)
    shop.folder.erase(HERE)


def test_makers_and_removals_at_the_same_time_leave_nothing_behind(shop: Shop, tmp_path: Path) -> None:
    file = clip(tmp_path / "c.mp4", seconds=1)
    for number in range(6):
        wanted = shop.keep(file, Location(f"cam-1/{number}.mp4"))
        shop.copies.ask(wanted, FAR)
        thread = threading.Timer(number * 0.03, shop.removal.delete, [Location(wanted.location)])
        thread.start()
        thread.join()
        assert not list(shop.folder.of(wanted.location).glob("*"))
    until(lambda: not list(shop.folder.root.glob("*/*")))


def until(seen: object) -> None:
    end = time.monotonic() + 30
    assert callable(seen)
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_custody_is_wired_to_take_copies_with_their_original(tmp_path: Path) -> None:
    wiring = wire(Settings(service="ingest", home=tmp_path), IngestSettings())
    removal = wiring.removals[wiring.stores.first.name]
    assert isinstance(removal, WithViewingCopies)
    assert removal.copies is wiring.viewing.folder
    wiring.viewing.close()
