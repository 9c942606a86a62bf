"""A4: each deletion batch is echoed once into the protection log, under the gate. No predicate is judged here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.ledger import SYSTEM, Desk, Ledger, gate
from services.access.tables import clearance
from services.kernel.events import DeletionCleared, DeletionCommanded
from services.runtime.worker import Received


class ClearingHandler:
    """Worker ``access.deletions``: deletion.commands in, DeletionCleared out."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        # The gate before anything else: outbox order = lock order = log order (F6).
        seq = await gate(tx)
        for received in batch:
            command = received.recorded.event
            if isinstance(command, DeletionCommanded) and not await _known(tx, command):
                ledger = await self._desk.ledger(tx, SYSTEM, causes=(received,))
                seq = await _clear(ledger, command, seq, received)


async def _known(tx: AsyncConnection, command: DeletionCommanded) -> bool:
    return await tx.scalar(select(clearance.c.seq).where(clearance.c.batch_id == command.batch_id)) is not None


async def _clear(ledger: Ledger, command: DeletionCommanded, seq: int, received: Received) -> int:
    ledger.correlation_id = str(received.recorded.envelope.event_id)
    event = DeletionCleared(
        batch_id=command.batch_id,
        seq=seq + 1,
        camera_id=command.camera_id,
        lines=command.lines,
        policy_id=command.policy_id,
        policy_version_expected=command.policy_version_expected,
    )
    await ledger.protect(event, key=str(command.batch_id))
    return seq + 1
