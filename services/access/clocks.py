"""What time alone does here: terms end, reviews come due, the footage of open requests runs out (I6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.ledger import SERVICE, SYSTEM, Desk, gate
from services.access.protections import store
from services.access.protections.projector import state_of
from services.access.requests import listing, office
from services.access.requests.commands import CloseRequest, Signatory
from services.access.requests.file import protection_id
from services.access.requests.packs import in_force
from services.access.requests.spoliation import clock
from services.access.tables import protection
from services.kernel.events import HoldProposed, HoldReviewDue
from services.kernel.hold_review import Review, review_of
from services.runtime import telemetry

TIMER: Final = Signatory(person=SYSTEM.id, roles=frozenset({SYSTEM.role}))
# Enough for a person to read a notice, decide, and place the hold.
SPOLIATION_NOTICE: Final = timedelta(days=3)
COUNTED: Final = (Review.SOON, Review.OVERDUE)


class Clocks:
    """One turn of the ticker; each finding is decided in a transaction of its own and stands on the log."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def turn(self, engine: AsyncEngine) -> None:
        """Close expired requests, tell of due reviews, propose holds before an open request's footage runs out."""
        async with engine.connect() as tx:
            now = await self._desk.clock(tx)
            expired = [row["request_id"] for row in await listing.open_until(tx, now)]
            active = await store.protections(tx, active_at=now)
            ending = await self._running_out(tx, now)
        _count_reviews(active, now)
        for request_id in expired:
            await self._expire(engine, request_id)
        for row in active:
            if _is_to_tell(row, now):
                await self._tell_review(engine, row["hold_id"])
        for hold_id, runs_out_at in ending.items():
            await self._propose_hold(engine, hold_id, runs_out_at)

    async def _expire(self, engine: AsyncEngine, request_id: UUID) -> None:
        command = CloseRequest(request_id=request_id, by=TIMER, outcome="expired")
        await office.close(engine, self._desk, command)

    async def _tell_review(self, engine: AsyncEngine, hold_id: UUID) -> None:
        async with engine.begin() as tx:
            seq = await gate(tx)
            row = (await tx.execute(select(protection).where(protection.c.hold_id == hold_id))).mappings().one()
            ledger = await self._desk.ledger(tx, SYSTEM)
            # Somebody may have extended or released the hold since we looked.
            if not _is_to_tell(row, ledger.now):
                return
            due = HoldReviewDue(hold_id=hold_id, seq=seq + 1, review_by=row["review_by"])
            await ledger.protect(due, str(hold_id))

    async def _running_out(self, tx: AsyncConnection, now: datetime) -> dict[UUID, datetime]:
        """Return the protections of open requests whose footage can soon be deleted, each with that instant."""
        soon = {protection_id(row["request_id"]): row for row in await listing.open_until(tx, now + SPOLIATION_NOTICE)}
        if not soon:
            return {}
        active = await store.protections(tx, active_at=now)
        standing = [state_of(row) for row in active]
        packs = {
            policy: await in_force(tx, self._desk, policy, now) for policy in {r["policy_id"] for r in soon.values()}
        }
        found: dict[UUID, datetime] = {}
        for row, state in zip(active, standing, strict=True):
            pack = packs[soon[state.hold_id]["policy_id"]] if state.hold_id in soon else None
            if pack is None or row["hold_proposed"]:
                continue
            at = clock(pack, state.scopes[-1], standing, now).runs_out_at
            if at is not None and at <= now + SPOLIATION_NOTICE:
                found[state.hold_id] = at
        return found

    async def _propose_hold(self, engine: AsyncEngine, hold_id: UUID, runs_out_at: datetime) -> None:
        async with engine.begin() as tx:
            seq = await gate(tx)
            row = (await tx.execute(select(protection).where(protection.c.hold_id == hold_id))).mappings().one()
            if row["hold_proposed"]:
                return
            ledger = await self._desk.ledger(tx, SYSTEM)
            await ledger.protect(_proposal(row, seq + 1, runs_out_at), str(hold_id))


def _proposal(row: RowMapping, seq: int, runs_out_at: datetime) -> HoldProposed:
    state = state_of(row)
    return HoldProposed(
        hold_id=state.hold_id,
        seq=seq,
        request_id=state.request_id,
        scope=state.scopes[-1],
        runs_out_at=runs_out_at,
    )


def _review(row: RowMapping, now: datetime) -> Review:
    return review_of(row["review_by"], row["protects_until"], now)


def _is_to_tell(row: RowMapping, now: datetime) -> bool:
    return not row["review_told"] and _review(row, now) is Review.OVERDUE


def _count_reviews(rows: Sequence[RowMapping], now: datetime) -> None:
    """Count what is overdue, told on the log or not: it stays an alarm until somebody has looked at the hold."""
    found = Counter(_review(row, now) for row in rows)
    for review in COUNTED:
        telemetry.gauge("camledger_hold_reviews", found[review], service=SERVICE, review=review)
