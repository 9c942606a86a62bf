"""C1: read the next record of the protection log. What it forbids binds from this transaction on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import store as catalog
from services.ingest.catalog.footage import Filmed
from services.ingest.custody import batch_lines, batches, facts, gate, store
from services.ingest.custody.answers import Answer, applied, is_covered, lists, narrowed
from services.ingest.custody.counting import counted, is_countable
from services.ingest.custody.forbids import Forbids, position
from services.ingest.ledger import CUSTODY, Because, Ledger
from services.kernel.events import (
    DeletionCleared,
    HoldExtended,
    HoldPlaced,
    HoldReleased,
    HoldReleaseProposed,
)
from services.kernel.ids import EPOCH
from services.kernel.protection import Protection
from services.kernel.scope import Scope
from services.runtime.database import db_now
from services.runtime.received import Received

OF_ONE_HOLD = (HoldPlaced, HoldExtended, HoldReleaseProposed, HoldReleased)


class ProtectionLogBroken(Exception):
    """A record of the protection log is missing before this one: stop, for it may be a hold."""


@dataclass(slots=True)
class Standing:
    """What this process may do: nothing until it has passed the start gate."""

    start_id: UUID | None = None


@dataclass(slots=True)
class ProtectionReader:
    """The handler of the worker ``ingest.protection``; one process in the whole installation runs it."""

    ledger: Ledger
    forbids: Forbids
    standing: Standing

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        """Apply records in order, under the exclusive gate. The worker has claimed the offsets before."""
        await gate.exclusive(tx)
        if await store.start_id(tx) != self.standing.start_id:
            raise gate.CustodyLost(f"start {self.standing.start_id} holds custody no longer: another process took over")
        await self.forbids.catch_up(tx)
        for received in batch:
            await self._read(tx, received)

    async def _read(self, tx: AsyncConnection, received: Received) -> None:
        at, seq = await position(tx), received.recorded.envelope.stream_version
        if seq <= at.seq:
            return  # The relay may send a record twice.
        if seq > at.seq + 1 + at.unread:
            raise ProtectionLogBroken(
                f"seq {seq} at offset {received.offset} follows seq {at.seq}: records are missing"
            )
        event = received.recorded.event
        waits = isinstance(event, OF_ONE_HOLD) and bool(await store.parked_of(tx, str(event.hold_id)))
        if waits:
            await self._wait(tx, received, seq)
        elif isinstance(event, DeletionCleared):
            await self._cleared(tx, event, received)
        else:
            await store.keep(tx, seq, received.offset, received.raw)
        await store.advance(tx, seq, received.offset, unread=0)
        await self.forbids.catch_up(tx)
        if isinstance(event, HoldPlaced | HoldExtended) and not waits:
            await answer(tx, self.ledger, self.forbids.log.protections[event.hold_id], (received,))

    async def _wait(self, tx: AsyncConnection, received: Received, seq: int) -> None:
        """Put a readable record behind an unreadable one of the same hold; its scope binds already."""
        event = received.recorded.event
        scope = event.scope if isinstance(event, HoldPlaced | HoldExtended) else None
        row = store.ParkedRow(
            parked_id=f"{received.topic}/{received.partition}/{received.offset}",
            hold_id=str(event.hold_id) if isinstance(event, OF_ONE_HOLD) else "",
            log_offset=received.offset,
            raw=received.raw,
            seq=seq,
            error="waits for an earlier record of the same hold",
            proposed_by="",
            how="",
        )
        # A release that waits frees nothing, so it needs no scope of its own: the record before it has one.
        await store.park(tx, row, scope or _nothing(), everywhere=False)

    async def _cleared(self, tx: AsyncConnection, event: DeletionCleared, received: Received) -> None:
        opened = await batch_lines.open_batch(tx, event, self.standing.start_id or UUID(int=0))
        from_offset = await store.gate_offset(tx)
        if opened and (from_offset is None or received.offset < from_offset):
            # Cleared before this process's start gate: what was held since then may not be in our tables (F8).
            await batches.void(tx, self.ledger, event.batch_id, event.camera_id)
        elif opened and not self._knows_version(event):
            await batches.refuse_version(tx, self.ledger, event)

    def _knows_version(self, event: DeletionCleared) -> bool:
        # Which of the known versions binds is judged at the mark, by the one that binds then.
        known = {binding.version for binding in self.forbids.log.policies.get(event.policy_id, ())}
        return event.policy_version_expected in known


async def answer(
    tx: AsyncConnection, ledger: Ledger, protection: Protection, causes: tuple[Received, ...] = ()
) -> None:
    """Say HoldApplied with its three lists. The caller holds the gate exclusively: no mark can slip in between."""
    await gate.no_arrivals(tx)
    found = await (counted(tx, protection) if is_countable(protection) else one_by_one(tx, protection))
    event = applied(protection, found)
    because = Because(actor=CUSTODY, at=await db_now(tx), causes=tuple(causes))
    hold_id = str(protection.hold_id)
    await ledger.append(tx, event, stream_id=f"hold/{hold_id}/answer", key=hold_id, because=because)


async def one_by_one(tx: AsyncConnection, protection: Protection) -> Answer:
    """Return the answer of any protection, each segment judged with what is filed about it."""
    found = Answer()
    async for camera in covered(tx, protection):
        found.tell(lists(camera))
    return found


async def covered(tx: AsyncConnection, protection: Protection) -> AsyncIterator[list[Filmed]]:
    """Yield everything that a protection covers, whatever its state, a camera at a time, by start and generation."""
    cameras = sorted({camera for scope in protection.scopes for camera in scope.cameras})
    every = any(not scope.cameras for scope in protection.scopes)
    wanted = () if every else tuple(cameras)
    starts = min(scope.starts_at for scope in protection.scopes)
    ends = [scope.ends_at for scope in protection.scopes]
    until = None if None in ends else max(end for end in ends if end is not None)
    known = await facts.filed(tx, wanted)
    async for run in _by_camera(catalog.filmed_in(tx, wanted, starts, until)):
        part = narrowed(protection, run[0].camera_id)
        yield [row for row in run if is_covered(part, known.of(row))]


async def _by_camera(rows: AsyncIterator[Filmed]) -> AsyncIterator[list[Filmed]]:
    run = list[Filmed]()
    async for row in rows:
        if run and row.camera_id != run[0].camera_id:
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _nothing() -> Scope:
    # No camera has an empty id.
    return Scope(cameras=("",), starts_at=EPOCH)
