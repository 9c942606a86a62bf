"""Access' own streams: lock, number, keep and queue, all in the transaction of the decision.

Nothing else writes to ``fact`` or the outbox. Order of locks: the gate of the protection log, then streams.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access import projection
from services.access.shelf import Shelf
from services.access.tables import fact, protection_gate, stream
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import Event, RecordDiscarded
from services.kernel.ids import PROTECTION_LOG
from services.kernel.topics import topic_of
from services.runtime.codec import Codec
from services.runtime.database import db_now
from services.runtime.discarded import discard_stream
from services.runtime.outbox import Outbox
from services.runtime.worker import Received

SERVICE = "access"
Clock = Callable[[AsyncConnection], Awaitable[datetime]]
# Break-glass under which this request is answered: whatever it writes says so, whichever way it takes to the log.
UNDER: ContextVar[str] = ContextVar("break_glass", default="")
SYSTEM = Actor(id="access", role="service:access")


def request_stream(request_id: UUID) -> str:
    """Return the stream of a request's own events."""
    return f"request/{request_id}"


def approval_stream(request_id: UUID) -> str:
    """Return the stream of the signatures on a request."""
    return f"approval/{request_id}"


def access_stream(request_id: UUID | str) -> str:
    """Return the stream of what was opened under a request."""
    return f"access/{request_id}"


@dataclass(slots=True)
class Ledger:
    """One decision's way onto the log. ``now`` is the database clock, read once the first lock is held."""

    tx: AsyncConnection
    outbox: Outbox
    codec: Codec
    actor: Actor
    now: datetime
    on_behalf_of: str = ""
    policy_version: str = ""
    reason: str = ""
    legal_basis: str = ""
    correlation_id: str = ""
    causes: Sequence[Received | str] = ()
    written: list[Recorded] = field(default_factory=list)

    async def append(self, stream_id: str, event: Event, key: str) -> Recorded:
        """Append one event to a stream whose row this transaction locks here, if it hadn't before."""
        version = await lock(self.tx, stream_id) + 1
        return await self._write(stream_id, version, event, key)

    async def protect(self, event: Event, key: str) -> Recorded:
        """Append one event to the protection log; the caller holds the gate and numbered the event by it."""
        seq = await gate(self.tx) + 1
        assert getattr(event, "seq", None) == seq, (event, seq)
        await self.tx.execute(update(protection_gate).values(seq=seq))
        return await self._write(PROTECTION_LOG, seq, event, key)

    async def _write(self, stream_id: str, version: int, event: Event, key: str) -> Recorded:
        record = self._recorded(stream_id, version, event)
        await keep(self.tx, record, self.codec.encode(record, SERVICE))
        await projection.apply(self.tx, record)
        await self.outbox.append(self.tx, [record], key, self.causes)
        self.written.append(record)
        return record

    def _recorded(self, stream_id: str, version: int, event: Event) -> Recorded:
        return recorded(
            event,
            stream_id=stream_id,
            stream_version=version,
            at=self.now,
            actor=self.actor,
            on_behalf_of=self.on_behalf_of,
            reason=" ".join(each for each in (self.reason, UNDER.get()) if each),
            legal_basis=self.legal_basis,
            policy_version=self.policy_version,
            correlation_id=self.correlation_id,
        )


async def gate(tx: AsyncConnection) -> int:
    """Take the one lock of the protection log and return its last seq. Always the first lock of a transaction."""
    found = await tx.scalar(select(protection_gate.c.seq).with_for_update())
    if found is None:
        await tx.execute(upsert(protection_gate).values(id=1, seq=0).on_conflict_do_nothing())
        found = await tx.scalar(select(protection_gate.c.seq).with_for_update())
    assert found is not None
    return int(found)


async def lock(tx: AsyncConnection, stream_id: str) -> int:
    """Lock a stream's row, born with version 0, and return its last version."""
    await tx.execute(upsert(stream).values(stream_id=stream_id, version=0).on_conflict_do_nothing())
    found = await tx.scalar(select(stream.c.version).where(stream.c.stream_id == stream_id).with_for_update())
    assert found is not None
    return int(found)


async def keep(tx: AsyncConnection, record: Recorded, value: bytes) -> None:
    """Store one record of our own and move its stream's version."""
    at = record.envelope
    row = {
        "stream_id": at.stream_id,
        "stream_version": at.stream_version,
        "topic": topic_of(type(record.event), SERVICE).name,
        "event_type": type(record.event).__name__,
        "recorded_at": at.recorded_at,
        "value": value,
    }
    await tx.execute(insert(fact).values(row))
    versions = upsert(stream).values(stream_id=at.stream_id, version=at.stream_version)
    newer = func.greatest(stream.c.version, versions.excluded.version)
    await tx.execute(versions.on_conflict_do_update(index_elements=["stream_id"], set_={"version": newer}))


async def history(tx: AsyncConnection, codec: Codec, *stream_ids: str) -> list[Recorded]:
    """Return the events of some streams, each in its own order."""
    wanted = select(fact.c.value).where(fact.c.stream_id.in_(stream_ids))
    rows = await tx.scalars(wanted.order_by(fact.c.stream_id, fact.c.stream_version))
    return [codec.decode(value) for value in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What opens a Ledger: outbox, codec and policy packs of this process, and the clock that it decides by."""

    outbox: Outbox
    codec: Codec
    shelf: Shelf
    clock: Clock = db_now

    async def ledger(
        self,
        tx: AsyncConnection,
        actor: Actor,
        *,
        policy_version: str = "",
        on_behalf_of: str = "",
        causes: Sequence[Received | str] = (),
    ) -> Ledger:
        """Open a ledger at the database clock, after the caller has taken the locks that it decides under."""
        return Ledger(
            tx=tx,
            outbox=self.outbox,
            codec=self.codec,
            actor=actor,
            now=await self.clock(tx),
            policy_version=policy_version,
            on_behalf_of=on_behalf_of,
            causes=causes,
        )

    async def discarded(self, tx: AsyncConnection, event: RecordDiscarded, actor: Actor) -> None:
        """Say that two persons gave a record up (``runtime.deadletter.Tell``)."""
        await (await self.ledger(tx, actor)).append(discard_stream(), event, event.position)
