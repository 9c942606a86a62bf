"""Faults that the simulation must find: each takes one guard of the shipped code away, in one world only.

They prove that a clean run says something. No production code knows of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest import projector
from services.ingest.catalog.footage import Footage
from services.ingest.custody import batch_lines, facts, gate, store
from services.ingest.custody.batch_lines import Line
from services.ingest.custody.marking import Marker
from services.kernel.events import DeletionCleared, DeletionCommanded
from services.kernel.ids import EPOCH, micros
from services.kernel.mark import MarkCase
from services.runtime.received import Received
from services.runtime.worker import Worker
from tests.fakes.memory.database import Row, Session
from tests.fakes.memory.twin import TWINS
from tests.simulation.scheduler import Process, Run
from tests.simulation.world import World

Fault = Callable[[World], None]
Given = Mapping[str, Any]
ALWAYS = 2**62


# The gate and what stands under it.
def no_gate_at_the_mark(world: World) -> None:
    """C3 marks without the shared gate."""
    honest = TWINS[gate._SHARED.text]
    free = lambda s, given: [] if given["key"] == gate.GATE else honest(s, given)  # noqa: E731
    world.ingest.overrides[gate._SHARED.text] = free


def no_gate_for_what_forbids(world: World) -> None:
    """C1, C2 and C6 write without the exclusive gate."""
    honest = TWINS[gate._EXCLUSIVE.text]
    free = lambda s, given: [] if given["key"] == gate.GATE else honest(s, given)  # noqa: E731
    world.ingest.overrides[gate._EXCLUSIVE.text] = free


def no_clearance(world: World) -> None:
    """Custody executes commands as they come, without access' clearance in the log."""
    process = Process("uncleared", lambda p: _uncleared(world, p))
    world.processes["uncleared"] = process


def _uncleared(world: World, process: Process) -> dict[str, Run]:
    worker = Worker(
        "ingest.uncleared", ["deletion.commands"], Uncleared(world), world.settings["ingest"], "ingest", world.codec
    )
    return {"reads": world._reading(process, world.ingest, worker)}


class Uncleared:
    """Opens a batch for every command."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        for received in batch:
            event = received.recorded.event
            if isinstance(event, DeletionCommanded):
                cleared = DeletionCleared(
                    batch_id=event.batch_id,
                    seq=1,
                    camera_id=event.camera_id,
                    lines=event.lines,
                    policy_id=event.policy_id,
                    policy_version_expected=1,
                )
                await batch_lines.open_batch(tx, cleared, self._world.standing.start_id or UUID(int=0))


def no_start_gate(world: World) -> None:
    """Clearances from before the process's start count, too."""
    world.ingest.overrides["select gate_offset from custody_start where one = 1"] = lambda _s, _g: [{"gate_offset": 0}]
    world.ingest.overrides["select batch_id, camera_id from batch where closed_at is null order by seq"] = (
        lambda _s, _g: []
    )
    world.marker = AnyStart


class AnyStart(Marker):
    """Takes every open batch for its own."""

    async def _view(self, tx: AsyncConnection, line: Line) -> Any:  # noqa: ANN401 - its own View
        return replace(await super()._view(tx, line), cleared=True)


# What a hold means.
class Frozen(Marker):
    """Takes a hold for the list of what it covered when it was answered."""

    async def _case(self, tx: AsyncConnection, footage: Footage, *others: Any) -> MarkCase:  # noqa: ANN401
        case = await super()._case(tx, footage, *others)
        rows = tx.session.rows("hold_answer")  # type: ignore[attr-defined]
        answered = {(row["hold_id"], row["seq"]): row["recorded_us"] for row in rows}
        listed = [
            p for p in case.protections if answered.get((str(p.hold_id), p.seq), ALWAYS) >= micros(footage.recorded_at)
        ]
        return replace(case, protections=tuple(listed))


def holds_are_lists(world: World) -> None:
    """Holds are frozen lists of ids: footage that comes later isn't born held."""
    world.marker = Frozen


def unfiled_is_not_covered(world: World) -> None:
    """Footage whose wearer nobody has filed counts as worn by nobody."""
    honest = TWINS[facts._SHIFTS.text]

    def filed(s: Session, given: Given) -> list[Row]:
        found = honest(s, given)
        assert isinstance(found, list)
        nobody = {"shift": "", "officer": "", "from_us": 0, "to_us": ALWAYS, "incidents": []}
        cameras = [row["camera_id"] for row in s.rows("camera") if given["c"] is None or row["camera_id"] in given["c"]]
        return [{"device_id": camera} | nobody for camera in cameras] + found

    world.ingest.overrides[facts._SHIFTS.text] = filed


def unreadable_is_ignored(world: World) -> None:
    """A record of the protection log that can't be read stops nothing."""
    world.ingest.overrides["select log_offset, scope from parked where settled_at is null"] = lambda _s, _g: []


class Early(Marker):
    """Asks no policy when footage may go."""

    async def _case(self, tx: AsyncConnection, footage: Footage, *others: Any) -> MarkCase:  # noqa: ANN401
        return replace(await super()._case(tx, footage, *others), destroyable_from=EPOCH)


def no_minimum(world: World) -> None:
    """The mark doesn't ask whether the policy lets the footage go."""
    world.marker = Early


# The bytes and their receipt.
def receipt_without_comparing(world: World) -> None:
    """C5 writes a receipt whatever the state is."""

    def gone(s: Session, given: Given) -> list[Row]:
        TWINS[store._GONE.text](s, given)
        return [{"coalesce": UUID(int=0)}]

    world.ingest.overrides[store._GONE.text] = gone


def not_delivered_first(world: World) -> None:
    """The bytes go as soon as the mark is committed: nobody outside the database knows of it."""
    honest = TWINS[projector._DESTROYING.text]

    def queued(s: Session, given: Given) -> int:
        s.insert("destruction_due", {name: given[name] for name in ("camera_id", "started_us", "generation")})
        found = honest(s, given)
        assert isinstance(found, int)
        return found

    world.ingest.overrides[projector._DESTROYING.text] = queued


def bytes_before_the_mark(world: World) -> None:
    """The bytes go before the mark that allows it is committed."""

    class Eager(Marker):
        async def _start(self, tx: AsyncConnection, line: Line, footage: Footage, *o: Any, **k: Any) -> None:  # noqa: ANN401
            world.store.objects.pop(footage.location, None)
            world._removed(footage.location)
            await super()._start(tx, line, footage, *o, **k)

    world.marker = Eager


# Starting after a restore, and order.
def no_own_log(world: World) -> None:
    """C0 doesn't read our own log: a restored database stays as it is until somebody happens to read it."""
    world.own_ends = lambda _topic: {}


def access_without_its_log(world: World) -> None:
    """A0 reads nothing: restored access gives numbers of its log a second time."""
    world.read_own = lambda _topic, _codec, _start: iter(())


def outbox_out_of_order(world: World) -> None:
    """The relay doesn't publish in the order of the outbox's ids."""
    world.outbox_order = lambda row: -int(row["id"])


FAULTS: dict[str, Fault] = {
    fault.__name__.replace("_", "-"): fault
    for fault in (
        no_gate_at_the_mark,
        no_gate_for_what_forbids,
        no_clearance,
        no_start_gate,
        holds_are_lists,
        unfiled_is_not_covered,
        unreadable_is_ignored,
        no_minimum,
        receipt_without_comparing,
        not_delivered_first,
        bytes_before_the_mark,
        no_own_log,
        access_without_its_log,
        outbox_out_of_order,
    )
}
