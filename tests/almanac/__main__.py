"""``python -m tests.almanac [--part N/M] [--processes P] [--zone NAME]``: every change of every clock, 1990 to 2060.

Ends with 1 if a recording would go before its minimum or be planned after its maximum; the first breaches are printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from multiprocessing import get_context
from random import Random

from tests.almanac.days import PERIODS
from tests.almanac.whole import Zone, whole
from tests.almanac.zones import SINCE, UNTIL, apart, names

SHOWN = 20


def main() -> int:
    """Run the part that was asked for and print the figures."""
    asked = _arguments()
    part, parts = map(int, asked.part.split("/"))
    clocks = [asked.zone] if asked.zone else _shuffled(apart(names()))[part - 1 :: parts]
    began, done = time.monotonic(), list[Zone]()
    with get_context("spawn").Pool(asked.processes, maxtasksperchild=8) as pool:
        for zone in pool.imap_unordered(whole, clocks):
            done.append(zone)
            _say(f"{len(done)}/{len(clocks)} {zone.name}: {zone.changes} changes, {len(zone.breaches)} breaches")
    breaches = [said for zone in done for said in zone.breaches]
    for said in breaches[:SHOWN]:
        _say(said)
    _say(
        f"{len(names())} names, {len(clocks)} different clocks in part {asked.part}, "
        f"{sum(zone.changes for zone in done):,} changes from {SINCE:%Y} to {UNTIL:%Y}, periods {', '.join(PERIODS)}: "
        f"{len(breaches)} breaches in {time.monotonic() - began:.0f} s by {asked.processes} processes"
    )
    return 1 if breaches else 0


def _shuffled(clocks: list[str]) -> list[str]:
    # Parts of equal work: neighbours in the alphabet share their habits.
    Random(0).shuffle(clocks)
    return clocks


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", default="1/1", help="N/M: the Nth of M equal parts")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--zone", default="", help="only this zone")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
