"""Breadth first through every interleaving: the first broken promise has the shortest trace."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.explorer import access, custody, people, promises, retention
from tests.simulation.explorer.kernel import Kernel
from tests.simulation.explorer.packed import Packed
from tests.simulation.explorer.state import ABSENT, KEPT, UNSEEN, Custody, State, Step, Told
from tests.simulation.explorer.world import World

LIVENESS = "LIVENESS: from here no fair schedule reaches the goal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one world. ``trace`` leads from the beginning to the broken promise; empty if none is broken."""

    world: World
    states: int
    depth: int
    seconds: float
    fault: str = ""
    trace: tuple[Step, ...] = ()
    kernel: Kernel


@dataclass(slots=True)
class Search:
    """The states found so far, in the order of their distance from the beginning."""

    kernel: Kernel
    states: Packed = field(default_factory=Packed)
    parents: array[int] = field(default_factory=lambda: array("i"))
    edges_from: array[int] = field(default_factory=lambda: array("i"))
    edges_to: array[int] = field(default_factory=lambda: array("i"))

    def run(self) -> Verdict:
        """Search to the end or to the first broken promise."""
        began = time.process_time()
        self._add(beginning(self.kernel), -1)
        depth, fault, at = 0, "", 0
        level = range(1)
        while level and not fault:
            depth, first = depth + 1, len(self.states)
            for at in level:
                if fault := self._expand(at):
                    break
            level = range(first, len(self.states))
        trace = self._trace(at) if fault else ()
        if not fault and self.kernel.world.live and (at := self._stuck()) >= 0:
            fault, trace = LIVENESS, self._path(at)
        return Verdict(
            world=self.kernel.world,
            states=len(self.states),
            depth=len(trace) if fault else depth - 1,
            seconds=time.process_time() - began,
            fault=fault,
            trace=trace,
            kernel=self.kernel,
        )

    def _add(self, state: State, parent: int) -> int:
        found = self.states.add(state)
        if found == len(self.parents):
            self.parents.append(parent)
        return found

    def _expand(self, at: int) -> str:
        live, known, state = self.kernel.world.live, len(self.states), self.states[at]
        for step in steps(self.kernel, state):
            if step.fault:
                return step.fault
            to = self._add(step.after, at)
            if to >= known and (fault := promises.of_state(self.kernel, step.after)):
                return fault
            if live and step.system:
                self.edges_from.append(at)
                self.edges_to.append(to)
        return ""

    def _trace(self, at: int) -> tuple[Step, ...]:
        """Return the path to a state and the step out of it that breaks a promise."""
        state = self.states[at]
        last = next(s for s in steps(self.kernel, state) if s.fault or promises.of_state(self.kernel, s.after))
        return (*self._path(at), last)

    def _path(self, at: int) -> tuple[Step, ...]:
        found: list[Step] = []
        while (parent := self.parents[at]) >= 0:
            before, after = self.states[parent], self.states[at]
            found.append(next(s for s in steps(self.kernel, before) if s.after == after))
            at = parent
        return tuple(reversed(found))

    def _stuck(self) -> int:
        """Return the first state from which system steps can't reach the goal (AG EF), -1 if there is none."""
        sources, begins = self._backwards()
        good = bytearray(len(self.states))
        waiting = [i for i, state in enumerate(self.states) if promises.is_goal(self.kernel, state)]
        while waiting:
            at = waiting.pop()
            if not good[at]:
                good[at] = 1
                waiting += [source for source in sources[begins[at] : begins[at + 1]] if not good[source]]
        return good.find(0)

    def _backwards(self) -> tuple[array[int], array[int]]:
        """Return the sources of all edges sorted by their targets, and where those of each target begin."""
        begins = array("i", bytes(4 * (len(self.states) + 1)))
        for target in self.edges_to:
            begins[target] += 1
        for at in range(1, len(begins)):
            begins[at] += begins[at - 1]
        sources = array("i", bytes(4 * len(self.edges_to)))
        for source, target in zip(self.edges_from, self.edges_to, strict=True):
            begins[target] -= 1
            sources[begins[target]] = source
        return sources, begins


def explore(world: World, off: frozenset[str] = frozenset()) -> Verdict:
    """Explore one world, all guards standing or some switched off."""
    return Search(Kernel(world, off)).run()


def steps(kernel: Kernel, state: State) -> Iterator[Step]:
    """Yield every step that anybody may take next."""
    yield from people.steps(kernel, state)
    yield from access.steps(kernel, state)
    yield from custody.steps(kernel, state)
    yield from retention.steps(kernel, state)


def beginning(kernel: Kernel) -> State:
    """Return the first state: the policy binds, its record is read everywhere, footage is there, nobody has acted."""
    world, log = kernel.world, kernel.prelude
    there = sum(1 << i for i, segment in enumerate(world.segments) if not segment.late)
    return State(
        clock=0,
        log=log,
        topic=log,
        told=(Told(),) * len(world.covers),
        commands=(),
        custody=Custody(
            read=len(log),
            gate=0,
            batches=(UNSEEN,) * world.commands,
            segments=tuple(KEPT if there >> i & 1 else ABSENT for i in range(len(world.segments))),
        ),
        backup=None,
        retention=retention.forgotten(kernel),
        recorded=there,
        started=0,
        receipts=(0,) * len(world.segments),
        named=0,
        answered=0,
        stored=there,
        filed=0,
        done=0,
    )
