"""``python -m tests.simulation.explorer [all | guards | guards-all | reductions | WORLD...]``: print a table.

Ends with 1 if a promise is broken in a world, nobody misses a guard, or a reduction changes a verdict.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.simulation.explorer import words
from tests.simulation.explorer.guards import GUARDS, Missed, missed, missed_everywhere
from tests.simulation.explorer.reductions import comparisons
from tests.simulation.explorer.search import Verdict, explore
from tests.simulation.explorer.world import World
from tests.simulation.explorer.worlds import LARGE, LIVE, SAFETY, WORLDS


def main(asked: Sequence[str]) -> int:
    """Explore what was asked for, by default the S worlds."""
    if {"guards", "guards-all"} & set(asked):
        return _guards(everywhere="guards-all" in asked)
    return _reductions() if "reductions" in asked else _worlds(_chosen(asked))


def _worlds(worlds: Sequence[World]) -> int:
    broken: list[Verdict] = []
    _say(f"{'world':30} {'states':>10} {'depth':>5} {'s':>7}  verdict")
    for world in worlds:
        verdict = explore(world)
        _say(_line(verdict))
        broken += [verdict] if verdict.fault else []
    for verdict in broken:
        _say(f"\n{words.told(verdict)}")
    return 1 if broken else 0


def _guards(*, everywhere: bool) -> int:
    found: list[Missed] = []
    _say(f"{'guard':10} {'steps':>5} {'world':5} {'killed in':>9}  {'document':>16}  what breaks")
    for name in GUARDS:
        each = missed_everywhere(name) if everywhere else missed(name)
        _say(_guard_line(each))
        found.append(each)
    for each in found:
        if each.shortest is not None:
            _say(f"\nwithout {each.guard.name} ({each.guard.says}): {words.told(each.shortest)}")
    return 1 if any(each.shortest is None for each in found) else 0


def _reductions() -> int:
    found = list(comparisons())
    differ = [each for each in found if not each.same]
    for each in differ:
        _say(f"{each.reduced.world.name} without {each.guard or 'nothing'}: {each.reduced.fault} / {each.whole.fault}")
    states = [sum(getattr(each, side).states for each in found) for side in ("reduced", "whole")]
    _say(f"{len(found)} comparisons, {states[0]:,} states reduced and {states[1]:,} whole, {len(differ)} differences")
    return 1 if differ else 0


def _chosen(asked: Sequence[str]) -> Sequence[World]:
    if not asked:
        return SAFETY
    return (*SAFETY, *LIVE, *LARGE) if "all" in asked else [WORLDS[name] for name in asked]


def _line(verdict: Verdict) -> str:
    name = f"{verdict.world.name} {verdict.world.title}"
    return f"{name:30} {verdict.states:10,} {verdict.depth:5} {verdict.seconds:7.1f}  {verdict.fault or 'holds'}"


def _guard_line(each: Missed) -> str:
    document = f"{each.guard.steps} {each.guard.world} {each.guard.worlds}"
    if each.shortest is None:
        return f"{each.guard.name:10} {'-':>5} {'-':5} {0:9}  {document:>16}  SURVIVES"
    steps, world = len(each.shortest.trace), each.shortest.world.name
    return f"{each.guard.name:10} {steps:5} {world:5} {len(each.worlds):9}  {document:>16}  {each.shortest.fault}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
