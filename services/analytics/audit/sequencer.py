"""Gives each entry its index in the tree and puts it on ``audit.log``. The row of its origin makes it single."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.audit.entry import entry
from services.analytics.tables import audit_entry, audit_log
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import AuditEntry
from services.kernel.merkle import Frontier, leaf_hash
from services.runtime.database import db_now
from services.runtime.outbox import Outbox
from services.runtime.received import Received

SEQUENCER = Actor(id="analytics.sequencer", role="service:analytics")


class Sequencer:
    """Appends to the log of one origin, inside the worker's transaction: rows, tree and outbox commit together."""

    def __init__(self, outbox: Outbox, origin: str) -> None:
        self._outbox, self._origin = outbox, origin

    async def append(self, tx: AsyncConnection, batch: Sequence[Received]) -> int:
        """Append the events that are not in the log yet; return how many. A repeat adds nothing."""
        if not batch:
            return 0
        frontier = await locked(tx, self._origin)
        fresh = await self._unseen(tx, batch)
        if not fresh:
            return 0
        entries = tuple(self._entries(frontier.size, (received.recorded for received in fresh)))
        await store(tx, frontier, entries)
        now = await db_now(tx)
        facts = [_fact(one, source.recorded, now) for one, source in zip(entries, fresh, strict=True)]
        await self._outbox.append(tx, facts, key=self._origin, causes=fresh[:1])
        return len(entries)

    async def _unseen(self, tx: AsyncConnection, batch: Sequence[Received]) -> list[Received]:
        by_id = {received.recorded.envelope.event_id: received for received in reversed(batch)}
        asked = select(audit_entry.c.subject_event_id).where(
            audit_entry.c.origin == self._origin, audit_entry.c.subject_event_id.in_(list(by_id))
        )
        seen = set((await tx.execute(asked)).scalars())
        return [received for event_id, received in reversed(by_id.items()) if event_id not in seen]

    def _entries(self, size: int, facts: Iterable[Recorded]) -> Iterable[AuditEntry]:
        for index, fact in enumerate(facts, start=size):
            yield AuditEntry(
                origin=self._origin,
                index=index,
                event_type=type(fact.event).__name__,
                subject_event_id=fact.envelope.event_id,
                entry=entry(fact),
            )


async def locked(tx: AsyncConnection, origin: str) -> Frontier:
    """Return the tree of an origin as it stands; nobody else appends to it before this transaction ends."""
    fresh = {"origin": origin, "size": 0, "peaks": [], "root": Frontier().root()}
    await tx.execute(upsert(audit_log).on_conflict_do_nothing(), fresh)
    row = (await tx.execute(select(audit_log).filter_by(origin=origin).with_for_update())).one()
    return Frontier(size=row.size, peaks=tuple(row.peaks))


async def store(tx: AsyncConnection, frontier: Frontier, entries: Sequence[AuditEntry]) -> None:
    """Append entries of one origin to its tree, which ``locked`` returned; their indexes go on where it ends."""
    if not entries:
        return
    rows = [row(one) for one in entries]
    for one in rows:
        frontier = frontier.append(one["leaf"])
    await tx.execute(insert(audit_entry), rows)
    grown = {"size": frontier.size, "peaks": list(frontier.peaks), "root": frontier.root()}
    await tx.execute(update(audit_log).where(audit_log.c.origin == entries[0].origin).values(grown))


def _fact(one: AuditEntry, source: Recorded, now: datetime) -> Recorded:
    return recorded(
        one,
        stream_id=f"audit/{one.origin}",
        stream_version=one.index + 1,
        at=now,
        actor=SEQUENCER,
        occurred_at=source.envelope.occurred_at,
        causation_id=str(source.envelope.event_id),
    )


def row(one: AuditEntry) -> dict[str, Any]:
    """Return the table's row of an entry, as the sequencer writes it and a rebuild reads it from ``audit.log``."""
    return {
        "origin": one.origin,
        "index": one.index,
        "subject_event_id": one.subject_event_id,
        "event_type": one.event_type,
        "entry": one.entry,
        "leaf": leaf_hash(one.entry),
    }
