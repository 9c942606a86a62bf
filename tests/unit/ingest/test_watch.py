"""Each file in a recorder's folder gets one answer: none is lost, none is offered half-written, none is doubled."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.ingest.media.found import Probe, Refusal, RefusalKind
from services.ingest.media.process import MediaProcess
from services.ingest.sources.source import Afterwards, Source
from services.ingest.waitlist import Patience
from services.ingest.watch import Answer, Arrival, Watcher
from tests.fakes.footage import clip, cut_off

PATIENCE = Patience(rest_seconds=2, retry_seconds=5, give_up_seconds=60, rescan_seconds=1)


@dataclass
class Desk:
    """A watcher whose time stands still until the test moves it, and what was offered to it."""

    media: MediaProcess
    folder: Path
    afterwards: Afterwards = Afterwards.LEAVE
    answer: Answer = Answer.TAKEN
    meanwhile: Callable[[Path], object] = lambda _: None
    at: float = 0.0
    offered: list[Arrival] = field(default_factory=list)
    patience: Patience = PATIENCE

    def __post_init__(self) -> None:
        self.watcher = Watcher([self.source], self.offer, self.media, patience=self.patience, monotonic=lambda: self.at)

    @property
    def source(self) -> Source:
        zone = ZoneInfo("Asia/Taipei")
        return Source(source_id="s", camera_id="cam-1", folder=self.folder, zone=zone, afterwards=self.afterwards)

    async def offer(self, arrival: Arrival) -> Answer:
        self.offered.append(arrival)
        self.meanwhile(arrival.path)
        return self.answer

    def after(self, seconds: float) -> list[tuple[str, str]]:
        """Let so much time pass, look round, and return what has been offered so far."""
        asyncio.run(self._look(seconds))
        return [(arrival.path.name, word(arrival.found)) for arrival in self.offered]

    async def _look(self, seconds: float) -> None:
        await self.watcher.rescan()
        self.at += seconds
        await self.watcher.rescan()
        await self.watcher.offer_ripe()

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


def word(found: Probe | Refusal) -> str:
    return "footage" if isinstance(found, Probe) else found.kind


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "大安 front"
    made.mkdir()
    return made


def test_a_whole_file_is_offered_once(media: MediaProcess, folder: Path) -> None:
    clip(folder / "上午 9.mp4")
    desk = Desk(media, folder)
    assert desk.after(1) == []
    assert desk.after(1) == [("上午 9.mp4", "footage")]
    assert desk.after(1000) == [("上午 9.mp4", "footage")]


def test_a_file_that_still_grows_is_waited_for(media: MediaProcess, folder: Path) -> None:
    path = clip(folder / "a.mp4")
    whole = path.read_bytes()
    cut_off(path, 0.5)
    desk = Desk(media, folder)
    assert desk.after(30) == []
    path.write_bytes(whole)
    assert desk.after(2) == [("a.mp4", "footage")]


def test_a_file_that_stays_unfinished_is_reported_and_its_completion_is_another_arrival(
    media: MediaProcess, folder: Path
) -> None:
    path = clip(folder / "a.mp4")
    whole = path.read_bytes()
    cut_off(path, 0.5)
    desk = Desk(media, folder, answer=Answer.REFUSED)
    assert desk.after(60) == [("a.mp4", RefusalKind.TRUNCATED)]
    path.write_bytes(whole)
    assert desk.after(2)[1:] == [("a.mp4", "footage")]


def test_an_empty_file_is_given_time_and_then_reported(media: MediaProcess, folder: Path) -> None:
    (folder / "a.mp4").touch()
    desk = Desk(media, folder, answer=Answer.REFUSED)
    assert desk.after(30) == []
    assert desk.after(30) == [("a.mp4", RefusalKind.EMPTY)]


def test_what_is_no_video_is_reported_at_once_and_set_aside(media: MediaProcess, folder: Path) -> None:
    (folder / "letter.mp4").write_text("to the mayor", encoding="utf-8")
    desk = Desk(media, folder, Afterwards.REMOVE, Answer.REFUSED)
    assert desk.after(2) == [("letter.mp4", RefusalKind.NOT_A_VIDEO)]
    assert desk.files() == ["refused/letter.mp4"]


@pytest.mark.parametrize(
    ("afterwards", "left"),
    [(Afterwards.LEAVE, ["2026/a.mp4"]), (Afterwards.MOVE, ["taken/2026/a.mp4"]), (Afterwards.REMOVE, [])],
)
def test_a_taken_file_is_left_moved_or_removed_as_its_source_says(
    media: MediaProcess, folder: Path, afterwards: Afterwards, left: list[str]
) -> None:
    (folder / "2026").mkdir()
    clip(folder / "2026" / "a.mp4")
    desk = Desk(media, folder, afterwards)
    assert desk.after(2) == [("a.mp4", "footage")]
    assert desk.files() == left
    assert len(desk.after(1000)) == 1


def test_the_same_name_again_does_not_overwrite_what_was_set_aside(media: MediaProcess, folder: Path) -> None:
    desk = Desk(media, folder, Afterwards.MOVE)
    for seconds in (1, 2):
        clip(folder / "a.mp4", seconds=seconds)
        desk.after(2)
    assert desk.files() == ["taken/a (1).mp4", "taken/a.mp4"]


def test_bytes_that_come_under_a_name_while_it_is_taken_are_not_removed(media: MediaProcess, folder: Path) -> None:
    clip(folder / "a.mp4", seconds=1)
    desk = Desk(media, folder, Afterwards.REMOVE)
    desk.meanwhile = lambda path: clip(path, seconds=2)
    desk.after(2)
    assert desk.files() == ["a.mp4"]
    desk.meanwhile = lambda _: None
    assert len(desk.after(2)) == 2
    assert desk.files() == []


def test_a_file_that_cannot_be_taken_now_is_offered_again(media: MediaProcess, folder: Path) -> None:
    clip(folder / "a.mp4")
    desk = Desk(media, folder, Afterwards.REMOVE, Answer.LATER)
    desk.after(2)
    assert desk.files() == ["a.mp4"]
    desk.answer = Answer.TAKEN
    assert len(desk.after(5)) == 2
    assert desk.files() == []


def test_a_recorders_temporary_files_are_not_looked_at(media: MediaProcess, folder: Path) -> None:
    for name in (".a.mp4", "a.mp4.part", "a.mp4.tmp"):
        (folder / name).write_bytes(b"half")
    assert Desk(media, folder).after(1000) == []


def test_a_file_that_vanishes_is_forgotten(media: MediaProcess, folder: Path) -> None:
    path = clip(folder / "a.mp4")
    desk = Desk(media, folder)
    desk.after(1)
    path.unlink()
    assert desk.after(1000) == []


def test_a_missing_folder_is_waited_for(media: MediaProcess, folder: Path) -> None:
    desk = Desk(media, folder)
    folder.rmdir()
    assert desk.after(2) == []
    folder.mkdir()
    clip(folder / "a.mp4")
    assert desk.after(2) == [("a.mp4", "footage")]


def test_footage_that_was_there_before_and_comes_after_is_found_by_the_running_watch(
    media: MediaProcess, folder: Path, tmp_path: Path
) -> None:
    clip(folder / "before.mp4")
    later = clip(tmp_path / "later.mp4")
    # Longer than the test may take: whatever comes after the first scan is found by the watcher or not at all.
    patience = Patience(rest_seconds=0.1, retry_seconds=0.1, rescan_seconds=1000)
    arrived = asyncio.run(_watched(media, folder, later, patience))
    assert arrived == ["before.mp4", "after.mp4"]


async def _watched(media: MediaProcess, folder: Path, later: Path, patience: Patience) -> list[str]:
    arrived, stop = list[str](), asyncio.Event()

    async def offer(arrival: Arrival) -> Answer:
        arrived.append(arrival.path.name)
        if len(arrived) == 1:
            shutil.copy(later, folder / ".after.mp4")
            (folder / ".after.mp4").rename(folder / "after.mp4")
        else:
            stop.set()
        return Answer.TAKEN

    source = Source(source_id="s", camera_id="cam-1", folder=folder, zone=ZoneInfo("UTC"))
    await asyncio.wait_for(Watcher([source], offer, media, patience=patience).run(stop), timeout=30)
    return arrived


def test_a_file_that_changed_since_it_was_seen_rests_again(media: MediaProcess, folder: Path) -> None:
    path = clip(folder / "a.mp4", seconds=1)
    desk = Desk(media, folder)
    asyncio.run(desk.watcher.rescan())
    clip(path, seconds=2)
    desk.at = 2
    asyncio.run(desk.watcher.offer_ripe())
    assert desk.offered == []
    assert desk.after(2) == [("a.mp4", "footage")]


def test_a_link_to_a_folder_gives_nobody_elses_footage_away(media: MediaProcess, folder: Path, tmp_path: Path) -> None:
    theirs = clip(_made(tmp_path / "store") / "theirs.mp4")
    (folder / "mine").symlink_to(theirs.parent)
    desk = Desk(media, folder, Afterwards.REMOVE)
    # The system's watcher goes through links to folders and names what it sees there.
    desk.watcher._notice(folder / "mine" / "theirs.mp4")
    desk.at += 10
    asyncio.run(desk.watcher.offer_ripe())
    assert desk.offered == []
    assert theirs.exists()


def test_a_link_in_the_place_of_taken_moves_nothing_out_of_the_folder(
    media: MediaProcess, folder: Path, tmp_path: Path
) -> None:
    elsewhere = _made(tmp_path / "elsewhere")
    (folder / "taken").symlink_to(elsewhere)
    clip(folder / "a.mp4")
    assert Desk(media, folder, Afterwards.MOVE).after(2) == [("a.mp4", "footage")]
    assert (folder / "a.mp4").exists()
    assert [*elsewhere.iterdir()] == []


def _made(path: Path) -> Path:
    path.mkdir()
    return path
