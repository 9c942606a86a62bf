"""Custody: C1 reads, C3 marks, C4 deletes, C5 writes receipts, C0 starts. Guards of the mark are the kernel's own.

What its shell guards in SQL is written here as its effect. The contract tests of the real thing are in
tests/integration/ingest/test_ingest_protocol.py: the start gate (test_f8...), its own log and marks that are delivered
first (test_f9...), a batch executed once (test_a_batch_that_is_cleared_twice...), parking (test_f15...), the receipt
(test_a_kill_between_mark_and_receipt...).
"""

from __future__ import annotations

from collections.abc import Iterator

from services.kernel.events import Outcome
from services.kernel.mark import Guard, Mark, Refused
from tests.simulation.explorer import promises, retention
from tests.simulation.explorer.access import answer
from tests.simulation.explorer.kernel import Asked, Kernel
from tests.simulation.explorer.state import (
    ABSENT,
    CLOSED,
    DESTROYING,
    GONE,
    KEPT,
    OPEN,
    UNSEEN,
    Custody,
    Mail,
    State,
    Step,
    members,
)

FREEZE = ("freeze", 0)
# Custody answers these before it asks for a mark: there is nothing to decide.
WITHOUT_A_MARK = {ABSENT: Outcome.UNKNOWN, DESTROYING: Outcome.DESTROYING, GONE: Outcome.GONE}


def steps(kernel: Kernel, state: State) -> Iterator[Step]:
    """Yield what custody and its workers may do next."""
    yield from _read(kernel, state)
    yield from _marks(kernel, state)
    yield from _bytes(kernel, state)
    for segment in members(state.custody.unsent):
        rest = state.custody._replace(unsent=state.custody.unsent & ~(1 << segment))
        yield Step("delivers", segment, state._replace(custody=rest, started=state.started | 1 << segment))


def _read(kernel: Kernel, state: State) -> Iterator[Step]:
    custody = state.custody
    if custody.read < len(state.topic):
        yield _read_one(kernel, state)
    if "onepart" in kernel.off:
        for name in state.topic[custody.read :]:
            kind, batch, *_ = kernel.gists[name]
            if kind == "cleared" and custody.batches[batch] == UNSEEN:
                yield Step("reads ahead", name, _with_batch(state, batch, OPEN))


def _read_one(kernel: Kernel, state: State) -> Step:
    """C1 and C1p. Repeats, parking and what waits behind a parked record are judged in ``Kernel.standing``."""
    name, offset = state.topic[state.custody.read], state.custody.read
    after = state._replace(custody=state.custody._replace(read=offset + 1))
    kind, number, *_ = kernel.gists[name]
    if kind == "cleared" and state.custody.batches[number] == UNSEEN:
        late = offset < state.custody.gate and "gate" not in kernel.off
        after = _void(kernel, after, number) if late else _with_batch(after, number, OPEN)
    if kind == "placed":
        return applied(kernel, after, number, Step("reads", name, after))
    return Step("reads", name, after)


def applied(kernel: Kernel, state: State, number: int, step: Step) -> Step:
    """Answer with the three lists, if the record could be read."""
    covered = kernel.covered(state.topic[: state.custody.read], state.custody.settled, number, state.filed)
    if covered is None:
        return step
    destroying = sum(1 << i for i in members(covered) if state.custody.segments[i] == DESTROYING)
    after = state._replace(named=state.named | destroying)
    if "eff" not in kernel.off:
        after = answer(kernel, after, Mail("applied", number, destroying))
    if "predicate" in kernel.off:
        listed = sum(1 << i for i in members(covered) if state.custody.segments[i] != ABSENT)
        told = (*after.told[:number], after.told[number]._replace(listed=listed), *after.told[number + 1 :])
        after = after._replace(told=told)
    return step._replace(after=after, fault=promises.of_answer(kernel, state, number, covered))


def _marks(kernel: Kernel, state: State) -> Iterator[Step]:
    """C3. Without its lock, judging and marking are two steps."""
    if state.custody.judged >= 0:
        yield _mark(kernel, state._replace(custody=state.custody._replace(judged=-1)), state.custody.judged)
        return
    for batch in range(len(state.commands)):
        verdict = _verdict(kernel, state, batch)
        if verdict is None:
            continue
        if isinstance(verdict, Mark) and "lock" in kernel.off:
            yield Step("judges", batch, state._replace(custody=state.custody._replace(judged=batch)))
        elif isinstance(verdict, Mark):
            yield _mark(kernel, state, batch)
        else:
            yield Step("refuses", batch, _answered(kernel, state, batch, verdict))


def _verdict(kernel: Kernel, state: State, batch: int) -> Mark | Refused | Outcome | None:
    """Ask the kernel about every batch, cleared or not; None where its refusal is that nothing was cleared."""
    segment, cleared = state.commands[batch], _cleared(kernel, state, batch)
    if (what := state.custody.segments[segment]) != KEPT:
        return WITHOUT_A_MARK[what] if cleared else None
    listed = sum((told.listed >> segment & 1) << i for i, told in enumerate(state.told))
    filed = bool(state.filed >> segment & 1)
    asked = Asked(state.topic[: state.custody.read], state.custody.settled, segment, filed, state.clock)
    verdict = kernel.judge(asked, cleared, listed)
    return None if isinstance(verdict, Refused) and verdict.guard is Guard.NOT_CLEARED else verdict


