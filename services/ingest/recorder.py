"""``python -m services.ingest.recorder``: plays a clip as a camera would and writes segments into a folder."""

from __future__ import annotations

import argparse
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from zoneinfo import ZoneInfo

from services.ingest.recording.playing import Pace, record, take_over
from services.ingest.recording.segments import Recording
from services.ingest.recording.with_ffmpeg import record_with_ffmpeg
from services.runtime.stopping import stop_on_signals


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.ingest.recorder", description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="the clip that plays the scene")
    parser.add_argument("--out", type=Path, required=True, help="folder for the segments; made if missing")
    parser.add_argument("--camera", default="camera", help="keeps unfinished files of several recorders apart")
    parser.add_argument("--segment-seconds", type=float, default=5.0)
    parser.add_argument("--zone", type=ZoneInfo, help="IANA zone of the recorder's wall clock; default: the machine's")
    parser.add_argument("--loops", type=int, help="play the clip so many times; default: without end")
    parser.add_argument("--segments", type=int, help="stop after so many segments")
    parser.add_argument(
        "--engine", choices=("auto", "ffmpeg", "pyav"), default="auto", help="auto: ffmpeg if installed"
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--realtime", action="store_true", help="as it happens, from now on (the default)")
    mode.add_argument(
        "--starting-at", type=instant, action="append", metavar="ISO", help="what an older recorder wrote, at once"
    )
    return parser.parse_args(given)


def instant(text: str) -> datetime:
    """Return an instant; one without an offset is refused, for nobody could say which it is."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset: write it as 2026-11-22T01:02:03+08:00 or with Z")
    return at


def segments(wanted: argparse.Namespace, recording: Recording, stop: threading.Event) -> Iterator[Path]:
    if wanted.starting_at:
        return chain.from_iterable(take_over(recording, at, wanted.segments) for at in wanted.starting_at)
    if wanted.engine == "ffmpeg" or (wanted.engine == "auto" and shutil.which("ffmpeg")):
        return islice(record_with_ffmpeg(recording, stop, wanted.loops), wanted.segments)
    pace = Pace(now=lambda: datetime.now(UTC), wait=lambda seconds: stop.wait(max(0.0, seconds)))
    return islice(record(recording, pace, wanted.loops), wanted.segments)


def main(given: Sequence[str] | None = None) -> int:
    """Record until the clip, the count or the operator ends it; print each finished segment's path."""
    wanted = arguments(given)
    recording = Recording(
        source=wanted.source,
        out=wanted.out,
        camera=wanted.camera,
        segment=timedelta(seconds=wanted.segment_seconds),
        zone=wanted.zone,
    )
    recording.out.mkdir(parents=True, exist_ok=True)
    recording.clear_unfinished()
    stop = threading.Event()
    stop_on_signals(stop)
    for whole in segments(wanted, recording, stop):
        sys.stdout.write(f"{whole}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
