"""``make simulate``: worlds from one seed on until the steps are used up; ends with 1 and a trace at a violation."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from time import monotonic, process_time

from tests.simulation.faults import FAULTS
from tests.simulation.keeper import Keeper
from tests.simulation.run import Outcome, run_world

HASHES = "PYTHONHASHSEED"
SHOWN = 60
TRACES = Path("var/simulation")


def main() -> int:
    """Run what the command line asks for."""
    arguments = parser().parse_args()
    if os.environ.get(HASHES) != "0":
        # The order of sets is chance that no seed of ours decides.
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], os.environ | {HASHES: "0"})
    together, began, on_cpu = Outcome(seed=arguments.seed), monotonic(), process_time()
    worlds = 0
    while not together.violation and (
        worlds < arguments.seeds if arguments.seeds else together.steps < arguments.steps
    ):
        fault, keeps = FAULTS.get(arguments.fault), Keeper if arguments.retention else None
        outcome = run_world(arguments.seed + worlds, arguments.world, fault, keeps=keeps)
        worlds += 1
        add(together, outcome)
        if arguments.verbose:
            say(f"seed {outcome.seed}: {outcome.steps} steps, {outcome.counts}")
    seconds, busy = monotonic() - began, process_time() - on_cpu
    report(together, worlds, seconds, busy)
    if together.violation:
        show(together, arguments.seed + worlds - 1, arguments.world)
    return int(bool(together.violation))


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser("make simulate", description=__doc__)
    line.add_argument("--seed", type=int, default=1, help="seed of the first world")
    line.add_argument("--steps", type=int, default=2_000_000, help="run worlds until so many steps were made")
    line.add_argument("--seeds", type=int, default=0, help="run so many worlds instead")
    line.add_argument("--world", type=int, default=20_000, help="steps of chaos in one world")
    line.add_argument("--fault", default="", choices=["", *FAULTS], help="plant a fault, to see that it is found")
    line.add_argument("--retention", action="store_true", help="retention's own code proposes, in place of chaos")
    line.add_argument("--verbose", action="store_true", help="a line for each world")
    return line


def add(together: Outcome, outcome: Outcome) -> None:
    """Add one world's figures to those of all."""
    together.steps += outcome.steps
    together.crashes += outcome.crashes
    together.counts += outcome.counts
    together.violation, together.trace = outcome.violation, outcome.trace


def report(outcome: Outcome, worlds: int, seconds: float, busy: float) -> None:
    """Print the figures."""
    counts = outcome.counts
    say(f"seeds {outcome.seed} to {outcome.seed + worlds - 1}: {outcome.steps:,} steps in {seconds:.0f} s")
    say(f"{outcome.steps / busy:,.0f} steps a second of one core, {outcome.steps / seconds:,.0f} by the clock")
    say(
        f"{outcome.crashes:,} crashes, {counts.restores:,} restores, {counts.parked:,} unreadable records, "
        f"{counts.recorded:,} segments, {counts.commands:,} commands, {counts.holds:,} holds, "
        f"{counts.marks:,} marks, {counts.receipts:,} receipts, {int(bool(outcome.violation))} violations"
    )
    outcomes = ", ".join(f"{number:,} {name}" for name, number in sorted(counts.outcomes.items()))
    say(f"segments that were proposed: {outcomes}")


def show(outcome: Outcome, seed: int, world: int) -> None:
    """Print what was violated and the last events before it."""
    TRACES.mkdir(parents=True, exist_ok=True)
    kept = TRACES / f"seed-{seed}.txt"
    kept.write_text("\n".join([*outcome.trace, outcome.violation, ""]), "utf-8")
    say(f"VIOLATION with seed {seed} after {outcome.steps:,} steps in all: {outcome.violation}")
    for line in outcome.trace[-SHOWN:]:
        say(line)
    say(f"more of the trace: {kept}; again: make simulate SEED={seed} SEEDS=1 WORLD={world}")


def say(line: str) -> None:
    """Print one line now."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
