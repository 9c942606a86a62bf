"""Builds the tables of analytics anew from the log, into a schema of their own (I5). Emits nothing.

The audit log is rebuilt from its own topic: its order is a fact of its own, and no other topic knows it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.analytics.audit.sequencer import row
from services.analytics.projector import project
from services.analytics.store import write
from services.analytics.tables import METADATA, audit_entry, audit_log
from services.analytics.worker import TOPICS_READ
from services.kernel.events import AuditEntry
from services.kernel.merkle import Frontier, leaf_hash
from services.runtime import shadow
from services.runtime.kafka_read import chunks
from services.runtime.received import Received
from services.runtime.shadow import Read, understood

PROJECTION, OPERATIONAL = "projection", "operational"
OPERATIONAL_TABLES = frozenset(
    {
        "live_event",  # windows reach two days back and are brought level with the registers at each start
        "live_window",
        "live_worker",
        "consumer_offset",
        "consumer_topic",
        "outbox",
        "dead_letter",
        "blocked_key",
    }
)
TABLES = {name: OPERATIONAL if name in OPERATIONAL_TABLES else PROJECTION for name in sorted(METADATA.tables)}


class BrokenLog(RuntimeError):
    """``audit.log`` isn't dense: an index is missing."""


async def rebuild(engine: AsyncEngine, into_schema: str, read: Read) -> None:
    """Fill ``into_schema``, which must not exist, from the log.

    Any order of topics gives the same tables. Records that can't be decoded are passed over. Raises BrokenLog.
    """
    async with engine.begin() as tx:
        await shadow.create(tx, into_schema, METADATA)
    for topic in TOPICS_READ:
        for chunk in chunks(understood(read(topic))):
            async with engine.begin() as tx:
                await shadow.enter(tx, into_schema)
                await write(tx, project(received.recorded for received in chunk))
    await _rebuild_tree(engine, into_schema, understood(read("audit.log")))


async def _rebuild_tree(engine: AsyncEngine, schema: str, records: Iterable[Received]) -> None:
    trees: dict[str, Frontier] = {}
    for chunk in chunks(records):
        entries = [received.recorded.event for received in chunk if isinstance(received.recorded.event, AuditEntry)]
        fresh = [one for one in entries if _is_next(trees, one)]
        async with engine.begin() as tx:
            await shadow.enter(tx, schema)
            if fresh:
                await tx.execute(insert(audit_entry), [row(one) for one in fresh])
    async with engine.begin() as tx:
        await shadow.enter(tx, schema)
        for origin, tree in trees.items():
            head = {"origin": origin, "size": tree.size, "peaks": list(tree.peaks), "root": tree.root()}
            await tx.execute(insert(audit_log).values(head))


def _is_next(trees: dict[str, Frontier], one: AuditEntry) -> bool:
    tree = trees.setdefault(one.origin, Frontier())
    if one.index < tree.size:
        return False  # A relay that was killed tells its last records twice.
    if one.index > tree.size:
        raise BrokenLog(f"{one.origin}: entry {one.index} follows {tree.size - 1}")
    trees[one.origin] = tree.append(leaf_hash(one.entry))
    return True
