"""Which records of a topic each service has read, asked of every service's own database: a topic made anew must do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.operations.comparing import engine_for
from services.kernel.topics import SERVICES
from services.runtime.codec import LOG_TOPIC
from services.runtime.settings import Settings

CUSTODY = "ingest.protection"
MET = text("SELECT consumer, topic, topic_id FROM consumer_topic WHERE topic_id <> '' ORDER BY consumer")
OFFSETS = text("SELECT consumer, topic, partition, next_offset FROM consumer_offset")
# How far each has understood the protection log, whose records are numbered without a hole.
UNDERSTOOD = {
    "ingest": text("SELECT seq, seq + unread FROM custody_position"),
    "retention": text("SELECT max(seq), max(seq) FROM protection_record HAVING max(seq) IS NOT NULL"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What was read: ids and offsets by (consumer, topic), ``seqs`` by service: newest, and with unreadable ones."""

    ids: Mapping[tuple[str, str], str]
    offsets: Mapping[tuple[str, str], Mapping[int, int]]
    seqs: Mapping[str, tuple[int, int]]

    def strangers(self, topic: str, found: str) -> list[str]:
        """Return who has read another topic of this name than the one with the id ``found``."""
        return [consumer for (consumer, name), read in self.ids.items() if name == topic and read != found]

    def furthest(self, topic: str) -> dict[int, int]:
        """Return the highest next offset that anybody has, by partition."""
        most: dict[int, int] = {}
        for (_, name), parts in self.offsets.items():
            for partition, offset in parts.items() if name == topic else ():
                most[partition] = max(offset, most.get(partition, 0))
        return most

    def lost(self, topic: str, kept: int) -> str:
        """Return why the ``kept`` records of the writer can't be all that there were, empty if nothing says so."""
        for service, (seq, _) in self.seqs.items() if topic == LOG_TOPIC else ():
            if seq > kept:
                return f"{service} has read seq {seq:,} of {topic}, and access keeps {kept:,} records of it"
        return ""

    def surplus(self, topic: str, kept: int) -> int:
        """Return how many records more than ``kept`` were read: repeats of a relay, or records that are lost."""
        return max(0, sum(self.furthest(topic).values()) - kept)

    def misplaced(self, topic: str, kept: int) -> str:
        """Return why custody couldn't go on: its offset counts repeats, and behind them it has something to read."""
        offset = self.offsets.get((CUSTODY, topic), {}).get(0, 0)
        _, seq = self.seqs.get("ingest", (0, 0))
        if topic != LOG_TOPIC or offset == seq or seq >= kept:
            return ""
        return (
            f"custody stands at offset {offset:,} of {topic}, which isn't that of the seq {seq:,} up to which it read"
        )


async def knowledge(settings: Settings) -> Knowledge:
    """Ask every service's database. Raises OSError or SQLAlchemyError for one that doesn't answer."""
    ids: dict[tuple[str, str], str] = {}
    offsets: dict[tuple[str, str], dict[int, int]] = {}
    seqs: dict[str, tuple[int, int]] = {}
    for service in SERVICES:
        engine = engine_for(settings, service)
        try:
            async with engine.connect() as tx:
                ids |= {(consumer, topic): read for consumer, topic, read in await tx.execute(MET)}
                for consumer, topic, partition, offset in await tx.execute(OFFSETS):
                    offsets.setdefault((consumer, topic), {})[partition] = offset
                if (understood := await _understood(tx, service)) is not None:
                    seqs[service] = understood
        finally:
            await engine.dispose()
    return Knowledge(ids=ids, offsets=offsets, seqs=seqs)


async def _understood(tx: AsyncConnection, service: str) -> tuple[int, int] | None:
    if service not in UNDERSTOOD:
        return None
    row = (await tx.execute(UNDERSTOOD[service])).one_or_none()
    return None if row is None else (row[0], row[1])
