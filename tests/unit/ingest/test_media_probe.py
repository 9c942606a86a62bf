"""Whatever a recorder hands over is footage with its facts, or a refusal that says what to do. Nothing crashes."""

from __future__ import annotations

import errno
import os
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import av
import pytest

from services.ingest.media.found import ClockSource, DoubtKind, Probe, Refusal, RefusalKind
from services.ingest.media.names import NamePattern
from services.ingest.media.probe import given_up, probe
from services.ingest.media.process import MediaProcess
from services.ingest.media.remux import remux, without_sound
from services.ingest.storage.copies import sha256_of
from tests.fakes.footage import BODYWORN, PLAZA, clip, cut_off, old_camera

PATTERN = NamePattern(text="%Y-%m-%d_%H-%M-%S", zone=ZoneInfo("Asia/Taipei"))
TOGETHER = "+faststart"


def footage(media: MediaProcess, path: Path, pattern: NamePattern | None = None) -> Probe:
    found = probe(media, path, pattern=pattern)
    assert isinstance(found, Probe), found
    return found


def refused(media: MediaProcess, path: Path) -> Refusal:
    found = probe(media, path)
    assert isinstance(found, Refusal), found
    assert path.name in found.message
    return found


def test_a_whole_file_gives_its_shape_and_its_length(media: MediaProcess) -> None:
    found = footage(media, PLAZA)
    assert (found.codec, found.width, found.height, found.has_audio) == ("h264", 640, 480, False)
    assert (found.frames, found.keyframes, found.duration_ms) == (400, 40, 40_000)
    assert found.size_bytes == PLAZA.stat().st_size


def test_the_shipped_clips_can_be_cut_on_every_second(media: MediaProcess) -> None:
    for sample in (PLAZA, BODYWORN):
        found = footage(media, sample)
        assert found.keyframes * 1000 == found.duration_ms


def test_sound_is_seen(media: MediaProcess) -> None:
    found = footage(media, BODYWORN)
    assert (found.has_audio, found.audio_codec) == (True, "aac")


def test_a_path_with_spaces_and_chinese_is_a_path(media: MediaProcess, tmp_path: Path) -> None:
    folder = tmp_path / "大安 分局" / "前門 (1)"
    folder.mkdir(parents=True)
    assert footage(media, clip(folder / "上午 九點 ✓ %d.mp4")).frames == 30


