"""What must hold, written without the kernel: the promises of the protocol as facts about a step or a state.

Only what time would still bring after the last tick is asked of it.
"""

from __future__ import annotations

from services.kernel.mark import Mark
from tests.simulation.explorer.kernel import Asked, Kernel
from tests.simulation.explorer.objects import custody_now
from tests.simulation.explorer.records import ABOUT_A_HOLD, Gist
from tests.simulation.explorer.state import DESTROYING, GONE, KEPT, State, members
from tests.simulation.explorer.world import World

# Ticks by which a version moves what is due under the one in force at the beginning.
MOVES = {"base": 0, "longer": 1, "shorter": -2}
RECOVERY, NOTICE = 1, 1


def of_mark(kernel: Kernel, state: State, batch: int) -> str:
    """I1, I1a and I2 at the moment of a mark."""
    segment = state.commands[batch]
    for number, told in enumerate(state.told):
        if not told.accepted or not covers_in_truth(kernel.world, number, segment):
            continue
        if not _active(kernel, state, number, batch):
            continue
        if told.effective:
            return f"I1: segment {segment} is marked under effective protection {number}"
        if not told.flight >> batch & 1:
            return f"I1a: segment {segment} is marked under accepted protection {number}, not named as in flight"
    first = _lawful_from(kernel, state, batch)
    return f"I2: segment {segment} is marked at {state.clock}, lawful from {first}" if state.clock < first else ""


def of_answer(kernel: Kernel, state: State, number: int, covered: int) -> str:
    """P: nothing that the protection really covers is missing from its lists. States are custody's, under its gate."""
    for segment in range(len(kernel.world.segments)):
        there = state.custody.segments[segment] in {KEPT, DESTROYING, GONE}
        if there and covers_in_truth(kernel.world, number, segment) and not covered >> segment & 1:
            return f"P: the answer to protection {number} doesn't list segment {segment}"
    return ""


def of_state(kernel: Kernel, state: State) -> str:
    """B, R and P as facts about a state."""
    custody = state.custody
    for segment, what in enumerate(custody.segments):
        place = kernel.world.segments[segment].again_of if "tomb" in kernel.off else None
        there = state.stored >> (segment if place is None else place) & 1
        if what == KEPT and not there:
            return f"B: the catalog says kept, the bytes of segment {segment} are gone"
        if what == KEPT and state.receipts[segment]:
            return f"B: the catalog says kept, segment {segment} has a receipt"
        if state.receipts[segment] > 1:
            return f"R: segment {segment} has {state.receipts[segment]} receipts"
        if what == KEPT:
            for number, told in enumerate(state.told):
                if told.destroying >> segment & 1:
                    return f"P: protection {number} was told `being destroyed` for segment {segment}, which is kept"
    return ""


def is_goal(kernel: Kernel, state: State) -> bool:
    """Everything that can happen has: what is due and unheld is gone with one receipt, what is held is kept."""
    quiet = state.clock == kernel.world.ticks and state.custody.read == len(state.topic)
    if not quiet or any(name not in state.topic for name in state.log) or state.custody.unsent:
        return False
    if any(told.accepted and not told.effective and not _hopeless(kernel, n) for n, told in enumerate(state.told)):
        return False
    return all(_at_rest(kernel, state, segment) for segment in members(state.recorded))


def _at_rest(kernel: Kernel, state: State, segment: int) -> bool:
    if state.receipts[segment] == 1:
        return state.custody.segments[segment] == GONE and not state.stored >> segment & 1
    held = any(
        told.accepted and covers_in_truth(kernel.world, n, segment) and _active(kernel, state, n, None)
        for n, told in enumerate(state.told)
    )
    due = state.clock >= _lawful_from(kernel, state, None, segment)
    waits = _doubtful(kernel, state, segment) or _goes_in_an_hour(kernel, state, segment)
    return state.custody.segments[segment] == KEPT and (held or not due or waits)


def _goes_in_an_hour(kernel: Kernel, state: State, segment: int) -> bool:
    """Retention will ask again after the last tick, and custody, asked as it stands now, would let it go."""
    wait = state.retention.waits[segment]
    if wait is None or wait.not_before is None or wait.not_before <= custody_now(kernel.world.ticks):
        return False
    filed = bool(state.filed >> segment & 1)
    asked = Asked(state.topic[: state.custody.read], state.custody.settled, segment, filed, state.clock)
    return isinstance(kernel.judge(asked, True, 0), Mark)


def _hopeless(kernel: Kernel, number: int) -> bool:
    return kernel.world.never_settled and kernel.world.covers[number].unreadable


def _doubtful(kernel: Kernel, state: State, segment: int) -> bool:
    """Footage may stay for want of knowledge: a shift or a record that nobody reads."""
    footage = kernel.world.segments[segment]
    for number, told in enumerate(state.told):
        cover = kernel.world.covers[number]
        if told.accepted and cover.camera in {None, footage.camera}:
            unfiled = cover.officer and footage.worn and not state.filed >> segment & 1
            if unfiled or (kernel.world.never_settled and cover.unreadable):
                return True
    return False


def _active(kernel: Kernel, state: State, number: int, batch: int | None) -> bool:
    """Whether a protection stands in truth, to its last published end; an extension counts once custody must know."""
    end: int | None = None
    for name in dict.fromkeys(state.topic):
        gist = kernel.gists[name]
        if gist.number != number or gist.kind not in ABOUT_A_HOLD:
            continue
        if gist.kind == "placed":
            end = gist.until
        elif gist.kind == "released":
            end = gist.until if end is None or gist.until is None else min(end, gist.until)
        elif end is not None and gist.until is not None and _known(kernel, state, name, batch):
            end = max(end, gist.until)
    return end is None or state.clock < end


def _known(kernel: Kernel, state: State, name: int, batch: int | None) -> bool:
    """Whether custody must have taken a record in before it may mark under this batch."""
    if batch is None or name in state.topic[: state.custody.read]:
        return True
    before = [kernel.gists[n][:2] for n in state.log[: state.log.index(name)]] if name in state.log else []
    return ("cleared", batch) not in before


def _lawful_from(kernel: Kernel, state: State, batch: int | None, segment: int = -1) -> int:
    """The tick from which a segment may go: versions in log order, notice given, no recovery window cut."""
    of = segment if batch is None else state.commands[batch]
    due, binding = kernel.world.segments[of].due, Gist("policy", 0, -30, version="base")
    scheduled: Gist | None = None
    for name in state.log:
        gist = kernel.gists[name]
        if gist.kind != "policy" or name not in state.topic or not _known(kernel, state, name, batch):
            continue
        if scheduled is not None and gist.tick >= scheduled.tick + NOTICE:
            binding = scheduled
        scheduled = gist if gist.version == "shorter" else None
        binding = binding if gist.version == "shorter" else gist
    if scheduled is not None and state.clock >= scheduled.tick + NOTICE:
        binding = scheduled
    floor = binding.tick + NOTICE + RECOVERY if binding.version == "shorter" else due - 30
    return max(due + MOVES[binding.version], floor)


def covers_in_truth(world: World, number: int, segment: int) -> bool:
    """Whether a protection covers a segment as things really are, filed or not."""
    cover, footage = world.covers[number], world.segments[segment]
    if cover.camera not in {None, footage.camera}:
        return False
    return not cover.officer or (footage.worn and world.shift_true)
