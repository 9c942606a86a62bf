"""Record a scene in real time with ffmpeg's own segmenter, as in the field; its list says what is whole."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from services.ingest.recording.segments import FRAGMENTED, NAME, Recording

PR_SET_PDEATHSIG = 1
ENDED_BY_SIGNAL = 255  # ffmpeg's own code after SIGTERM or SIGINT, with its files closed

COPIED = ["-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-map_metadata", "-1"]
NAMED = ["-f", "segment", "-strftime", "1", "-reset_timestamps", "1"]


def command(recording: Recording, loops: int | None) -> list[str]:
    """Return ffmpeg's command line. Files are hidden until the list names them."""
    again = -1 if loops is None else loops - 1
    played = f"ffmpeg -hide_banner -loglevel error -nostdin -re -stream_loop {again} -i".split()
    length = f"-segment_time {recording.segment.total_seconds()} -segment_list_type csv -segment_list pipe:1".split()
    inside = ["-segment_format", "mp4", "-segment_format_options", f"movflags={FRAGMENTED}"]
    # A percent sign in a folder's name is not a field of the clock.
    hidden = str(recording.unfinished("NAME")).replace("%", "%%").replace(".NAME.part", f".{NAME}.part")
    return [*played, str(recording.source), *COPIED, *NAMED, *length, *inside, hidden]


def record_with_ffmpeg(recording: Recording, stop: threading.Event, loops: int | None = None) -> Iterator[Path]:
    """Yield each segment once ffmpeg has closed it. Ends with ffmpeg; raises CalledProcessError if it failed."""
    zone = {"TZ": recording.zone.key} if recording.zone else {}
    run = command(recording, loops)
    with subprocess.Popen(
        run,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | zone,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - The recorder has one thread.
    ) as child:
        assert child.stdout is not None
        threading.Thread(target=end_when, args=(stop, child), daemon=True).start()
        try:
            for line in child.stdout:
                yield finish(recording, line.rsplit(",", 2)[0])
        finally:
            child.terminate()
    if child.returncode not in {0, ENDED_BY_SIGNAL}:
        raise subprocess.CalledProcessError(child.returncode, run)


def end_when(stop: threading.Event, child: subprocess.Popen[str]) -> None:
    """Let ffmpeg close the segment in hand once the recorder is told to stop."""
    stop.wait()
    child.terminate()


def finish(recording: Recording, listed: str) -> Path:
    """Sync and name a segment that the list calls whole."""
    unfinished = recording.out / Path(listed).name
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    return recording.finish(unfinished, unfinished.name.removesuffix(".part")[-len("2026-01-01_00-00-00") :])


def die_with_parent() -> None:
    """Ask the kernel to end ffmpeg with the recorder, even if that is killed: nobody would name its files."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
