"""``python -m tests.mutants [--only NAME...] [--stale] [--pairs listed|all|none] [--report]``: plant faults, ask tests.

Ends with 1 if a fault survives that nothing masks, if a listed pair survives, or if a test fails without any fault.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

from tests.mutants import report, seen
from tests.mutants.faults import Planted, all_pairs, faults_of, listed_pairs, mutants, singles
from tests.mutants.report import Result, say
from tests.mutants.tree import Tree
from tests.mutants.trial import Trial, Verdict, load_libraries, until_one_ended

HASHES = "PYTHONHASHSEED"
STACK = ("CAMLEDGER_TEST_KAFKA", "CAMLEDGER_TEST_DATABASE")


def main() -> int:
    """Run what the command line asks for."""
    asked = parser().parse_args()
    if os.environ.get(HASHES) != "0":
        # The simulator's worlds depend on it, and forked processes can't choose it any more.
        os.execve(sys.executable, [sys.executable, "-m", "tests.mutants", *sys.argv[1:]], os.environ | {HASHES: "0"})
    if wrong := [fault for mutant in mutants().values() for fault in faults_of(mutant)]:
        say("\n".join(wrong))
        return 2
    chosen, began = list(_chosen(asked)), monotonic()
    load_libraries()
    with _stack(chosen), tempfile.TemporaryDirectory(prefix="camledger-mutants-") as folder:
        trees = [Tree(_made(Path(folder) / str(number))) for number in range(asked.jobs)]
        honest = [Planted(mutants=(), breaks="", killed_by=part) for part in _parts(chosen, asked.jobs)]
        if failed := [each for each in _run(honest, trees) if each.ended.verdict is not Verdict.SURVIVED]:
            say("a test fails without any fault:\n" + "\n".join(each.ended.told[-4000:] for each in failed))
            return 2
        results = [*_told(_run(chosen, trees), keep=asked.report)]
    say(report.figures(results, monotonic() - began))
    if asked.report:
        report.write(seen.read())
    return int(not all(result.is_fine for result in results))


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser("make mutants", description=__doc__)
    line.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these faults, and pairs of them alone")
    line.add_argument("--pairs", choices=["listed", "all", "none"], default="listed", help="which pairs, too")
    line.add_argument("--jobs", type=int, default=2, help="trials at once")
    line.add_argument(
        "--stale", action="store_true", help="only what wasn't seen since its source or its tests changed"
    )
    line.add_argument(
        "--report", action="store_true", help="keep what was seen, and write docs/mutants.md from all of it"
    )
    return line


def _chosen(asked: argparse.Namespace) -> Iterator[Planted]:
    pairs = {"listed": listed_pairs, "all": all_pairs, "none": list}[asked.pairs]()
    known = seen.read()
    for planted in (*singles(), *pairs):
        named = not asked.only or {each.name for each in planted.mutants} <= set(asked.only)
        if named and not (asked.stale and seen.stands(planted, known)):
            yield planted


def _parts(chosen: Sequence[Planted], jobs: int) -> list[tuple[str, ...]]:
    """Share all the named tests out, so that each is seen to pass on the honest copy."""
    every = list(dict.fromkeys(killer for planted in chosen for killer in planted.killed_by))
    return [part for at in range(jobs) if (part := tuple(sorted(every)[at::jobs]))]


def _run(chosen: Iterable[Planted], trees: Sequence[Tree]) -> Iterator[Result]:
    """Keep one trial going in each tree."""
    waiting, free = iter(chosen), list(trees)
    running: list[tuple[Planted, Tree, Trial, ExitStack, str]] = []
    while True:
        while free and (planted := next(waiting, None)) is not None:
            tree = free.pop()
            planting, digest = ExitStack(), seen.digest(planted, tree.folder)
            planting.enter_context(tree.planted(planted.mutants))
            trial = Trial(tree.folder, planted.killed_by, tree.folder / "told.txt")
            running.append((planted, tree, trial, planting, digest))
        if not running:
            return
        until_one_ended([trial for _, _, trial, _, _ in running])
        for each in list(running):
            planted, tree, trial, planting, digest = each
            if (ended := trial.ended()) is not None:
                planting.close()
                running.remove(each)
                free.append(tree)
                yield Result(planted=planted, ended=ended, digest=digest)


def _told(results: Iterable[Result], *, keep: bool) -> Iterator[Result]:
    for result in results:
        say(report.line(result))
        if keep:
            seen.keep([result.sighting()])
        if result.ended.verdict is Verdict.BROKEN:
            say(result.ended.told[-2000:])
        yield result


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@contextmanager
def _stack(chosen: Sequence[Planted]) -> Iterator[None]:
    """Start one broker and one database for all trials that ask for them, unless they are named already."""
    needed = any("tests/integration" in killer or "tests/contract" in killer for p in chosen for killer in p.killed_by)
    if not needed or all(os.environ.get(name) for name in STACK):
        yield
        return
    from services.runtime.embedded import Stack

    with tempfile.TemporaryDirectory(prefix="camledger-mutants-") as folder, Stack(Path(folder)) as stack:
        os.environ |= dict(zip(STACK, (stack.bootstrap_servers, stack.dsn), strict=True))
        yield


if __name__ == "__main__":
    sys.exit(main())
