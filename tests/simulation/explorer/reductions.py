"""What the explorer merges to see fewer states, taken apart again: the verdicts must be the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.simulation.explorer.guards import GUARDS
from tests.simulation.explorer.search import Verdict, explore
from tests.simulation.explorer.world import World
from tests.simulation.explorer.worlds import WORLDS

COMPARED = ("S1", "S7", "S11", "L5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One world with a guard switched off (or none), reduced and not."""

    guard: str
    reduced: Verdict
    whole: Verdict

    @property
    def same(self) -> bool:
        """Whether both break or both hold. Hearing an answer is a step of its own in the whole; no way is shorter."""
        alike = bool(self.reduced.fault) == bool(self.whole.fault)
        return alike and len(self.reduced.trace) <= len(self.whole.trace)


def compare(world: World, guard: str = "") -> Comparison:
    """Explore a world reduced and whole."""
    off = frozenset({guard} - {""})
    return Comparison(guard=guard, reduced=explore(world, off), whole=explore(replace(world, reduced=False), off))


def comparisons() -> Iterator[Comparison]:
    """Compare a few worlds with all guards standing, and with each one switched off."""
    for name in COMPARED:
        for guard in ("", *GUARDS):
            yield compare(WORLDS[name], guard)
