"""Builds the tables of analytics anew from the log, into a schema of their own, and digests them (I5). Emits nothing.

The audit log is rebuilt from its own topic: its order is a fact of its own, and no other topic knows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.analytics.audit.sequencer import row
from services.analytics.projector import project
from services.analytics.store import write
from services.analytics.tables import METADATA, audit_entry, audit_log
from services.analytics.worker import TOPICS_READ
from services.kernel.events import AuditEntry
from services.kernel.merkle import Frontier, leaf_hash
from services.runtime.kafka_read import chunks
from services.runtime.received import Received, Spoiled

Read = Callable[[str], Iterable[Received | Spoiled]]

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
CHUNK = 1_000


class BrokenLog(RuntimeError):
    """``audit.log`` isn't dense: an index is missing."""


async def rebuild(engine: AsyncEngine, into_schema: str, read: Read) -> dict[str, str]:
    """Fill ``into_schema``, which must not exist, from the log and return its digests.

    ``read`` yields a topic's records from its beginning, in order within each partition; any order of topics gives the
    same tables. Records that can't be decoded are passed over. Raises BrokenLog.
    """
    async with engine.begin() as tx:
        await tx.execute(text(f'CREATE SCHEMA "{into_schema}"'))
        await _use(tx, into_schema)
        await tx.run_sync(lambda connection: METADATA.create_all(connection, checkfirst=False))
    for topic in TOPICS_READ:
        for chunk in chunks(_understood(read(topic))):
            async with engine.begin() as tx:
                await _use(tx, into_schema)
                await write(tx, project(received.recorded for received in chunk))
    await _rebuild_tree(engine, into_schema, _understood(read("audit.log")))
    return await digests(engine, into_schema)


async def digests(engine: AsyncEngine, schema: str = "public") -> dict[str, str]:
    """Return a sha256 in hex over the ordered rows of each projection of a schema."""
    found = {}
    for name in (name for name, kind in TABLES.items() if kind == PROJECTION):
        async with engine.begin() as tx:
            await _use(tx, schema)
            found[name] = await _digest(tx, name)
    return found


async def _digest(tx: AsyncConnection, name: str) -> str:
    digest = hashlib.sha256()
    columns = ", ".join(f'"{column.name}"' for column in METADATA.tables[name].columns)
    keys = ", ".join(f'"{column.name}"' for column in METADATA.tables[name].primary_key)
    query = f"SELECT CAST(ROW({columns}) AS text) AS line FROM {name} ORDER BY {keys}"  # noqa: S608 - from METADATA
    async for line in await tx.stream_scalars(text(query), execution_options={"yield_per": CHUNK}):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


async def _rebuild_tree(engine: AsyncEngine, schema: str, records: Iterable[Received]) -> None:
    trees: dict[str, Frontier] = {}
    for chunk in chunks(records):
        entries = [received.recorded.event for received in chunk if isinstance(received.recorded.event, AuditEntry)]
        fresh = [one for one in entries if _is_next(trees, one)]
        async with engine.begin() as tx:
            await _use(tx, schema)
            if fresh:
                await tx.execute(insert(audit_entry), [row(one) for one in fresh])
    async with engine.begin() as tx:
        await _use(tx, schema)
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


def _understood(records: Iterable[Received | Spoiled]) -> Iterator[Received]:
    return (record for record in records if isinstance(record, Received))


async def _use(tx: AsyncConnection, schema: str) -> None:
    await tx.execute(text(f'SET LOCAL search_path TO "{schema}"'))
    await tx.execute(text("SET LOCAL timezone TO 'UTC'"))
