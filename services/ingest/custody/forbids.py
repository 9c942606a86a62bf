"""Custody's copy of the protection log in memory. The table is the truth; who judges catches up with it first."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.protection import OfOneHold, Protection, ProtectionLog, folded
from services.runtime.codec import Codec

_POSITION = text("select seq, log_offset, unread, reloads from custody_position where one = 1")
_SINCE = text("select seq, raw from protection_log where seq > :seq order by seq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far custody has read the protection log."""

    seq: int = 0
    log_offset: int = -1
    unread: int = 0
    reloads: int = 0


async def position(tx: AsyncConnection) -> Position:
    """Return custody's position as committed, or as this transaction has changed it."""
    row = (await tx.execute(_POSITION)).one_or_none()
    return Position() if row is None else Position(**row._asdict())


@dataclass(slots=True)
class Forbids:
    """One reader's fold of the table ``protection_log``. Not shared between threads."""

    codec: Codec
    log: ProtectionLog = field(default_factory=ProtectionLog)
    _reloads: int = 0

    async def catch_up(self, tx: AsyncConnection) -> int:
        """Fold in what was applied since; return the position up to which the log has been read."""
        at = await position(tx)
        # Ahead of the table: a transaction that this memory took part in was rolled back.
        if at.reloads != self._reloads or self.log.seq > at.seq:
            self.log, self._reloads = ProtectionLog(), at.reloads
        for row in await tx.execute(_SINCE, {"seq": self.log.seq}):
            # Clearances and unreadable records have a seq too and are kept elsewhere, so the numbers here have holes.
            self.log.seq = row.seq - 1
            self.log.apply(self.codec.decode(bytes(row.raw)))
        return at.seq

    async def history(self, tx: AsyncConnection, hold_id: UUID) -> dict[int, Protection]:
        """Return a protection as it stood after each of its records that custody has read, by ``seq``."""
        state: Protection | None = None
        stood: dict[int, Protection] = {}
        for row in await tx.execute(_SINCE, {"seq": 0}):
            event = self.codec.decode(bytes(row.raw)).event
            if isinstance(event, OfOneHold) and event.hold_id == hold_id:
                state = folded(state, event)
            if state is not None:
                stood.setdefault(state.seq, state)
        return stood
