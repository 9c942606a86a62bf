"""The Kafka side of R1: what comes from the log goes through the projector into the tables, with the offsets."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.envelope import Recorded
from services.kernel.events import DeletionCleared
from services.kernel.ids import PROTECTION_LOG
from services.retention import store
from services.retention.buckets import Connection
from services.retention.projector import project
from services.runtime import database
from services.runtime.worker import Received, Rejected

CONSUMER = "retention.log"
TOPICS = ("segment.events", "hold.events", "custody.events", "camera.events", "shift.events")


class LogHandler:
    """Applies batches of the log. It emits nothing: what follows from a record is the sweep's to find."""

    async def apply(self, tx: AsyncConnection, batch: Sequence[Received]) -> None:
        """Write one batch. Raises Rejected for values that Postgres can't hold."""
        connection = await database.raw(tx)
        try:
            await apply(connection, batch)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            raise Rejected(str(error)) from error


async def apply(connection: Connection, batch: Sequence[Received]) -> None:
    """Write what these records change; a record of the protection log that was read before changes nothing."""
    fresh = await store.keep_protections(connection, [_kept(r) for r in batch if _on_protection_log(r.recorded)])
    facts = [
        r.recorded for r in batch if not _on_protection_log(r.recorded) or r.recorded.envelope.stream_version in fresh
    ]
    await store.carry_out(connection, project(facts))


def _on_protection_log(record: Recorded) -> bool:
    return record.envelope.stream_id == PROTECTION_LOG


def _kept(received: Received) -> tuple[int, str, bytes | None]:
    event = received.recorded.event
    # Clearances forbid nothing and there are many: their position is all that the fold needs.
    value = None if isinstance(event, DeletionCleared) else received.raw
    return received.recorded.envelope.stream_version, type(event).__name__, value
