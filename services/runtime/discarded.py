"""How a discarded record is told: by an event on a topic of the service that gave it up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.envelope import Actor, recorded
from services.kernel.events import RecordDiscarded
from services.runtime.database import db_now
from services.runtime.outbox import Outbox

Tell = Callable[[AsyncConnection, RecordDiscarded, Actor], Awaitable[None]]
"""Puts the event about a discard on a topic of the service, in the transaction of the discard."""


def tell_through(outbox: Outbox) -> Tell:
    """Return what tells of a discard where a service keeps no ledger of its own streams."""

    async def tell(tx: AsyncConnection, event: RecordDiscarded, actor: Actor) -> None:
        at = await db_now(tx)
        fact = recorded(event, stream_id=discard_stream(), stream_version=1, at=at, actor=actor)
        await outbox.append(tx, [fact], event.position)

    return tell


def discard_stream() -> str:
    """Return a stream for the event of one discard; a restored database gives the numbers of letters again."""
    return f"discard/{uuid4()}"
