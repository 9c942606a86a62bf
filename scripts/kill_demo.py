"""Kill -9 processes of the demo at random moments, let it go on or run it again, and ask for the same verdict.

``python scripts/kill_demo.py --seed 7 --rounds 3``: a seed gives the same victims at the same points of the story.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
VICTIMS = (
    "kafka",
    "postgres",
    "ingest",
    "media",
    "retention",
    "access",
    "analytics",
    "analytics.live",
    "fork server",
    "recorder plaza-01",
    "recorder bwc-17",
    "demo",
)
LINES_MAX = 42  # of what the demo says before it ends
SECONDS_MAX = 5.0
RECORDERS_BEGIN, RECORDED_SECONDS = 14, 35.0
RUN_SECONDS_MAX = 420.0
RUNS_MAX = 3
POLL_SECONDS = 0.05
DRAIN_SECONDS = 30.0
DONE, FINDING, NOT_REACHABLE, KILLED = 0, 1, 3, -9
HASHES = re.compile(r"^(expected|by the log|by the database) +([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Result:
    """What one round came to."""

    killed: str  # which process, with its id and the second; empty if it never lived
    exits: tuple[int, ...]
    hashes: tuple[str, ...]  # of what was expected, of the log, of the database
    told: str
    left: tuple[str, ...] = ()  # processes that outlived the demo

    @property
    def good(self) -> bool:
        """One kill, one verdict, three equal tables, nobody left behind, and never a traceback on the way."""
        same = len(self.hashes) == 3 and len(set(self.hashes)) == 1  # noqa: PLR2004 - see the field
        allowed = {DONE, NOT_REACHABLE, KILLED}
        return (
            bool(self.killed)
            and same
            and not self.left
            and self.exits[-1] == DONE
            and set(self.exits) <= allowed
            and "Traceback" not in self.told
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """So many lines after the demo began to speak, and so many seconds after that; a busy machine shifts neither."""

    lines: int
    seconds: float

    @classmethod
    def by(cls, chance: random.Random, victim: str) -> Moment:
        lines, seconds = chance.randrange(LINES_MAX), chance.uniform(0, SECONDS_MAX)
        # A recorder lives by the clock and not by the story.
        return (
            cls(RECORDERS_BEGIN, RECORDED_SECONDS * seconds / SECONDS_MAX)
            if "recorder" in victim
            else cls(lines, seconds)
        )


def kill_round(folder: Path, victim: str, moment: Moment) -> Result:
    """Run the demo in ``folder``, kill ``victim`` once, and run it again until it comes to a verdict."""
    exits, killed, output = list[int](), "", folder.with_suffix(".out")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(b"")
    while not exits or (exits[-1] not in {DONE, FINDING} and len(exits) < RUNS_MAX):
        with output.open("ab") as out:
            demo = subprocess.Popen(_command(folder), cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        if not killed:
            killed = _kill(demo, victim, moment, output)
        exits.append(_ended(demo))
    told = output.read_text(errors="replace")
    return Result(killed, tuple(exits), tuple(found for _, found in HASHES.findall(told)), told, _left(folder))


def _left(folder: Path) -> tuple[str, ...]:
    """Return who still writes into the folder's logs; whoever lost his parent has as long to end as a drain takes."""
    until = time.monotonic() + DRAIN_SECONDS
    while (found := tuple(_writers(folder / "logs"))) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    return found


def _writers(logs: Path) -> Iterator[str]:
    for pid in psutil.pids():
        with suppress(OSError):
            into = Path(f"/proc/{pid}/fd/2").readlink()
            if into.is_relative_to(logs):
                yield f"{into.stem} (process {pid})"


def processes(demo: int) -> dict[str, psutil.Process]:
    """Return every process of a running demo by the name that we give it."""
    found = {"demo": psutil.Process(demo)}
    for child in found["demo"].children(recursive=True):
        try:
            if name := _name(child, demo):
                found.setdefault(name, child)
        except (psutil.Error, OSError):
            continue  # It has ended meanwhile.
    return found


def _name(process: psutil.Process, demo: int) -> str:
    command, program, parent = " ".join(process.cmdline()), Path(process.exe()).name, process.parent()
    if "services.ingest.recorder" in command:
        return f"recorder {command.partition('--camera ')[2].split()[0]}" if "--realtime" in command else ""
    if program == "java":
        return "kafka"
    if program == "postgres":
        return "" if parent is not None and Path(parent.exe()).name == program else program
    if "multiprocessing.forkserver" in command and parent is not None and parent.pid == demo:
        return "fork server"
    return _service(process)


def _service(process: psutil.Process) -> str:
    """Name a service by the log that it writes; a child of it is ingest's media process."""
    log = _log_of(process.pid)
    if not log:
        return ""
    parent = process.parent()
    return "media" if parent is not None and _log_of(parent.pid) == log else log


def _log_of(pid: int) -> str:
    into = Path(f"/proc/{pid}/fd/2").readlink()
    return into.name.removesuffix(".log") if into.parent.name == "logs" else ""


def _kill(demo: subprocess.Popen[bytes], victim: str, moment: Moment, output: Path) -> str:
    """Kill the victim at the moment, or as soon after it as it is there; return a sentence, empty if it never was."""
    until = time.monotonic() + RUN_SECONDS_MAX
    while demo.poll() is None and time.monotonic() < until and _lines(output) < moment.lines:
        time.sleep(POLL_SECONDS)
    time.sleep(moment.seconds)
    while demo.poll() is None and time.monotonic() < until:
        if found := processes(demo.pid).get(victim):
            found.kill()
            return f"{victim} (process {found.pid}) {moment.seconds:.1f} s after line {moment.lines}"
        time.sleep(POLL_SECONDS)
    return ""


def _lines(output: Path) -> int:
    return output.read_bytes().count(b"\n")


def _ended(demo: subprocess.Popen[bytes]) -> int:
    try:
        return demo.wait(RUN_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        demo.terminate()
        return demo.wait(RUN_SECONDS_MAX)


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "services.cli", "demo", "--data", str(folder)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--victim", choices=VICTIMS, help="always this one, instead of a random one")
    parser.add_argument("--data", type=Path, default=Path("var/kill-demo"))
    wanted = parser.parse_args()
    chance, bad = random.Random(wanted.seed), 0  # noqa: S311 - to be repeated, not to be secret
    print(f"seed {wanted.seed}")
    for number in range(1, wanted.rounds + 1):
        victim = wanted.victim or chance.choice(VICTIMS)
        moment = Moment.by(chance, victim)
        folder = wanted.data.absolute() / f"{wanted.seed}-{number}"
        result = kill_round(folder, victim, moment)
        bad += not result.good
        killed = result.killed or f"{victim} was never there to be killed after line {moment.lines}"
        print(f"round {number}: {killed}; exits {list(result.exits)}; {'same' if result.good else 'NOT THE SAME'}")
        print(f"  tables {' '.join(found[:16] for found in result.hashes) or 'none'}", flush=True)
        if result.left:
            print(f"  still there: {', '.join(result.left)}", flush=True)
        if result.good:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"  kept for a look: {folder} and {folder.with_suffix('.out')}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
