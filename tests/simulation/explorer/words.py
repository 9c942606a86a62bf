"""A trace in words, one line a step."""

from __future__ import annotations

from tests.simulation.explorer.kernel import Kernel
from tests.simulation.explorer.records import Gist
from tests.simulation.explorer.search import Verdict
from tests.simulation.explorer.state import Step

SAYS = {
    "tick": "the clock goes to {n}",
    "place": "a person asks for protection {n}; access writes it down",
    "extend": "protection {n} is extended",
    "release": "two persons release protection {n}",
    "adopt longer": "a version that keeps longer is adopted",
    "adopt shorter": "a version that keeps less long is adopted, to bind after its notice",
    "repeat": "the relay sends a release a second time",
    "settle": "two persons settle the unreadable record of protection {n}",
    "record": "segment {n} comes in",
    "file": "the shift of segment {n} is filed",
    "backup": "custody's database is backed up",
    "restore": "custody's database is restored and custody starts",
    "restart": "custody starts anew",
    "lose tail": "access' database is restored: what was not published is lost",
    "forget": "retention's database is restored from nothing",
    "clears": "access clears batch {n}",
    "publishes": "the broker acknowledges {record}",
    "hears": "access reads custody's answer about {n}",
    "delivers": "the broker acknowledges DestructionStarted of segment {n}",
    "reads": "custody reads {record}",
    "reads ahead": "custody reads {record} ahead of what stands before it",
    "judges": "custody judges batch {n}: it may go",
    "marks": "custody marks batch {n}, the point of no return",
    "refuses": "custody answers batch {n} without destroying",
    "deletes": "the bytes of segment {n} are deleted",
    "freezes": "a worker that may delete segment {n} freezes",
    "wakes": "the frozen worker wakes and deletes location {n}",
    "receipt": "the receipt of segment {n} is written",
    "commands": "retention commands segment {n}",
    "retention reads": "retention reads {record}",
    "retries": "retention's dead letter is retried",
}


def told(verdict: Verdict) -> str:
    """Return a broken promise with the shortest way to it."""
    lines = [f"  {i:2} {said(verdict.kernel, step)}" for i, step in enumerate(verdict.trace, 1)]
    return "\n".join([f"{verdict.world.name} {verdict.world.title}: {verdict.fault}", *lines])


def said(kernel: Kernel, step: Step) -> str:
    """Return one step in words."""
    text = SAYS[step.name]
    return text.format(n=step.number, record=_record(kernel.gists[step.number]) if "{record}" in text else "")


def _record(gist: Gist) -> str:
    match gist.kind:
        case "cleared":
            return f"the clearance of batch {gist.number}"
        case "policy":
            return f"the {gist.version} version"
        case kind:
            return f"protection {gist.number} {kind}"
