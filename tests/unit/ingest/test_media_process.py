"""A file can kill the media process, or hold it up: then that file is refused, and the next one is served."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from services.ingest.media.found import Probe, Refusal, RefusalKind
from services.ingest.media.probe import probe
from services.ingest.media.process import MediaProcess
from services.ingest.media.remux import remux
from tests.fakes.footage import PLAZA

ROOT = Path(__file__).parents[3]


def test_a_process_that_was_killed_is_started_again() -> None:
    with MediaProcess() as media:
        assert isinstance(probe(media, PLAZA), Probe)
        first = media.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert isinstance(probe(media, PLAZA), Probe)
        assert media.pid != first


def test_a_process_that_nobody_asks_anything_ends_and_is_started_again() -> None:
    with MediaProcess(idle_seconds=0.2) as media:
        assert isinstance(probe(media, PLAZA), Probe)
        until = time.monotonic() + 20
        while media.pid is not None and time.monotonic() < until:
            time.sleep(0.05)
        assert media.pid is None
        assert isinstance(probe(media, PLAZA), Probe)


def timers() -> set[threading.Timer]:
    # One that was cancelled runs no more, though its thread may take a moment to end.
    there = (thread for thread in threading.enumerate() if isinstance(thread, threading.Timer))
    return {timer for timer in there if not timer.finished.is_set()}


def test_a_process_that_is_asked_again_and_again_stays() -> None:
    others = timers()  # of tests before this one
    with MediaProcess(idle_seconds=30) as media:
        pids = {media.pid for _ in range(3) if isinstance(probe(media, PLAZA), Probe)}
        assert len(pids) == 1
        assert len(timers() - others) <= 1


def test_a_process_that_does_not_answer_is_killed_and_its_file_refused() -> None:
    with MediaProcess(limit_seconds=0.5) as media:
        probe(media, PLAZA)
        stuck = media.pid
        assert stuck is not None
        os.kill(stuck, signal.SIGSTOP)
        found = probe(media, PLAZA)
        assert isinstance(found, Refusal)
        assert found.kind is RefusalKind.TOO_SLOW
        assert not Path(f"/proc/{stuck}").exists()
        assert isinstance(probe(media, PLAZA), Probe)


def test_a_process_that_dies_in_the_middle_leaves_no_half_copy(tmp_path: Path) -> None:
    with MediaProcess(limit_seconds=0.5) as media:
        probe(media, PLAZA)
        assert media.pid is not None
        os.kill(media.pid, signal.SIGSTOP)
        assert isinstance(remux(media, PLAZA, tmp_path / "a.mp4"), Refusal)
        assert list(tmp_path.iterdir()) == []


def test_its_memory_is_bounded() -> None:
    with MediaProcess(memory_mib=700) as media:
        probe(media, PLAZA)
        limits = Path(f"/proc/{media.pid}/limits").read_text(encoding="utf-8")
        assert f"{700 << 20}" in next(line for line in limits.splitlines() if line.startswith("Max address space"))


def test_it_ends_with_its_parent() -> None:
    start = (
        "import os, signal; from pathlib import Path; from services.ingest.media.process import MediaProcess;"
        "from services.ingest.media.probe import probe; media = MediaProcess();"
        f"probe(media, Path({str(PLAZA)!r})); print(media.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    parent = subprocess.run([sys.executable, "-c", start], cwd=ROOT, capture_output=True, text=True, check=False)
    child = int(parent.stdout)
    for _ in range(200):
        if _gone(child):
            return
        time.sleep(0.05)
    raise AssertionError(f"{child} outlived its parent")


def test_the_parent_never_loads_ffmpeg() -> None:
    look = (
        "import sys; from pathlib import Path; import services.ingest.media.remux, services.ingest.watch;"
        "from services.ingest.media.process import MediaProcess; from services.ingest.media.probe import probe;"
        f"media = MediaProcess(); probe(media, Path({str(PLAZA)!r})); media.close();"
        "sys.exit(any(name == 'av' or name.startswith('av.') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", look], cwd=ROOT, check=False).returncode == 0


def _gone(pid: int) -> bool:
    try:
        # In a container nobody may be there to collect the dead.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].startswith("Z")
    except (FileNotFoundError, ProcessLookupError):
        return True
