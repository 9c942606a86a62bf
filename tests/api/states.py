"""The table of docs/callers-by-state.yaml: who may do what to a request, copy, viewing ... in each state of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.api.callers import Matrix

FILE: Final = Path(__file__).parents[2] / "docs" / "callers-by-state.yaml"
EVERY, OFFICES, ASKERS = "every", "Offices", "Askers"
# Whoever they are: nobody without a token, and nobody with one that nobody gave him.
STRANGERS: Final = ("nobody", "forged")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One call; ``may`` names by state who is let in, ``lets_in`` what lets nobody through but isn't about persons."""

    name: str
    method: str
    path: str
    body: Any
    query: Mapping[str, str]
    lets_in: frozenset[str]
    may: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One person, act and state; ``let_in`` is what the table says of them."""

    kind: str
    state: str
    act: Act
    person: str
    let_in: bool

    @property
    def name(self) -> str:
        return f"{self.kind} {self.state}: {self.act.name} as {self.person}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What can be in states: its acts, and everybody who is asked."""

    name: str
    states: Mapping[str, Any]
    acts: tuple[Act, ...]
    people: tuple[str, ...]

    def cells(self, state: str) -> list[Cell]:
        """Return every act of every person in one state."""
        return [
            Cell(kind=self.name, state=state, act=act, person=person, let_in=person in act.may.get(state, ()))
            for act in self.acts
            for person in self.people
        ]


def read(matrix: Matrix) -> dict[str, Kind]:
    """Return the table; a state, role or group that nobody knows is an error here."""
    told: Json = yaml.safe_load(FILE.read_text("utf-8"))
    offices = frozenset(matrix.roles) - matrix.groups[ASKERS]
    groups = {**matrix.groups, OFFICES: offices}
    return {name: _kind(name, each, groups, matrix.roles) for name, each in told.items() if name != "format"}


def _kind(name: str, told: Json, groups: Mapping[str, frozenset[str]], roles: tuple[str, ...]) -> Kind:
    people = (*roles, *told["people"], *STRANGERS)
    known = dict(groups)
    for group, members in told.get("groups", {}).items():
        known[group] = frozenset(_people(members, known, people))
    sets = {EVERY: frozenset(told["states"])}
    for wider, members in told.get("sets", {}).items():
        sets[wider] = frozenset(_states(members, sets))
    acts = (_act(act, each, sets, known, people) for act, each in told["acts"].items())
    return Kind(name=name, states=told["states"], acts=tuple(acts), people=people)


def _act(
    name: str,
    told: Json,
    sets: Mapping[str, frozenset[str]],
    groups: Mapping[str, frozenset[str]],
    people: tuple[str, ...],
) -> Act:
    method, _, path = told["call"].partition(" ")
    may: dict[str, set[str]] = {}
    for states, who in told.get("may", {}).items():
        for state in _states([states], sets):
            may.setdefault(state, set()).update(_people(who, groups, people))
    return Act(
        name=name,
        method=method,
        path=path,
        body=told.get("with"),
        query=told.get("ask", {}),
        lets_in=frozenset(told.get("lets_in", ())),
        may={state: frozenset(who) for state, who in may.items()},
    )


def _states(named: list[str], sets: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for each in named:
        assert each in sets or each in sets[EVERY], f"{each} is no state and no set of states"
        yield from sets.get(each, {each})


def _people(named: list[str], groups: Mapping[str, frozenset[str]], people: tuple[str, ...]) -> Iterator[str]:
    for each in named:
        assert each in groups or each in people, f"{each} is neither a group nor a person"
        yield from groups.get(each, {each})
