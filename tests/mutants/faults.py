"""The list of faults in ``faults/*.yaml``: what each changes, what that breaks, and which tests must notice it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "faults"
PAIRS = "pairs.yaml"
SIMULATE, EXPLORE = "simulate", "explore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault. ``masked_by`` names the fault whose absence hides it: a second layer does the same work."""

    name: str
    path: str
    old: str
    new: str
    breaks: str
    invariant: str
    killed_by: tuple[str, ...]
    guard: str = ""  # its name in the deletion protocol, section 10
    masked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """What one run plants together: a single fault, or two that mask each other."""

    mutants: tuple[Mutant, ...]
    breaks: str
    killed_by: tuple[str, ...]

    @property
    def name(self) -> str:
        return " + ".join(mutant.name for mutant in self.mutants)

    @property
    def may_survive(self) -> bool:
        """A single fault that a second layer masks; the pair must be noticed."""
        return len(self.mutants) == 1 and bool(self.mutants[0].masked_by)


@cache
def mutants() -> Mapping[str, Mutant]:
    """Return all faults by name, in the order of the files."""
    found = [_mutant(entry) for path in sorted(FOLDER.glob("*.yaml")) if path.name != PAIRS for entry in _read(path)]
    names = [each.name for each in found]
    assert len(names) == len(set(names)), "two faults have one name"
    return {each.name: each for each in found}


def singles() -> list[Planted]:
    """Return each fault alone."""
    return [Planted(mutants=(each,), breaks=each.breaks, killed_by=each.killed_by) for each in mutants().values()]


def listed_pairs() -> list[Planted]:
    """Return the pairs of ``pairs.yaml``: what masks what, and what together is worse."""
    return [
        Planted(mutants=(one, other), breaks=entry["breaks"], killed_by=tuple(entry["killed_by"]))
        for entry in _read(FOLDER / PAIRS)
        for one, other in [[mutants()[name] for name in entry["of"]]]
    ]


def all_pairs() -> list[Planted]:
    """Return every pair of the protocol's guards; either one's tests must notice the two together."""
    guards = [each for each in mutants().values() if each.guard]
    return [
        Planted(mutants=(one, other), breaks=f"{one.guard} and {other.guard}", killed_by=_either(one, other))
        for at, one in enumerate(guards)
        for other in guards[at + 1 :]
        if not _overlap(one, other)
    ]


def faults_of(mutant: Mutant) -> Iterator[str]:
    """Yield why an entry says nothing: text that isn't there once, a change that is none, tests that don't exist."""
    path = REPOSITORY / mutant.path
    found = path.read_text("utf-8").count(mutant.old) if path.is_file() else 0
    if found != 1:
        yield f"{mutant.name}: its old text stands {found} times in {mutant.path}"
    if mutant.old == mutant.new or not mutant.killed_by:
        yield f"{mutant.name}: it changes nothing, or no test is named"
    if mutant.masked_by and not any(_is_pair(pair, mutant) for pair in listed_pairs()):
        yield f"{mutant.name}: no listed pair unmasks it together with {mutant.masked_by}"
    yield from (f"{mutant.name}: there is no {killer}" for killer in mutant.killed_by if not exists(killer))


def exists(killer: str) -> bool:
    """Tell whether a named test is there: a function of a test file, or a dose of the simulator or the explorer."""
    if not killer.startswith("tests/"):
        return killer.partition(":")[0] in {SIMULATE, EXPLORE}
    path, _, name = killer.partition("::")
    if not name:
        return (REPOSITORY / path).exists()
    return name.partition("[")[0] in _functions(REPOSITORY / path)


@cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8")) if path.is_file() else ast.Module(body=[], type_ignores=[])
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def _is_pair(pair: Planted, mutant: Mutant) -> bool:
    return {each.name for each in pair.mutants} == {mutant.name, mutant.masked_by}


def _either(one: Mutant, other: Mutant) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one.killed_by, *other.killed_by)))


def _overlap(one: Mutant, other: Mutant) -> bool:
    return one.path == other.path and (one.old in other.old or other.old in one.old)


def _mutant(entry: Mapping[str, Any]) -> Mutant:
    return Mutant(**{**entry, "killed_by": tuple(entry["killed_by"])})


def _read(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return found