def _cleared(kernel: Kernel, state: State, batch: int) -> bool:
    what = state.custody.batches[batch]
    again = "inbox" in kernel.off and what == CLOSED and state.custody.segments[state.commands[batch]] == KEPT
    return what == OPEN or again or ("clear" in kernel.off and what != CLOSED)


def _mark(kernel: Kernel, state: State, batch: int) -> Step:
    segment = state.commands[batch]
    custody = _with_segment(state.custody, segment, DESTROYING)
    after = _answered(kernel, state._replace(custody=custody), batch, Outcome.DESTROYING)
    if kernel.world.sends_marks:
        after = after._replace(custody=after.custody._replace(unsent=after.custody.unsent | 1 << segment))
    else:
        after = after._replace(started=after.started | 1 << segment)
    return Step("marks", batch, after, fault=promises.of_mark(kernel, state, batch))


def _answered(kernel: Kernel, state: State, batch: int, verdict: Refused | Outcome) -> State:
    after = _with_batch(state, batch, CLOSED)
    after = retention.outcome(kernel, after, batch, verdict)
    return answer(kernel, after, Mail("answered", batch))


def _void(kernel: Kernel, state: State, batch: int) -> State:
    return _answered(kernel, state, batch, Outcome.VOID)


def _bytes(kernel: Kernel, state: State) -> Iterator[Step]:
    """C4 and C5. A worker that has passed C4's guard may freeze and delete much later."""
    for segment, what in enumerate(state.custody.segments):
        place = location(kernel, segment)
        there = state.stored >> place & 1
        if there and _may_delete(kernel, state, segment, what):
            yield Step("deletes", segment, state._replace(stored=state.stored & ~(1 << place)))
            if FREEZE in kernel.world.acts and not state.done >> kernel.world.acts.index(FREEZE) & 1:
                done = state.done | 1 << kernel.world.acts.index(FREEZE)
                yield Step("freezes", segment, state._replace(frozen=place, done=done), system=False)
        if not there and (what == DESTROYING or (what == GONE and "cas" in kernel.off)):
            yield Step("receipt", segment, _receipt(state, segment))
    if state.frozen >= 0:
        after = state._replace(frozen=-1, stored=state.stored & ~(1 << state.frozen))
        yield Step("wakes", state.frozen, after)


def location(kernel: Kernel, segment: int) -> int:
    """Return where the bytes of a segment lie: a new generation never lies where an old one lay."""
    first = kernel.world.segments[segment].again_of
    return first if first is not None and "tomb" in kernel.off else segment


def _may_delete(kernel: Kernel, state: State, segment: int, what: int) -> bool:
    if "markfirst" in kernel.off and what == KEPT:
        return any(state.custody.batches[b] == OPEN for b, of in enumerate(state.commands) if of == segment)
    return what == DESTROYING and ("intent" in kernel.off or bool(state.started >> segment & 1))


def _receipt(state: State, segment: int) -> State:
    receipts = (*state.receipts[:segment], state.receipts[segment] + 1, *state.receipts[segment + 1 :])
    return state._replace(custody=_with_segment(state.custody, segment, GONE), receipts=receipts)


def start(kernel: Kernel, state: State) -> State:
    """C0 over whatever database there is: the own log first, then the gate, then every open batch is void."""
    custody = state.custody
    if "selfreplay" not in kernel.off:
        custody = _own_log(state, custody)
    if "gate" not in kernel.off:
        custody = custody._replace(gate=len(state.topic))
    after = state._replace(custody=custody)
    if "gate" not in kernel.off:
        for batch in [b for b, what in enumerate(custody.batches) if what == OPEN]:
            after = _void(kernel, after, batch)
    return after


def _own_log(state: State, custody: Custody) -> Custody:
    unsaid = 0
    for segment, what in enumerate(custody.segments):
        if state.receipts[segment]:
            custody = _with_segment(custody, segment, GONE)
        elif (state.started | state.named) >> segment & 1:
            custody = _with_segment(custody, segment, DESTROYING)
            # An answer named it and its mark was lost with the outbox: DestructionStarted is said again.
            unsaid |= 1 << segment if not state.started >> segment & 1 else 0
        elif what == ABSENT and state.recorded >> segment & 1:
            custody = _with_segment(custody, segment, KEPT)
    return custody._replace(unsent=custody.unsent & ~state.started | unsaid)


def _with_segment(custody: Custody, segment: int, what: int) -> Custody:
    return custody._replace(segments=(*custody.segments[:segment], what, *custody.segments[segment + 1 :]))


def _with_batch(state: State, batch: int, what: int) -> State:
    batches = state.custody.batches
    return state._replace(custody=state.custody._replace(batches=(*batches[:batch], what, *batches[batch + 1 :])))
