"""C2: two persons settle a parked record, by reading it again after a repair, or because access wrote it anew."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.custody import batch_lines, batches, gate, store
from services.ingest.custody.forbids import Forbids
from services.ingest.custody.parking import parked_stream
from services.ingest.custody.reading import answer
from services.ingest.ledger import Because, Ledger
from services.kernel.envelope import Actor
from services.kernel.events import DeletionCleared, HoldExtended, HoldPlaced, ProtectionSettled
from services.kernel.mark import Guard
from services.runtime.codec import Undecodable
from services.runtime.database import db_now
from services.runtime.http import Refusal


class How(StrEnum):
    """The two ways. There is no third: an accepted hold is never discarded."""

    RETRIED = "retried"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Settling:
    """The command behind ``POST /parked/{id}/settle``."""

    ledger: Ledger
    forbids: Forbids

    async def settle(self, tx: AsyncConnection, parked_id: str, how: How, actor: Actor) -> str:
        """Return ``proposed`` for the first person, ``settled`` for the second. Raises Refusal."""
        await gate.exclusive(tx)
        row = await store.parked_row(tx, parked_id)
        if row is None or row.seq is not None:
            raise Refusal("NotParked", status=404, title="No such parked record", detail=f"{parked_id} is not parked")
        self._possible(row, how, await store.parked_of(tx, row.hold_id))
        if not row.proposed_by or row.how != how:
            await store.propose_settling(tx, parked_id, actor.id, how)
            return "proposed"
        if row.proposed_by == actor.id:
            raise Refusal(
                "FourEyesNeeded",
                status=409,
                title="A second person must settle it",
                detail=f"{actor.id} proposed this already",
                remedy="Let another person settle it.",
            )
        await self._apply(tx, row, how, actor)
        return "settled"

    def _possible(self, row: store.ParkedRow, how: How, of_hold: list[store.ParkedRow]) -> None:
        if how is How.RETRIED:
            self._readable(row)
            self._first(row, of_hold)
        elif not any(self._places(later) for later in of_hold if later.log_offset > row.log_offset):
            raise Refusal(
                "NothingSupersedes",
                status=409,
                title="No later record places this hold",
                detail=f"hold {row.hold_id or 'unknown'} has no readable placement behind {row.parked_id}",
                remedy=f"`camledger hold write-again {row.hold_id or 'HOLD_ID'}` first.",
            )

    def _readable(self, row: store.ParkedRow) -> None:
        try:
            self.forbids.codec.decode(row.raw)
        except Undecodable as still:
            raise Refusal(
                "StillUnreadable",
                status=409,
                title="The record still can't be read",
                detail=str(still),
                remedy="Repair its schema or codec first, or supersede it after "
                f"`camledger hold write-again {row.hold_id or 'HOLD_ID'}`.",
            ) from still

    def _first(self, row: store.ParkedRow, of_hold: list[store.ParkedRow]) -> None:
        """Its answer names what the hold reaches by all records up to it: those before it come first."""
        earlier = [each for each in of_hold if each.seq is None and each.log_offset < row.log_offset]
        if earlier:
            raise Refusal(
                "EarlierIsParked",
                status=409,
                title="An earlier record of the same hold is parked",
                detail=f"{earlier[0].parked_id} stands before {row.parked_id}",
                remedy=f"Settle {earlier[0].parked_id} first.",
            )

    def _places(self, row: store.ParkedRow) -> bool:
        return row.seq is not None and isinstance(self.forbids.codec.decode(row.raw).event, HoldPlaced)

    async def _apply(self, tx: AsyncConnection, row: store.ParkedRow, how: How, actor: Actor) -> None:
        """Put in the record (if it was repaired) and all that waited behind it, in the order of the log."""
        unread = [each for each in await store.parked_of(tx, row.hold_id) if each.seq is None]
        if how is How.RETRIED:
            await self._put_in(tx, row)
        await store.settle(tx, [row.parked_id], await db_now(tx))
        released = [row] if how is How.RETRIED else []
        if [each.parked_id for each in unread] in ([row.parked_id], []):
            released += await self._release(tx, row.hold_id)
        await store.reload_needed(tx)
        await self.forbids.catch_up(tx)
        await self._say(tx, row, how, actor)
        await self._answer(tx, released)

    async def _put_in(self, tx: AsyncConnection, row: store.ParkedRow) -> None:
        record = self.forbids.codec.decode(row.raw)
        if isinstance(record.event, DeletionCleared):
            # It waited too long to be carried out; without an answer access would call it in flight for ever.
            if await batch_lines.open_batch(tx, record.event, UUID(int=0)):
                await batches.void(tx, self.ledger, record.event.batch_id, record.event.camera_id, Guard.PARKED)
        else:
            await store.keep(tx, record.envelope.stream_version, row.log_offset, row.raw)

    async def _release(self, tx: AsyncConnection, hold_id: str) -> list[store.ParkedRow]:
        waiting = await store.parked_of(tx, hold_id)
        for each in waiting:
            assert each.seq is not None
            await store.keep(tx, each.seq, each.log_offset, each.raw)
        await store.settle(tx, [each.parked_id for each in waiting], await db_now(tx))
        return waiting

    async def _say(self, tx: AsyncConnection, row: store.ParkedRow, how: How, actor: Actor) -> None:
        persons = (row.proposed_by, actor.id)
        event = ProtectionSettled(parked_id=row.parked_id, hold_id=row.hold_id, how=how.value, settled_by=persons)
        because = Because(actor=actor, at=await db_now(tx))
        key = row.hold_id or row.parked_id
        await self.ledger.append(tx, event, stream_id=parked_stream(row.parked_id), key=key, because=because)

    async def _answer(self, tx: AsyncConnection, released: list[store.ParkedRow]) -> None:
        """Answer each order under its own number, by what its hold reached up to there."""
        for row in released:
            event = self.forbids.codec.decode(row.raw).event
            if isinstance(event, HoldPlaced | HoldExtended):
                stood = await self.forbids.history(tx, event.hold_id)
                await answer(tx, self.ledger, stood[event.seq])
