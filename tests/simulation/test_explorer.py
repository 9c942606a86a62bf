"""Every interleaving of a few small worlds, asked of the shipped kernel; and guards that must be missed when they go.

All worlds and all guards: ``make explore WORLDS=all`` and ``make explore GUARDS=1``.
"""

from __future__ import annotations

import pytest

from services.runtime.settings import REPOSITORY
from tests.simulation.explorer import words
from tests.simulation.explorer.guards import GUARDS, without
from tests.simulation.explorer.reductions import compare
from tests.simulation.explorer.search import explore
from tests.simulation.explorer.worlds import WORLDS

PAGE = (REPOSITORY / "docs" / "exploration.md").read_text("utf-8")
QUICK = [
    ("clear", "S2", 4, "I1a"),
    ("order", "S2", 7, "I1a"),
    ("published", "S9", 7, "I1a"),
    ("holds", "S2", 8, "I1:"),
    ("lock", "S2", 9, "I1:"),
    ("markfirst", "S2", 5, "B:"),
    ("cas", "S2", 8, "R:"),
    ("onepart", "S2", 7, "I1a"),
    ("park", "S6", 8, "I1a"),
    ("unknown", "S7", 8, "I1:"),
    ("min", "S1", 5, "I2"),
    ("eff", "L11", 4, "P:"),
]


@pytest.mark.parametrize("name", [name for name in WORLDS if name.startswith("S")])
def test_no_interleaving_of_a_small_world_breaks_a_promise(name: str) -> None:
    verdict = explore(WORLDS[name])
    assert not verdict.fault, words.told(verdict)
    assert f"| {name} {WORLDS[name].title} | {verdict.states:,} | {verdict.depth} |" in PAGE


def test_every_state_of_a_live_world_can_still_reach_its_goal() -> None:
    verdict = explore(WORLDS["L1"])
    assert not verdict.fault, words.told(verdict)


@pytest.mark.parametrize(("guard", "world", "steps", "promise"), QUICK)
def test_a_guard_that_is_switched_off_is_missed(guard: str, world: str, steps: int, promise: str) -> None:
    verdict = without(guard, world)
    assert verdict.fault.startswith(promise)
    assert len(verdict.trace) == steps, words.told(verdict)


def test_a_goal_out_of_reach_is_found_without_the_scope_on_the_envelope() -> None:
    assert without("scope", "L10").fault.startswith("LIVENESS")


@pytest.mark.parametrize(("world", "guard"), [("S11", ""), ("S11", "clear"), ("S11", "window"), ("S1", "min")])
def test_what_is_merged_hides_no_broken_promise(world: str, guard: str) -> None:
    assert compare(WORLDS[world], guard).same


def test_a_broken_promise_is_told_step_by_step() -> None:
    told = words.told(without("clear", "S2")).splitlines()
    assert "I1a" in told[0]
    assert told[1:] == [
        "   1 a person asks for protection 0; access writes it down",
        "   2 the broker acknowledges protection 0 placed",
        "   3 retention commands segment 0",
        "   4 custody marks batch 0, the point of no return",
    ]


def test_the_page_on_exploration_names_every_world_and_every_guard() -> None:
    page = (REPOSITORY / "docs" / "exploration.md").read_text(encoding="utf-8")
    missing = [world.name for world in WORLDS.values() if f"| {world.name} {world.title} |" not in page]
    missing += [guard.name for guard in GUARDS.values() if f"| {guard.name} | {guard.says} |" not in page]
    assert not missing
