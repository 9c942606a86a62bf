"""C1p: a record of the protection log that can't be read stops destruction in its scope, or everywhere (F15)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.custody import gate, store
from services.ingest.custody.forbids import position
from services.ingest.ledger import CUSTODY, Because, Ledger
from services.kernel.events import ProtectionParked
from services.runtime.database import db_now
from services.runtime.received import Spoiled
from services.runtime.scope_header import scope_from


def parked_stream(parked_id: str) -> str:
    """Return the stream of one parked record: parked, then settled."""
    return f"parked/{parked_id}"


@dataclass(frozen=True, slots=True)
class Parking:
    """What the worker ``ingest.protection`` does with records that it can't decode."""

    ledger: Ledger

    async def park(self, tx: AsyncConnection, spoiled: Spoiled) -> None:
        """Keep the bytes, bar marks in the scope that the header names, and say so; other holds go on."""
        await gate.exclusive(tx)
        parked_id = f"{spoiled.topic}/{spoiled.partition}/{spoiled.offset}"
        scope = scope_from(spoiled.headers)
        row = store.ParkedRow(
            parked_id=parked_id,
            hold_id=spoiled.key,
            log_offset=spoiled.offset,
            raw=spoiled.raw,
            seq=None,
            error=spoiled.reason,
            proposed_by="",
            how="",
        )
        await store.park(tx, row, scope, everywhere=scope is None)
        at = await position(tx)
        await store.advance(tx, at.seq, spoiled.offset, unread=at.unread + 1)
        event = ProtectionParked(
            parked_id=parked_id,
            hold_id=spoiled.key,
            offset=spoiled.offset,
            everywhere=scope is None,
            error=spoiled.reason,
        )
        because = Because(actor=CUSTODY, at=await db_now(tx))
        await self.ledger.append(
            tx, event, stream_id=parked_stream(parked_id), key=spoiled.key or parked_id, because=because
        )
