"""The guards of the protocol: each is switched off in the model's wrapping of the kernel, and must be missed."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.explorer.search import Verdict, explore
from tests.simulation.explorer.worlds import LIVE, SAFETY, WORLDS

SMALL = (*SAFETY, *LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One guard, and the design's figure: steps, world, in how many of the 23 small worlds it is missed."""

    name: str
    says: str
    steps: int
    world: str
    worlds: int


def _guard(name: str, steps: int, world: str, worlds: int, says: str) -> Guard:
    return Guard(name=name, says=says, steps=steps, world=world, worlds=worlds)


GUARDS = {
    guard.name: guard
    for guard in (
        _guard("clear", 4, "S2", 23, "custody marks only what a clearance names"),
        _guard("order", 7, "S2", 22, "the log has the order of access' gate"),
        _guard("published", 7, "S9", 1, "accepted is said only once the broker has it"),
        _guard("eff", 4, "L11", 10, "effective is custody's word and nobody else's"),
        _guard("holds", 8, "S2", 20, "the mark asks which protections cover the segment"),
        _guard("lock", 9, "S2", 20, "no record is read between the judgement and the mark"),
        _guard("inbox", 9, "S1", 9, "a closed batch is never executed again"),
        _guard("gate", 10, "S8", 2, "clearances from before the start are void"),
        _guard("areplay", 8, "S9", 1, "a restored access reads its own log first"),
        _guard("scope", 1, "L10", 1, "an unreadable record bars only the scope on its envelope"),
        _guard("selfreplay", 9, "S8", 2, "a restored custody reads its own log first"),
        _guard("intent", 8, "S8", 2, "DestructionStarted is delivered before a byte goes"),
        _guard("markfirst", 5, "S2", 23, "only what is marked is deleted"),
        _guard("cas", 8, "S2", 23, "the receipt is one compare-and-set"),
        _guard("predicate", 10, "S2", 2, "coverage is judged at the mark, not by a stored list"),
        _guard("unknown", 8, "S7", 1, "an unfiled fact counts as covered"),
        _guard("park", 8, "S6", 3, "an unreadable record bars marks until it is settled"),
        _guard("reqlog", 8, "S3", 1, "requests stand on the protection log"),
        _guard("min", 5, "S1", 6, "the mark asks for the instant of the version that binds"),
        _guard("pollog", 9, "S4", 4, "versions stand on the protection log"),
        _guard("notice", 8, "S5b", 3, "what shortens waits for its notice"),
        _guard("supersede", 12, "S5b", 1, "the log's order decides between versions"),
        _guard("window", 10, "S11", 20, "an end that lies ahead still protects"),
        _guard("onepart", 6, "S2", 23, "the log is read in one order"),
        _guard("tomb", 10, "S10", 1, "footage that comes again gets a new generation and place"),
        _guard("dedup", 15, "L9", 1, "a record that comes twice counts once"),
        _guard("wait", 22, "L4", 10, "a refused proposal waits for what it was refused for"),
        _guard("sticky", 5, "L11", 11, "commanded ends only by custody's outcome"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """How a guard was missed: its shortest trace, and every small world that noticed."""

    guard: Guard
    shortest: Verdict | None
    worlds: tuple[str, ...]


def without(name: str, world: str) -> Verdict:
    """Explore one world with one guard switched off."""
    return explore(WORLDS[world], frozenset([name]))


def missed(name: str) -> Missed:
    """Switch a guard off in the design's world for it, and in the other small worlds until one notices."""
    guard = GUARDS[name]
    for world in (WORLDS[guard.world], *SMALL):
        if (verdict := without(name, world.name)).fault:
            return Missed(guard=guard, shortest=verdict, worlds=(world.name,))
    return Missed(guard=guard, shortest=None, worlds=())


def missed_everywhere(name: str) -> Missed:
    """Switch a guard off in each small world: all that notice, and the shortest trace of them."""
    killed = [verdict for verdict in (without(name, world.name) for world in SMALL) if verdict.fault]
    shortest = min(killed, key=lambda verdict: len(verdict.trace), default=None)
    return Missed(guard=GUARDS[name], shortest=shortest, worlds=tuple(verdict.world.name for verdict in killed))
