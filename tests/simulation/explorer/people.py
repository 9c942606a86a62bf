"""What persons do and what befalls the machines, each once; and the clock. Deciders of access say what may be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from services.ingest.intake.decider import identify
from services.kernel.mark import SegmentState
from tests.simulation.explorer import access, custody, retention
from tests.simulation.explorer.kernel import Kernel
from tests.simulation.explorer.objects import footage
from tests.simulation.explorer.state import ABSENT, GONE, KEPT, Act, State, Step

SYSTEM_ACTS = {"settle"}
DECISIONS = {"place", "extend", "release", "adopt longer", "adopt shorter"}


def steps(kernel: Kernel, state: State) -> Iterator[Step]:
    """Yield every act and accident of the world that may happen now, and the passing of time."""
    if state.clock < kernel.world.ticks:
        yield Step("tick", state.clock + 1, state._replace(clock=state.clock + 1))
    for bit, act in enumerate(kernel.world.acts):
        if not state.done >> bit & 1:
            after = _after(kernel, state, act)
            if after is not None:
                done = after._replace(done=after.done | 1 << bit)
                yield custody_answers(kernel, Step(act[0], act[1], done, system=act[0] in SYSTEM_ACTS))


def custody_answers(kernel: Kernel, step: Step) -> Step:
    """A settled record is answered in the transaction that settles it (C2)."""
    return custody.applied(kernel, step.after, step.number, step) if step.name == "settle" else step


def _after(kernel: Kernel, state: State, act: Act) -> State | None:
    name, number = act
    if name in DECISIONS:
        return _decided(kernel, state, name, number)
    if name in PERSONAL:
        return PERSONAL[name](kernel, state, number)
    return ACCIDENTS[name](kernel, state) if name in ACCIDENTS else None


def _decided(kernel: Kernel, state: State, name: str, number: int) -> State | None:
    """A1, A2, A3: the decider's record goes on the log, or it refuses."""
    placed = any(kernel.gists[n][:2] == ("placed", number) for n in state.log)
    match name:
        case "place":
            found = kernel.decisions.place(state.log, number, state.clock)
        case "extend" | "release":
            ask = kernel.decisions.extend if name == "extend" else kernel.decisions.release
            found = ask(state.log, number, state.clock) if placed else None
        case _:
            found = kernel.decisions.adopt(state.log, name.partition(" ")[2], state.clock)
    if found is None:
        return None
    after = state._replace(log=(*state.log, found))
    return access.accepted(kernel, after, number) if name == "place" and "published" in kernel.off else after


def _repeat(kernel: Kernel, state: State) -> State | None:
    """The relay dies after sending a release and before it learns so: the next one sends it again."""
    released = [name for name in state.topic if kernel.gists[name].kind == "released"]
    return state._replace(topic=(*state.topic, released[0])) if released else None


def _settle(kernel: Kernel, state: State, number: int) -> State | None:
    """C2 by two persons, after a repair."""
    unread = kernel.standing(state.topic[: state.custody.read], state.custody.settled).unread
    return state._replace(custody=state.custody._replace(settled=True)) if number in unread else None


def _record(kernel: Kernel, state: State, segment: int) -> State | None:
    """C7. Footage that is known comes in again only when ``identify`` gives it a new generation."""
    first = kernel.world.segments[segment].again_of
    if first is not None:
        if state.custody.segments[first] != GONE:
            return None
        gone = replace(footage(kernel.world, first), state=SegmentState.GONE)
        assert identify([gone], b"") == footage(kernel.world, segment).generation
    found = state.custody.segments
    assert found[segment] == ABSENT
    segments = (*found[:segment], KEPT, *found[segment + 1 :])
    stored = state.stored | 1 << custody.location(kernel, segment)
    after = state._replace(recorded=state.recorded | 1 << segment, stored=stored)
    return after._replace(custody=state.custody._replace(segments=segments))


def _restore(kernel: Kernel, state: State) -> State | None:
    if state.backup is None:
        return None
    return custody.start(kernel, state._replace(custody=state.backup, backup=None))


def _lose(kernel: Kernel, state: State) -> State:
    """Access' database comes back without what was never published; A0 reads its own log for the rest."""
    kept = tuple(name for name in state.log if name in state.topic)
    return state._replace(log=kept, forgot=len(kept) if "areplay" in kernel.off else 0)


def _file(kernel: Kernel, state: State, segment: int) -> State:
    """C6. Filing only ever narrows what an unfiled fact covered, so no answer needs to be amended here."""
    assert kernel.world.segments[segment].worn
    return state._replace(filed=state.filed | 1 << segment)


def _backup(_: Kernel, state: State) -> State:
    return state._replace(backup=state.custody)


def _forget(kernel: Kernel, state: State) -> State:
    return state._replace(retention=retention.forgotten(kernel))


PERSONAL: Mapping[str, Callable[[Kernel, State, int], State | None]] = {
    "settle": _settle,
    "record": _record,
    "file": _file,
}
ACCIDENTS: Mapping[str, Callable[[Kernel, State], State | None]] = {
    "repeat": _repeat,
    "backup": _backup,
    "restore": _restore,
    "restart": custody.start,
    "lose tail": _lose,
    "forget": _forget,
}
