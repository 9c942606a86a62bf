"""Retention: R1 reads the protection log, R2 proposes by its real visit, R3 takes outcomes. Or chaos in its place."""

from __future__ import annotations

from collections.abc import Iterator

from services.kernel.events import Outcome
from services.kernel.mark import Refused
from tests.simulation.explorer import promises
from tests.simulation.explorer.access import tell
from tests.simulation.explorer.kernel import Asked, Kernel
from tests.simulation.explorer.state import Retention, State, Step, members


def steps(kernel: Kernel, state: State) -> Iterator[Step]:
    """Yield what retention may do next."""
    if not kernel.world.live:
        yield from _chaos(kernel, state)
        return
    yield from _reads(kernel, state)
    for segment in range(len(kernel.world.segments)):
        if state.recorded >> segment & 1 and not state.receipts[segment] and _proposes(kernel, state, segment):
            yield _proposed(kernel, state, segment)


def outcome(kernel: Kernel, state: State, batch: int, verdict: Refused | Outcome) -> State:
    """R3: ``commanded`` ends by custody's outcome and by no other; an answer to a forgotten batch changes nothing."""
    mine, segment = state.retention, state.commands[batch]
    if not kernel.world.live or not mine.commanded >> batch & 1:
        return state
    blind = not mine.retried and kernel.unreadable(state.topic[: mine.read])
    taken = kernel.outcome(segment, verdict, state.clock, blind)
    waits, out = mine.waits, mine.commanded
    if taken.returned:
        out &= ~(1 << batch)
    if taken.wait is not None:
        waits = (*waits[:segment], taken.wait, *waits[segment + 1 :])
    return state._replace(retention=mine._replace(commanded=out, waits=waits))


def forgotten(kernel: Kernel) -> Retention:
    """Return the database of a retention that was restored from nothing."""
    return Retention(read=len(kernel.prelude), waits=(None,) * len(kernel.world.segments))


def _chaos(kernel: Kernel, state: State) -> Iterator[Step]:
    """Any command at any time, also for what doesn't exist."""
    if len(state.commands) < kernel.world.commands:
        for segment in range(len(kernel.world.segments)):
            yield Step("commands", segment, state._replace(commands=(*state.commands, segment)), system=False)


def _reads(kernel: Kernel, state: State) -> Iterator[Step]:
    mine = state.retention
    if mine.read < len(state.topic):
        gist = kernel.gists[state.topic[mine.read]]
        after = state._replace(retention=mine._replace(read=mine.read + 1))
        if "eff" in kernel.off and gist.kind == "placed":
            yield _secured(kernel, after, gist.number)
        else:
            yield Step("retention reads", state.topic[mine.read], after)
    if state.custody.settled and not mine.retried:
        yield Step("retries", 0, state._replace(retention=mine._replace(retried=True)))


def _secured(kernel: Kernel, state: State, number: int) -> Step:
    """Only without ``eff``: retention's word makes a hold effective, and its list is what it has commanded."""
    commanded = sum(1 << segment for segment in {state.commands[b] for b in members(state.retention.commanded)})
    told = state.told[number]._replace(effective=True, destroying=commanded)
    after = tell(state, number, told)
    return Step("retention reads", state.topic[state.retention.read - 1], after, fault=promises.of_state(kernel, after))


def _proposes(kernel: Kernel, state: State, segment: int) -> bool:
    mine = state.retention
    out = any(state.commands[batch] == segment for batch in members(mine.commanded))
    if out and "sticky" not in kernel.off:
        return False
    filed = bool(state.filed >> segment & 1)
    return kernel.proposes(
        Asked(state.topic[: mine.read], mine.retried, segment, filed, state.clock), mine.waits[segment]
    )


def _proposed(kernel: Kernel, state: State, segment: int) -> Step:
    if len(state.commands) == kernel.world.commands:
        fault = f"LIVELOCK: more than {kernel.world.commands} commands"
        return Step("commands", segment, state, fault=fault)
    mine = state.retention._replace(commanded=state.retention.commanded | 1 << len(state.commands))
    return Step("commands", segment, state._replace(commands=(*state.commands, segment), retention=mine))
