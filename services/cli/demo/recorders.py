"""The demo's recorders: processes of their own that share nothing with camledger but a folder, and their lists."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.cli.demo.plan import BODY, LIVE_SEGMENTS, PLAZA, SEGMENT_SECONDS, OldFootage

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
NAME = "%Y-%m-%d_%H-%M-%S"
ZONE = ZoneInfo("Asia/Taipei")
# A body-worn camera states its start inside the file, as ours does; ffmpeg's segmenter states it in the name alone.
ENGINES = {PLAZA: "auto", BODY: "pyav"}
CLIPS = {PLAZA: "plaza.mp4", BODY: "bodyworn.mp4"}
STOP_SECONDS = 20


class LiveRecorder:
    """One recorder in real time; every finished file's name stands in its own list before anybody takes it in."""

    def __init__(self, camera: str, folder: Path, lists: Path) -> None:
        self.camera = camera
        self.folder = folder
        self.list = lists / f"{camera}.finished"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start recording; a recorder that was killed earlier leaves a gap, which nobody fills in."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.list.parent.mkdir(parents=True, exist_ok=True)
        with self.list.open("ab") as finished:
            self._process = subprocess.Popen(_command(CLIPS[self.camera], self.folder, self.camera), stdout=finished)

    def wait(self) -> None:
        """Wait until the clip has been played, if this recorder was started."""
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """Stop early, with the segment in hand closed."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)

    def files(self) -> list[tuple[Path, datetime]]:
        """Return every file that it finished, with its start."""
        return [(path, started(path.stem)) for path in map(Path, self.list.read_text().split())]


def finished(lists: Path) -> set[tuple[str, datetime]]:
    """Return camera and start of every file that a recorder says it finished, by the names that it gave them."""
    return {
        (path.stem, started(Path(line).stem))
        for path in lists.glob("*.finished")
        for line in path.read_text().splitlines()
        if line
    }


def started(name: str) -> datetime:
    """Return the instant that a file's name states, by the recorder's wall clock."""
    wall = datetime.strptime(name, NAME)  # noqa: DTZ007 - the zone is the recorder's, put on right here
    return wall.replace(tzinfo=ZONE).astimezone(UTC)


def write_old(footage: OldFootage, folder: Path) -> list[Path]:
    """Let an older recorder write its files at once; return them in order. A second call finds them there."""
    out = folder / footage.name
    names = [out / f"{start.astimezone(ZONE):{NAME}}.mp4" for start in footage.starts]
    if not all(name.exists() for name in names):
        command = _command(footage.clip, out, footage.name, "--starting-at", footage.start.isoformat())
        subprocess.run([*command, "--segments", str(footage.count)], check=True, stdout=subprocess.DEVNULL)
    return names


def _command(clip: str, out: Path, camera: str, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "services.ingest.recorder"),
        *("--source", str(SAMPLES / clip), "--out", str(out), "--camera", camera),
        *("--segment-seconds", str(SEGMENT_SECONDS), "--zone", ZONE.key),
        *(more or ("--realtime", "--loops", "1", "--segments", str(LIVE_SEGMENTS), "--engine", ENGINES[camera])),
    ]