def test_a_name_that_is_not_unicode_is_a_path(media: MediaProcess, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xa4j\xa6w.mp4"))
    assert footage(media, clip(tmp_path / "a.mp4").rename(odd)).frames == 30


@pytest.mark.parametrize(("muxer", "suffix"), [("matroska", ".mkv"), ("mpegts", ".ts"), ("mov", ".mov")])
def test_other_containers_are_footage_too(media: MediaProcess, tmp_path: Path, muxer: str, suffix: str) -> None:
    found = footage(media, clip(tmp_path / f"a{suffix}", muxer=muxer))
    assert found.extension_agrees
    assert abs(found.duration_ms - 3000) <= 100


def test_an_old_cameras_avi_is_footage_too(media: MediaProcess, tmp_path: Path) -> None:
    found = footage(media, old_camera(tmp_path / "a.avi"))
    assert (found.container, found.codec, found.duration_ms) == ("avi", "mpeg4", 3000)


def test_a_wrong_extension_is_taken_for_what_it_is_and_said(media: MediaProcess, tmp_path: Path) -> None:
    found = footage(media, clip(tmp_path / "a.avi"))
    assert (found.container.split(",")[0], found.extension_agrees) == ("mov", False)


def test_an_empty_file_is_refused(media: MediaProcess, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert refused(media, tmp_path / "a.mp4").kind is RefusalKind.EMPTY


@pytest.mark.parametrize(
    "content", [b"a letter to the mayor\n" * 99, os.urandom(5000), b"\x89PNG\r\n\x1a\n" + b"\0" * 99]
)
def test_what_is_no_video_is_refused_whatever_it_is_called(media: MediaProcess, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert refused(media, path).kind is RefusalKind.NOT_A_VIDEO


def test_a_playlist_that_names_other_files_is_not_followed(media: MediaProcess, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    for text in (f"#EXTM3U\n#EXTINF:10,\nfile://{PLAZA}\n", f"ffconcat version 1.0\nfile '{PLAZA}'\n"):
        path.write_text(text, encoding="utf-8")
        assert refused(media, path).kind is RefusalKind.NOT_A_VIDEO


def test_sound_alone_is_no_footage(media: MediaProcess, tmp_path: Path) -> None:
    found = refused(media, clip(tmp_path / "a.mp4", source=BODYWORN, kinds=("audio",)))
    assert found.kind is RefusalKind.NOT_A_VIDEO
    assert "no video stream" in found.message


def test_a_file_without_a_picture_has_zero_length(media: MediaProcess, tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", seconds=0, movflags="+frag_keyframe+empty_moov")
    assert refused(media, path).kind is RefusalKind.ZERO_LENGTH


@pytest.mark.parametrize("movflags", ["+faststart", "+frag_keyframe+empty_moov"])
def test_a_file_that_ends_before_its_own_end_is_truncated(media: MediaProcess, tmp_path: Path, movflags: str) -> None:
    found = refused(media, cut_off(clip(tmp_path / "a.mp4", movflags=movflags), 0.6))
    assert found.kind is RefusalKind.TRUNCATED


def test_a_cut_file_of_another_container_is_truncated(media: MediaProcess, tmp_path: Path) -> None:
    for whole in (clip(tmp_path / "a.mkv", muxer="matroska", seconds=20), old_camera(tmp_path / "a.avi")):
        assert refused(media, cut_off(whole, 0.6)).kind is RefusalKind.TRUNCATED


def test_a_file_without_its_index_is_not_complete_yet_and_in_the_end_truncated(
    media: MediaProcess, tmp_path: Path
) -> None:
    path = cut_off(clip(tmp_path / "a.mp4"), 0.6)
    found = refused(media, path)
    assert found.kind is RefusalKind.STILL_BEING_WRITTEN
    assert given_up(found, path, 120).kind is RefusalKind.TRUNCATED


def test_a_file_that_changes_while_it_is_looked_into_is_still_being_written(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", muxer="mpegts")

    class Meanwhile(MediaProcess):
        def ask(self, request: dict[str, Any], *, size_bytes: int = 0) -> dict[str, Any]:
            found = super().ask(request, size_bytes=size_bytes)
            with path.open("ab") as recorder:
                recorder.write(b"more")
            return found

    with Meanwhile() as media:
        assert refused(media, path).kind is RefusalKind.STILL_BEING_WRITTEN


def test_a_file_whose_pictures_are_all_zeros_is_unreadable(media: MediaProcess, tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", movflags=TOGETHER)
    whole = path.read_bytes()
    pictures = whole.index(b"mdat") + 4
    path.write_bytes(whole[:pictures] + bytes(len(whole) - pictures))
    assert refused(media, path).kind is RefusalKind.UNREADABLE


def test_a_damaged_file_is_refused_or_read_but_never_fatal(media: MediaProcess, tmp_path: Path) -> None:
    whole = bytearray(clip(tmp_path / "a.mp4", movflags=TOGETHER).read_bytes())
    for at in range(40, 1200, 29):
        broken = tmp_path / "b.mp4"
        broken.write_bytes(bytes([*whole[:at], whole[at] ^ 0xFF, *whole[at + 1 :]]))
        assert isinstance(probe(media, broken), (Probe, Refusal))
    assert footage(media, PLAZA).frames == 400


def test_only_plain_files_are_opened(media: MediaProcess, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "link.mp4").symlink_to(PLAZA)
    for path in (tmp_path / "pipe.mp4", tmp_path / "link.mp4", tmp_path):
        assert refused(media, path).kind is RefusalKind.NOT_A_FILE
    assert refused(media, tmp_path / "none.mp4").kind is RefusalKind.MISSING


@pytest.mark.parametrize(
    ("created", "muxer", "doubt"),
    [
        ("1970-01-01T00:00:30Z", "mp4", DoubtKind.BEFORE_CAMERAS),
        ("2099-01-01T00:00:00Z", "matroska", DoubtKind.IN_THE_FUTURE),
        ("2036-01-01T00:00:00Z", "mp4", DoubtKind.IN_THE_FUTURE),
    ],
)
def test_a_clock_of_1970_or_2099_is_reported_and_not_believed(
    media: MediaProcess, tmp_path: Path, created: str, muxer: str, doubt: DoubtKind
) -> None:
    found = footage(media, clip(tmp_path / "a.mp4", created=created, muxer=muxer))
    assert doubt in {each.kind for each in found.doubts if each.source is ClockSource.METADATA}
    assert found.clock_source is ClockSource.MODIFIED
    assert found.readings[0].at == datetime.fromisoformat(created)


def test_a_name_of_2099_is_reported_and_not_believed(media: MediaProcess, tmp_path: Path) -> None:
    found = footage(media, clip(tmp_path / "2099-01-01_00-00-00.mp4"), PATTERN)
    assert DoubtKind.IN_THE_FUTURE in {each.kind for each in found.doubts if each.source is ClockSource.NAME}
    assert found.clock_source is ClockSource.MODIFIED


def test_a_file_whose_every_clock_is_wrong_has_no_start(media: MediaProcess, tmp_path: Path) -> None:
    path = clip(tmp_path / "1970-01-01_08-00-30.mp4", created="1970-01-01T00:00:30Z")
    os.utime(path, (40, 40))
    found = footage(media, path, PATTERN)
    assert (found.started_at, found.clock_source) == (None, None)
    assert len(found.doubts) >= 3


def test_the_container_comes_first_then_the_name_then_the_last_write(media: MediaProcess, tmp_path: Path) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    name = f"{at.astimezone(PATTERN.zone):%Y-%m-%d_%H-%M-%S}.mp4"
    with_both = clip(tmp_path / name, created=at.isoformat())
    assert footage(media, with_both, PATTERN).clock_source is ClockSource.METADATA
    named = footage(media, clip(tmp_path / name), PATTERN)
    assert (named.clock_source, named.started_at) == (ClockSource.NAME, at)
    assert footage(media, clip(tmp_path / "x.mp4"), PATTERN).clock_source is ClockSource.MODIFIED


def test_two_files_of_one_second_keep_one_start_and_differ_in_bytes(media: MediaProcess, tmp_path: Path) -> None:
    first = clip(tmp_path / "2026-01-02_03-04-05.mp4", seconds=2)
    second = clip(tmp_path / "2026-01-02_03-04-05-1.mp4", seconds=3)
    assert footage(media, first, PATTERN).readings[0] == footage(media, second, PATTERN).readings[0]
    assert sha256_of(first) != sha256_of(second)


def test_the_same_file_twice_has_one_hash(tmp_path: Path) -> None:
    assert sha256_of(clip(tmp_path / "a.mp4")) == sha256_of(clip(tmp_path / "b.mp4"))


def test_taking_out_the_sound_leaves_every_picture(media: MediaProcess, tmp_path: Path) -> None:
    silent = without_sound(media, BODYWORN, tmp_path / "silent.mp4")
    assert not isinstance(silent, Refusal)
    assert (silent.left_out, silent.sha256) == (("audio",), sha256_of(tmp_path / "silent.mp4"))
    found = footage(media, tmp_path / "silent.mp4")
    assert (found.has_audio, found.frames, found.duration_ms) == (False, 400, 40_000)


def test_taking_out_the_sound_keeps_the_start_and_the_container(media: MediaProcess, tmp_path: Path) -> None:
    created = "2026-01-02T03:04:05Z"
    source = clip(tmp_path / "a.mkv", source=BODYWORN, muxer="matroska", created=created)
    without_sound(media, source, tmp_path / "b.mkv")
    found = footage(media, tmp_path / "b.mkv")
    assert (found.container, found.has_audio) == ("matroska,webm", False)
    assert found.started_at == datetime.fromisoformat(created)


def test_a_cut_shows_nothing_outside_its_interval(media: MediaProcess, tmp_path: Path) -> None:
    cut = remux(media, BODYWORN, tmp_path / "a.mp4", from_ms=2500, to_ms=9400)
    assert not isinstance(cut, Refusal)
    assert (cut.from_ms, cut.to_ms, cut.frames) == (3000, 9000, 60)
    assert footage(media, tmp_path / "a.mp4").duration_ms == 6000


def test_nothing_outside_the_interval_is_heard_either(media: MediaProcess, tmp_path: Path) -> None:
    remux(media, BODYWORN, tmp_path / "a.mp4", from_ms=2500, to_ms=9400)
    with av.open(str(tmp_path / "a.mp4")) as cut:
        heard = sum(packet.duration or 0 for packet in cut.demux(audio=0)) / 16_000
    assert 5.9 < heard < 6.1


def test_a_cut_outward_shows_the_whole_interval(media: MediaProcess, tmp_path: Path) -> None:
    cut = remux(media, PLAZA, tmp_path / "a.mp4", from_ms=2500, to_ms=9400, inward=False)
    assert not isinstance(cut, Refusal)
    assert (cut.from_ms, cut.to_ms) == (2000, 10_000)


def test_a_cut_without_a_whole_group_of_pictures_is_refused_and_leaves_nothing(
    media: MediaProcess, tmp_path: Path
) -> None:
    cut = remux(media, PLAZA, tmp_path / "a.mp4", from_ms=2500, to_ms=2900)
    assert isinstance(cut, Refusal)
    assert cut.kind is RefusalKind.NOTHING_INSIDE
    assert list(tmp_path.iterdir()) == []


def test_an_old_cameras_footage_keeps_its_container(media: MediaProcess, tmp_path: Path) -> None:
    source = old_camera(tmp_path / "a.avi")
    assert not isinstance(without_sound(media, source, tmp_path / "b.avi"), Refusal)
    assert footage(media, tmp_path / "b.avi").frames == 30


def test_a_codec_that_mp4_cannot_hold_is_refused_and_leaves_nothing(media: MediaProcess, tmp_path: Path) -> None:
    source = old_camera(tmp_path / "a.avi", codec="msmpeg4")
    copied = remux(media, source, tmp_path / "a.mp4")
    assert isinstance(copied, Refusal)
    assert copied.kind is RefusalKind.NOT_REMUXABLE
    assert list(tmp_path.iterdir()) == [source]


def test_a_copy_that_finds_no_room_is_an_error_of_the_disk_and_leaves_nothing(tmp_path: Path) -> None:
    with MediaProcess() as media:
        probe(media, PLAZA)
        assert media.pid is not None
        resource.prlimit(media.pid, resource.RLIMIT_FSIZE, (100_000, 100_000))
        with pytest.raises(OSError, match="too large") as full:
            remux(media, PLAZA, tmp_path / "a.mp4")
        assert full.value.errno == errno.EFBIG
        assert list(tmp_path.iterdir()) == []
        assert isinstance(probe(media, PLAZA), Probe)


def test_a_copy_can_be_served_while_it_is_read(media: MediaProcess, tmp_path: Path) -> None:
    remux(media, BODYWORN, tmp_path / "a.mp4")
    head = (tmp_path / "a.mp4").read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")
    assert footage(media, tmp_path / "a.mp4").frames == 400
