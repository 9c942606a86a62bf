"""Millions of states in little memory: each distinct part is kept once, and a state is the numbers of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from tests.simulation.explorer.state import State

# Equal parts of different fields share a number: nobody can tell them apart.
NUMBERS = Struct(f"{len(State._fields)}I")


class Packed:
    """Different states by number, in the order in which they were added."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._states: list[bytes] = []
        self._parts: list[object] = []
        self._of_part: dict[object, int] = {}

    def __len__(self) -> int:
        return len(self._states)

    def __iter__(self) -> Iterator[State]:
        return map(self._unpacked, self._states)

    def __getitem__(self, number: int) -> State:
        return self._unpacked(self._states[number])

    def add(self, state: State) -> int:
        """Return the number of a state; a new one gets the next."""
        packed = NUMBERS.pack(*map(self._part, state))
        number = self._numbers.setdefault(packed, len(self._states))
        if number == len(self._states):
            self._states.append(packed)
        return number

    def _part(self, part: object) -> int:
        number = self._of_part.setdefault(part, len(self._parts))
        if number == len(self._parts):
            self._parts.append(part)
        return number

    def _unpacked(self, packed: bytes) -> State:
        return State(*[self._parts[number] for number in NUMBERS.unpack(packed)])
