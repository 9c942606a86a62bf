"""What time alone does here: terms end, reviews come due, the footage of open requests runs out (I6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.ledger import SYSTEM, Desk, gate
from services.access.protections import store
from services.access.protections.projector import state_of
from services.access.requests import listing, office
from services.access.requests.commands import CloseRequest, Signatory
from services.access.requests.file import protection_id
from services.access.tables import protection
from services.kernel.events import HoldProposed, HoldReviewDue, ProtectionKind

TIMER: Final = Signatory(person=SYSTEM.id, roles=frozenset({SYSTEM.role}))
# Enough for a person to read a notice, decide, and place the hold.
SPOLIATION_NOTICE: Final = timedelta(days=3)


class Clocks:
    """One turn of the ticker; each finding is decided in a transaction of its own and stands on the log."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def turn(self, engine: AsyncEngine) -> None:
        """Close expired requests, tell of due reviews, propose holds before a request's protection ends."""
        async with engine.connect() as tx:
            now = await self._desk.clock(tx)
            expired = [row["request_id"] for row in await listing.open_until(tx, now)]
            due = await _reviews_due(engine, now)
            ending = await _protections_ending(engine, now)
        for request_id in expired:
            await self._expire(engine, request_id)
        for hold_id in due:
            await self._tell_review(engine, hold_id)
        for hold_id in ending:
            await self._propose_hold(engine, hold_id)

    async def _expire(self, engine: AsyncEngine, request_id: UUID) -> None:
        command = CloseRequest(request_id=request_id, by=TIMER, outcome="expired")
        await office.close(engine, self._desk, command)

    async def _tell_review(self, engine: AsyncEngine, hold_id: UUID) -> None:
        async with engine.begin() as tx:
            seq = await gate(tx)
            row = (await tx.execute(select(protection).where(protection.c.hold_id == hold_id))).mappings().one()
            ledger = await self._desk.ledger(tx, SYSTEM)
            # Somebody may have extended the hold since we looked.
            if row["review_told"] or row["review_by"] is None or row["review_by"] > ledger.now:
                return
            due = HoldReviewDue(hold_id=hold_id, seq=seq + 1, review_by=row["review_by"])
            await ledger.protect(due, str(hold_id))

    async def _propose_hold(self, engine: AsyncEngine, hold_id: UUID) -> None:
        async with engine.begin() as tx:
            seq = await gate(tx)
            row = (await tx.execute(select(protection).where(protection.c.hold_id == hold_id))).mappings().one()
            if row["hold_proposed"]:
                return
            ledger = await self._desk.ledger(tx, SYSTEM)
            await ledger.protect(_proposal(row, seq + 1), str(hold_id))


def _proposal(row: RowMapping, seq: int) -> HoldProposed:
    state = state_of(row)
    assert state.protects_until is not None
    return HoldProposed(
        hold_id=state.hold_id,
        seq=seq,
        request_id=state.request_id,
        scope=state.scopes[0],
        runs_out_at=state.protects_until,
    )


async def _reviews_due(engine: AsyncEngine, now: datetime) -> list[UUID]:
    async with engine.connect() as tx:
        rows = await store.protections(tx, active_at=now)
    return [r["hold_id"] for r in rows if r["review_by"] is not None and r["review_by"] <= now and not r["review_told"]]


async def _protections_ending(engine: AsyncEngine, now: datetime) -> list[UUID]:
    async with engine.connect() as tx:
        rows = await store.protections(tx, active_at=now)
        soon = await listing.open_until(tx, now + SPOLIATION_NOTICE)
    open_ones = {protection_id(row["request_id"]) for row in soon}
    is_request = ProtectionKind.REQUEST
    return [
        r["hold_id"] for r in rows if r["kind"] == is_request and r["hold_id"] in open_ones and not r["hold_proposed"]
    ]
