"""``python -m tests.simulation.races [--races 20000] [--seed N] [--without-gate]``; ``make races`` runs both.

Two processes, one barrier, one hold and one cleared deletion for the same segment at a time. After each course the
answers are held against the marks: what a hold was told to be secured may never have been marked.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

import asyncpg

from services.ingest.wiring import SERVICE
from services.kernel.batches import keys
from services.kernel.events import DestructionStarted, HoldApplied
from services.runtime import database
from services.runtime.codec import Codec
from services.runtime.embedded import Stack
from services.runtime.migrate import migrate
from services.runtime.registry import open_registry
from services.runtime.settings import Settings
from tests.mutants.faults import mutants
from tests.mutants.tree import Tree
from tests.simulation.races.course import Course
from tests.simulation.races.side import PATIENCE_S, marker, reader

A_COURSE = 250
GATE_LINE = "mark-without-the-gate"


def main() -> int:
    """Return 0 if no hold was broken; with ``--without-gate`` 0 if some were, for then this check can fail."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.races", description=__doc__)
    parser.add_argument("--races", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--without-gate", action="store_true", help="run a copy of the sources without C3's gate")
    asked = parser.parse_args()
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    if asked.without_gate:
        return _without_gate(asked.races, seed)
    with tempfile.TemporaryDirectory(prefix="camledger-races-") as folder:
        found = _with_database(Path(folder), asked.races, seed)
    return 1 if found["broken"] else 0


def _with_database(folder: Path, races: int, seed: int) -> Counter[str]:
    if address := os.environ.get("CAMLEDGER_TEST_DATABASE"):
        return run(address, folder, races, seed)
    with Stack(folder / "stack") as stack:
        return run(stack.dsn, folder, races, seed)


def run(address: str, home: Path, races: int, seed: int) -> Counter[str]:
    """Run all races on a database of their own and print what came of them."""
    settings = Settings(service=SERVICE, kafka="", database=address, database_prefix=f"races_{secrets.token_hex(4)}_")
    migrate(settings, SERVICE)
    context = multiprocessing.get_context("spawn")
    courses = [
        Course(number=number, races=min(A_COURSE, races - at), begins=datetime.now(UTC))
        for number, at in enumerate(range(0, races, A_COURSE))
    ]
    barrier = context.Barrier(3)
    given = (settings, home, courses, seed, barrier)
    processes = [context.Process(target=side, args=given, daemon=True) for side in (reader, marker)]
    for process in processes:
        process.start()
    began, found = time.monotonic(), Counter[str]()
    for course in courses:
        _let_run(course, barrier)
        found += asyncio.run(_outcome(settings, course))
        barrier.wait(PATIENCE_S)
        _say(f"\r{_told(found, began)}")
    for process in processes:
        process.join(PATIENCE_S)
    _drop(settings)
    _say(f"\r{_told(found, began)}\nseed {seed}, load {os.getloadavg()[0]:.2f}; by the rule of three {_bound(found)}\n")
    return found


def _let_run(course: Course, barrier: Barrier) -> None:
    for _ in range(course.races + 2):
        barrier.wait(PATIENCE_S)


async def _outcome(settings: Settings, course: Course) -> Counter[str]:
    """Hold every answer against the mark: told secured and marked, or told destroying and not marked, is broken."""
    codec = Codec(open_registry(settings))
    connection = await asyncpg.connect(database.dsn(settings, SERVICE))
    try:
        said = [codec.decode(row["value"]).event for row in await connection.fetch("SELECT value FROM outbox")]
    finally:
        await connection.close()
    marked = {event.camera_id: event.mark_seq for event in said if isinstance(event, DestructionStarted)}
    answers = {event.hold_id: event for event in said if isinstance(event, HoldApplied)}
    return Counter(_one(course, race, answers[course.hold_id(race)], marked) for race in range(course.races))


def _one(course: Course, race: int, answer: HoldApplied, marked: dict[str, int]) -> str:
    key = course.key(race)
    told_secured = any(span.camera_id == key.camera_id and span.segments == 1 for span in answer.secured)
    told_destroying = key in set(keys(answer.destroying))
    if key.camera_id not in marked:
        return "hold first" if told_secured and not told_destroying else "broken"
    before = marked[key.camera_id] < answer.seq
    return "mark first" if told_destroying and before and not told_secured else "broken"


def _told(found: Counter[str], began: float) -> str:
    races = found.total()
    return (
        f"{races} races: hold first {found['hold first']}, mark first {found['mark first']}, "
        f"broken {found['broken']}; {races / (time.monotonic() - began):.0f} races/s"
    )


def _bound(found: Counter[str]) -> str:
    if found["broken"]:
        return "nothing follows: a promise was broken"
    return f"fewer than {3 / found.total():.1e} of such races break a promise (95 %)"


def _drop(settings: Settings) -> None:
    async def drop() -> None:
        connection = await asyncpg.connect(settings.database)
        try:
            await connection.execute(f'DROP DATABASE "{database.database_name(settings, SERVICE)}" WITH (FORCE)')
        finally:
            await connection.close()

    asyncio.run(drop())


def _without_gate(races: int, seed: int) -> int:
    """Run the same in a copy whose C3 lacks its first line; 0 if that breaks promises."""
    with tempfile.TemporaryDirectory(prefix="camledger-races-") as folder:
        tree, command = Tree(Path(folder)), [sys.executable, "-m", "tests.simulation.races"]
        command += ["--races", str(races), "--seed", str(seed)]
        _say("the same code without C3's gate line:\n")
        with tree.planted([mutants()[GATE_LINE]]):
            code = subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": folder}, check=False).returncode
    _say("the races see it\n" if code == 1 else f"ended with {code}: the races are blind\n")
    return 0 if code == 1 else 1


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
