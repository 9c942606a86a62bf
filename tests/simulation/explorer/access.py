"""Access: A4 clears, A5 publishes, A6 reads custody's answers. A0 is part of the accident that it repairs.

Its gate is SQL (``protection_gate`` for update): tests/integration/access proves it on Postgres; here a step is atomic.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.explorer.kernel import Kernel
from tests.simulation.explorer.state import Mail, State, Step, Told


def steps(kernel: Kernel, state: State) -> Iterator[Step]:
    """Yield what access may do next without any person."""
    yield from _clear(kernel, state)
    yield from _publish(kernel, state)
    if state.mail:
        after = state._replace(mail=state.mail[1:])
        yield Step("hears", state.mail[0].number, heard(after, state.mail[0]))


def _clear(kernel: Kernel, state: State) -> Iterator[Step]:
    """A4, once per id: what stands on the log was cleared."""
    gists = kernel.gists
    known = {gists[name].number for name in state.log if gists[name].kind == "cleared"}
    waiting = [(segment, batch) for batch, segment in enumerate(state.commands) if batch not in known]
    if kernel.world.reduced:
        # Batches of one segment differ in nothing but their ids: the older one goes first.
        waiting = [*dict(reversed(waiting)).items()]
    for segment, batch in waiting:
        name = kernel.decisions.clear(state.log, batch, segment)
        yield Step("clears", batch, state._replace(log=(*state.log, name)))


def _publish(kernel: Kernel, state: State) -> Iterator[Step]:
    """A5, in the order of the outbox; the delivery report is what makes a protection accepted."""
    waiting = [name for name in state.log if name not in state.topic]
    # Without the gate a clearance that began later may be committed, and so sent, earlier.
    overtaking = [n for n in waiting[1:] if kernel.gists[n].kind == "cleared"] if "order" in kernel.off else []
    for name in waiting[:1] + overtaking:
        after = state._replace(topic=(*state.topic, name))
        gist = kernel.gists[name]
        if gist.kind == "placed":
            after = accepted(kernel, after, gist.number)
        yield Step("publishes", name, after)


def accepted(kernel: Kernel, state: State, number: int) -> State:
    """Tell the person: accepted, with the clearances in flight that it may touch."""
    told = state.told[number]
    if told.accepted:
        return state
    return tell(state, number, told._replace(accepted=True, flight=_in_flight(kernel, state, number)))


def _in_flight(kernel: Kernel, state: State, number: int) -> int:
    """As ``store.in_flight``: clearances before the protection, without an outcome, that may touch its scope."""
    found = 0
    for position, name in enumerate(state.log):
        kind, which, *_ = kernel.gists[name]
        if kind == "placed" and which == number:
            break
        open_one = kind == "cleared" and position >= state.forgot and not state.answered >> which & 1
        if open_one and kernel.decisions.may_touch(number, state.commands[which]):
            found |= 1 << which
    return found


def tell(state: State, number: int, told: Told) -> State:
    """Change what was told of one protection."""
    return state._replace(told=(*state.told[:number], told, *state.told[number + 1 :]))


def answer(kernel: Kernel, state: State, mail: Mail) -> State:
    """A record of custody.events leaves custody; reduced, access has read it already: delay names more, never less."""
    if kernel.world.reduced:
        return heard(state, mail)
    # Its id is derived from its batch or hold: said twice, it is one record.
    return state if mail in state.mail else state._replace(mail=(*state.mail, mail))


def heard(state: State, mail: Mail) -> State:
    """A6: an outcome closes its clearance; HoldApplied makes a protection effective."""
    if mail.kind == "answered":
        return state._replace(answered=state.answered | 1 << mail.number)
    told = state.told[mail.number]
    destroying = told.destroying | mail.destroying
    return tell(state, mail.number, told._replace(flight=0, effective=True, destroying=destroying))
