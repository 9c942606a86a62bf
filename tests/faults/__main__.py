"""Breaks a whole installation for some minutes while people use it, and counts what must be zero.

``python -m tests.faults --seed 7 --minutes 3``; ``--again FOLDER`` judges a kept run once more, ``--sabotage NAME``
with one lie told to the checker, which must notice. Exits 1 if any count isn't zero.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.breaking import Breaking
from tests.faults.check import Count, check
from tests.faults.city import City
from tests.faults.evidence import collect, load
from tests.faults.lies import LIES
from tests.faults.notes import Notes, read
from tests.faults.people import Clerk, Town
from tests.faults.plan import Kind, plan
from tests.faults.report import show

CLERKS = 4
WARM_S = 4.0
FAIR_S = 150.0
AGAIN_S = 5.0
MINUTE = 60.0
OK, FOUND = 0, 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    seed: int
    seconds: float
    into: Path


def run(wanted: Wanted) -> list[Count]:
    """Build the city, break it, wait a fair time, judge; the evidence stays in the folder."""
    shutil.rmtree(wanted.into, ignore_errors=True)
    wanted.into.mkdir(parents=True)
    faults_seen = Notes(wanted.into / "faults.jsonl")
    people_said = Notes(wanted.into / "people.jsonl")
    with tempfile.TemporaryDirectory(prefix="clf-") as folder, City(Path(folder), _say) as city:
        try:
            return _broken(wanted, city, faults_seen, people_said)
        finally:
            shutil.copytree(city.home.logs, wanted.into / "logs", dirs_exist_ok=True)


def _broken(wanted: Wanted, city: City, faults_seen: Notes, people_said: Notes) -> list[Count]:
    without = frozenset(kind for kind, there in ((Kind.CLOCK, city.clock), (Kind.DISK, city.disk)) if not there)
    for kind in without:
        _say(f"SKIPPED: {kind} ({WHY[kind]})")
    town = Town(city.home.root, _clip(city), datetime.now(UTC).replace(microsecond=0), people_said)
    town.found()
    clerks = [Clerk(town, number, wanted.seed) for number in range(1, CLERKS + 1)]
    for clerk in clerks:
        clerk.start()
    time.sleep(WARM_S)
    faults = plan(wanted.seed, wanted.seconds, without=without)
    _say(f"seed {wanted.seed}: {len(faults)} faults in {wanted.seconds:.0f} s")
    breaking = Breaking(city, faults_seen)
    began = time.monotonic()
    breaking.run(faults, wanted.seconds)
    lasted = time.monotonic() - began
    for clerk in clerks:
        clerk.stop()
    _say("no more faults; a fair time follows")
    about = _about(wanted, city, breaking, lasted) | {"skipped": sorted(without)}
    counts = _judged_in_fair_time(wanted, city, clerks, about)
    town.deadline.set()
    return counts


WHY = {Kind.CLOCK: "libfaketime isn't installed", Kind.DISK: "this machine doesn't let us mount a small volume"}


def _judged_in_fair_time(wanted: Wanted, city: City, clerks: list[Clerk], about: dict[str, Any]) -> list[Count]:
    """Judge again and again until nothing is found or the fair time is over: what is late may still come, no more."""
    until = time.monotonic() + FAIR_S
    while True:
        city.tend()
        waiting = [clerk for clerk in clerks if not clerk.wait(0.1)]
        over = time.monotonic() > until
        if not waiting or over:
            collect(city.cluster.direct, city.store, wanted.into)
            seconds = FAIR_S - (until - time.monotonic())
            told = about | {"ended": datetime.now(UTC).isoformat(), "fair_s": round(seconds), "waiting": len(waiting)}
            (wanted.into / "about.json").write_text(json.dumps(told, indent=1))
            counts = check(load(wanted.into))
            if over or not any(count.found for count in counts):
                return counts
        time.sleep(AGAIN_S)


def _about(wanted: Wanted, city: City, breaking: Breaking, lasted: float) -> dict[str, Any]:
    noted = read(wanted.into / "faults.jsonl")
    return {
        "seed": wanted.seed,
        "seconds": round(lasted),
        "faults": dict(breaking.done),
        "restarts": city.restarts,
        "clock_moved": [note for note in noted if note.get("kind") == Kind.CLOCK],
        "leaders_moved": breaking.moves,
        "load": [round(one, 1) for one in os.getloadavg()],
    }


def _clip(city: City) -> Path:
    """Draw a second of footage that is small enough to be taken in thousands of times."""
    from tests.fakes.footage import old_camera

    return old_camera(city.home.incoming / "clip.avi", seconds=1.0)


def _say(text: str) -> None:
    sys.stdout.write(f"{datetime.now(UTC):%H:%M:%S} {text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run once or judge again; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--minutes", type=float, default=3.0, help="how long faults come")
    parser.add_argument("--data", type=Path, default=Path("var/faults"), help="where the evidence is kept")
    parser.add_argument("--again", type=Path, help="judge the evidence in this folder, without a run")
    parser.add_argument("--sabotage", choices=LIES, help="tell the checker this lie about the evidence: it must notice")
    chosen = parser.parse_args()
    into = chosen.again or chosen.data.absolute() / str(chosen.seed)
    if not chosen.again:
        run(Wanted(chosen.seed, chosen.minutes * MINUTE, into))
    evidence = load(into)
    if chosen.sabotage:
        LIES[chosen.sabotage][1](evidence)
    counts = check(evidence)
    show(evidence, counts, into)
    return FOUND if any(count.found for count in counts) else OK


if __name__ == "__main__":
    sys.exit(main())
