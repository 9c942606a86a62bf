"""C6: a fact filed later changes what a hold covers. The answer is amended; what was lawfully destroyed stays gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import store as catalog
from services.ingest.catalog.footage import Footage
from services.ingest.custody import facts, gate
from services.ingest.custody.answers import is_covered
from services.ingest.custody.forbids import Forbids
from services.ingest.ledger import Because, Ledger
from services.kernel.batches import lines
from services.kernel.events import HoldAnswerAmended
from services.kernel.mark import SegmentState
from services.kernel.protection import Protection, is_active
from services.runtime.database import db_now


@dataclass(frozen=True, slots=True)
class Amending:
    """Surrounds the filing of a fact with a look at what every standing protection covers before and after."""

    ledger: Ledger
    forbids: Forbids

    @asynccontextmanager
    async def around(
        self, tx: AsyncConnection, camera_id: str, starts: datetime, ends: datetime, because: Because
    ) -> AsyncIterator[None]:
        """Take the gate, let the caller file its fact, then amend answers. Nothing is marked in between."""
        await gate.exclusive(tx)
        await self.forbids.catch_up(tx)
        standing = await self._standing(tx)
        before = await self._covered(tx, camera_id, starts, ends, standing)
        yield
        after = await self._covered(tx, camera_id, starts, ends, standing)
        for protection in standing:
            known = {each.key for each in before[protection.seq]}
            more = [each for each in after[protection.seq] if each.key not in known]
            if more:
                await self._amend(tx, protection, more, because)

    async def _standing(self, tx: AsyncConnection) -> list[Protection]:
        now = await db_now(tx)
        return [
            each
            for each in self.forbids.log.protections.values()
            if is_active(each, now) and any(s.area or s.officer or s.incident for s in each.scopes)
        ]

    async def _covered(
        self, tx: AsyncConnection, camera_id: str, starts: datetime, ends: datetime, standing: list[Protection]
    ) -> dict[int, list[Footage]]:
        if not standing:
            return {}
        filed = await facts.filed(tx, [camera_id])
        rows = await catalog.between(tx, [camera_id], starts, ends, most=2**31 - 1)
        known = [(row, filed.of(row)) for row in rows]
        return {each.seq: [row for row, fact in known if is_covered(each, fact)] for each in standing}

    async def _amend(self, tx: AsyncConnection, protection: Protection, more: list[Footage], because: Because) -> None:
        event = HoldAnswerAmended(
            hold_id=protection.hold_id,
            seq=protection.seq,
            newly_secured=lines(each.key for each in more if each.state is SegmentState.KEPT),
            found_gone=lines(each.key for each in more if each.state is not SegmentState.KEPT),
            fact=because.reason,
        )
        hold_id = str(protection.hold_id)
        await self.ledger.append(tx, event, stream_id=f"hold/{hold_id}/answer", key=hold_id, because=because)
