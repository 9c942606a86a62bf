"""The recorder writes segments as a city's recorder does: by its wall clock, whole or hidden, on after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.ingest.media.found import Probe
from services.ingest.media.names import NamePattern
from services.ingest.media.probe import probe
from services.ingest.media.process import MediaProcess
from services.ingest.recorder import main
from services.ingest.recording.playing import Pace, record, take_over
from services.ingest.recording.segments import Recording
from services.ingest.recording.with_ffmpeg import command
from tests.fakes.footage import BODYWORN, PLAZA

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")


@dataclass
class Clock:
    """Time that passes only by waiting, and stops the recorder at ``until``."""

    at: datetime = NOON
    until: datetime = NOON + timedelta(days=1)
    waited: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.at += timedelta(seconds=max(0.0, seconds))
        return self.at >= self.until

    @property
    def pace(self) -> Pace:
        return Pace(now=lambda: self.at, wait=self.wait)


def recording(out: Path, source: Path = PLAZA, seconds: float = 5) -> Recording:
    return Recording(source=source, out=out, camera="cam-1", segment=timedelta(seconds=seconds), zone=TAIPEI)


def eventually(found: Callable[[], list[Path]]) -> list[Path]:
    for _ in range(500):
        if paths := found():
            return paths
        time.sleep(0.01)
    raise AssertionError("nothing came")


def footage(media: MediaProcess, path: Path) -> Probe:
    found = probe(media, path, pattern=NamePattern(text="%Y-%m-%d_%H-%M-%S", zone=TAIPEI))
    assert isinstance(found, Probe), found
    return found


def test_a_clip_becomes_segments_named_by_the_wall_clock(tmp_path: Path) -> None:
    written = [path.name for path in islice(record(recording(tmp_path), Clock().pace, 1), 3)]
    assert written == ["2026-11-22_20-00-00.mp4", "2026-11-22_20-00-05.mp4", "2026-11-22_20-00-10.mp4"]


def test_segments_are_whole_and_follow_each_other_without_a_gap(media: MediaProcess, tmp_path: Path) -> None:
    found = [footage(media, path) for path in take_over(recording(tmp_path, BODYWORN), NOON - timedelta(days=400))]
    assert [probed.duration_ms for probed in found] == [5000] * 8
    assert all(probed.has_audio and probed.fragmented and not probed.doubts for probed in found)
    assert sum(probed.frames for probed in found) == 400


def test_a_scene_goes_on_over_the_end_of_its_clip(media: MediaProcess, tmp_path: Path) -> None:
    written = list(record(recording(tmp_path, seconds=30), Clock().pace, 3))
    assert [footage(media, path).duration_ms for path in written] == [30_000] * 4
    assert written[-1].name == "2026-11-22_20-01-30.mp4"


def test_it_records_no_faster_than_time_passes(tmp_path: Path) -> None:
    clock = Clock()
    list(record(recording(tmp_path), clock.pace, 1))
    assert clock.at - NOON == timedelta(seconds=39.9)
    assert max(clock.waited) == pytest.approx(0.1)


def test_when_told_to_stop_it_closes_the_segment_in_hand(media: MediaProcess, tmp_path: Path) -> None:
    clock = Clock(until=NOON + timedelta(seconds=7))
    written = list(record(recording(tmp_path), clock.pace))
    assert [footage(media, path).duration_ms for path in written] == [5000, 2000]
    assert sorted(tmp_path.iterdir()) == written


def test_two_segments_of_one_second_keep_both_their_bytes(tmp_path: Path) -> None:
    first = next(record(recording(tmp_path), Clock().pace))
    second = next(record(recording(tmp_path, BODYWORN), Clock().pace))
    assert (first.name, second.name) == ("2026-11-22_20-00-00.mp4", "2026-11-22_20-00-00-1.mp4")


def test_an_older_recorders_footage_has_the_times_of_then(media: MediaProcess, tmp_path: Path) -> None:
    long_ago = datetime(2024, 2, 29, 16, 0, tzinfo=UTC)
    found = [footage(media, path) for path in take_over(recording(tmp_path), long_ago, 2)]
    assert [probed.started_at for probed in found] == [long_ago, long_ago + timedelta(seconds=5)]
    assert all(abs(reading.at - long_ago) < timedelta(seconds=6) for probed in found for reading in probed.readings)


def test_an_instant_without_an_offset_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--source", str(PLAZA), "--out", str(tmp_path), "--starting-at", "2026-01-01T00:00:00"])
    assert "no offset" in capsys.readouterr().err


def test_a_killed_recorder_leaves_one_hidden_file_and_goes_on_in_real_time(media: MediaProcess, tmp_path: Path) -> None:
    run = [sys.executable, "-m", "services.ingest.recorder", "--source", str(PLAZA), "--out", str(tmp_path)]
    run += ["--segment-seconds", "1", "--engine", "pyav", "--zone", "UTC"]
    with subprocess.Popen(run, cwd=ROOT, stdout=subprocess.PIPE) as recorder:
        assert recorder.stdout is not None
        first = Path(os.fsdecode(recorder.stdout.readline().strip()))
        try:
            began = eventually(lambda: [path for path in tmp_path.iterdir() if path.name.startswith(".")])
        finally:
            recorder.send_signal(signal.SIGKILL)
    assert len(began) == 1
    again = subprocess.run([*run, "--segments", "1"], cwd=ROOT, capture_output=True, check=True, text=True, timeout=60)
    second = Path(again.stdout.strip())
    assert sorted(tmp_path.iterdir()) == sorted([first, second])
    assert {footage(media, path).duration_ms for path in (first, second)} == {1000}


def test_ffmpeg_is_given_hidden_names_and_no_field_from_a_folders_name(tmp_path: Path) -> None:
    run = command(recording(tmp_path / "50%d 大安"), None)
    assert run[-1] == f"{tmp_path}/50%%d 大安/.cam-1.%Y-%m-%d_%H-%M-%S.part"
    assert run[run.index("-stream_loop") + 1] == "-1"


@pytest.mark.skipif(not any(Path(p, "ffmpeg").exists() for p in os.get_exec_path()), reason="ffmpeg isn't installed")
def test_ffmpegs_segments_are_whole_too(media: MediaProcess, tmp_path: Path) -> None:
    run = [sys.executable, "-m", "services.ingest.recorder", "--source", str(BODYWORN), "--out", str(tmp_path)]
    run += ["--segment-seconds", "1", "--engine", "ffmpeg", "--segments", "2", "--zone", "Asia/Taipei"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    written = [Path(line) for line in done.stdout.splitlines()]
    assert len(written) == 2
    assert all(footage(media, path).has_audio for path in written)
