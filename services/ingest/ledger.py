"""Write a decision: its rows and its event leave in one transaction, or neither does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest import streams
from services.ingest.projector import project
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import Event, RecordDiscarded
from services.runtime.database import db_now
from services.runtime.discarded import discard_stream
from services.runtime.outbox import Outbox
from services.runtime.received import Received


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Who decided, when by our clock, and what it rests on."""

    actor: Actor
    at: datetime
    occurred_at: datetime | None = None
    reason: str = ""
    legal_basis: str = ""
    policy_version: str = ""
    causation_id: str = ""
    causes: tuple[Received | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """The one door through which ingest's events go out."""

    outbox: Outbox

    async def append(
        self, tx: AsyncConnection, event: Event, *, stream_id: str, key: str, because: Because, version: int = 0
    ) -> Recorded:
        """Number the event in its stream (which locks it), write its rows, put it into the outbox."""
        number = version or await streams.next_version(tx, stream_id)
        record = recorded(
            event,
            stream_id=stream_id,
            stream_version=number,
            at=because.at,
            actor=because.actor,
            occurred_at=because.occurred_at,
            reason=because.reason,
            legal_basis=because.legal_basis,
            policy_version=because.policy_version,
            causation_id=because.causation_id,
        )
        await project(tx, record)
        await self.outbox.append(tx, [record], key, causes=because.causes)
        return record

    async def discarded(self, tx: AsyncConnection, event: RecordDiscarded, actor: Actor) -> None:
        """Say that two persons gave a record up (``runtime.deadletter.Tell``)."""
        because = Because(actor=actor, at=await db_now(tx))
        await self.append(tx, event, stream_id=discard_stream(), key=event.position, because=because)


def timer(rule: str) -> Actor:
    """Return the actor of something that the system does by itself: it names its rule (I6)."""
    return Actor(id=rule, role="system")


CUSTODY = timer("custody")
INTAKE = timer("intake")
