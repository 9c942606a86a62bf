"""The demo's recorders: processes of their own that share nothing with camledger but a folder, and their lists."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.cli.demo.plan import BODY, LIVE_SEGMENTS, PLAZA, SEGMENT_SECONDS, OldFootage, Plan
from services.runtime.embedded.process import Child, Program

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "samples"
NAME = "%Y-%m-%d_%H-%M-%S"
ZONE = ZoneInfo("Asia/Taipei")
# A body-worn camera states its start inside the file, as ours does; ffmpeg's segmenter states it in the name alone.
ENGINES = {PLAZA: "auto", BODY: "pyav"}
CLIPS = {PLAZA: "plaza.mp4", BODY: "bodyworn.mp4"}
STOP_SECONDS = 20.0
PAUSE_SECONDS = 7  # Longer than what ingest takes for jitter of a clock, so that what was never written is a gap.


class LiveRecorder:
    """One recorder in real time; every finished file's name stands in its own list.

    It ends with us and begins again when it ended early: what it missed meanwhile is a gap, which nobody fills in.
    """

    def __init__(self, camera: str, folder: Path, lists: Path) -> None:
        self.camera = camera
        self._folder, self._lists, self._list = folder, lists, lists / f"{camera}.finished"
        self._child: Child | None = None
        self._wanted, self._again_at = False, 0.0

    @property
    def complete(self) -> bool:
        """Every segment that this demo asks for is on the disk."""
        return len(self.files()) >= LIVE_SEGMENTS

    def begin(self) -> None:
        """Let ``tend`` start it; may be called from any thread."""
        self._wanted = True

    def tend(self) -> bool:
        """Start it when it should run and doesn't; return True if it has just been found ended too early.

        Call from the thread that lives longest: the recorder ends with the thread that started it.
        """
        if not self._wanted or (self._child and self._child.pid) or self.complete:
            return False
        if self._child is None:
            # What an earlier, killed run left may still close a segment: only then is its list complete.
            self._child = self._new_child()
            self._child.end_leftover()
            # It recorded before, so it comes back after a pause: right away would hide how little it missed.
            self._again_at = time.monotonic() + (PAUSE_SECONDS if self.files() else 0)
        elif not self._again_at:
            self._again_at = time.monotonic() + PAUSE_SECONDS
            return True
        if time.monotonic() >= self._again_at and not self.complete:
            self._child, self._again_at = self._new_child(), 0.0
            self._child.start()
        return False

    def stop(self) -> None:
        """Stop early, with the segment in hand closed."""
        self._wanted = False
        if self._child is not None:
            self._child.stop()

    def files(self) -> dict[tuple[str, datetime], Path]:
        """Return every file that it finished: those of its list, and those that it named before it could list them."""
        return {(self.camera, started(path.stem)): path for path in _listed(self._list, self._folder)}

    def _new_child(self) -> Child:
        for folder in (self._folder, self._lists):
            folder.mkdir(parents=True, exist_ok=True)
        left = LIVE_SEGMENTS - len(self.files())
        live = ("--realtime", "--loops", "1", "--segments", str(left), "--engine", ENGINES[self.camera])
        program = Program(
            name=self.camera,
            command=tuple(_command(CLIPS[self.camera], self._folder, self.camera, *live)),
            log=self._list,
            stop_signal=signal.SIGTERM,
            stop_seconds_max=STOP_SECONDS,
            environment=_environment(),
        )
        return Child(self._lists, program)


def started(name: str) -> datetime:
    """Return the instant that a file's name states, by the recorder's wall clock."""
    wall = datetime.strptime(name, NAME)  # noqa: DTZ007 - the zone is the recorder's, put on right here
    return wall.replace(tzinfo=ZONE).astimezone(UTC)


def live_recorders(home: Path) -> tuple[LiveRecorder, LiveRecorder]:
    """Return the fixed camera's recorder and the body-worn one."""
    lists = home / "lists"
    return LiveRecorder(PLAZA, home / "incoming" / PLAZA, lists), LiveRecorder(BODY, home / "card" / BODY, lists)


def write_old(footage: OldFootage, folder: Path) -> dict[tuple[str, datetime], Path]:
    """Let an older recorder write its files at once. A second call finds them there."""
    files = old_files(footage, folder)
    if not all(path.exists() for path in files.values()):
        then = ("--starting-at", footage.start.isoformat(), "--segments", str(footage.count))
        command = _command(footage.clip, folder / footage.name, footage.name, *then)
        for half_done in files.values():
            half_done.unlink(missing_ok=True)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_environment())
    return files


def old_files(footage: OldFootage, folder: Path) -> dict[tuple[str, datetime], Path]:
    """Return where an older recorder's files lie, by camera and start."""
    names = {start: f"{start.astimezone(ZONE):{NAME}}.mp4" for start in footage.starts}
    return {(footage.camera, start): folder / footage.name / name for start, name in names.items()}


def all_old_files(plan: Plan, folder: Path) -> dict[tuple[str, datetime], Path]:
    """Return all files of older recorders that the plan knows."""
    return {key: path for one in (*plan.old, plan.late) for key, path in old_files(one, folder).items()}


def _listed(finished: Path, folder: Path) -> list[Path]:
    # The list holds what the recorder prints, so also what it complains about: a path is a line that ends like one.
    told = finished.read_text(errors="replace").splitlines() if finished.exists() else []
    return sorted({folder / Path(line).name for line in told if line.endswith(".mp4")} | set(folder.glob("[0-9]*.mp4")))


def _command(clip: str, out: Path, camera: str, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "services.ingest.recorder"),
        *("--source", str(SAMPLES / clip), "--out", str(out), "--camera", camera),
        *("--segment-seconds", str(SEGMENT_SECONDS), "--zone", ZONE.key, *more),
    ]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
