"""Which topics a service has read, carried over a switch: tables that come from a topic made anew go on in that one.

A rollback brings the ids of before back, because they are switched as a table among the others.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

ASIDE = "consumer_topic"
READ = text("SELECT DISTINCT topic, topic_id FROM public.consumer_topic WHERE topic_id <> ''")


async def made_anew(tx: AsyncConnection, ids: Mapping[str, str]) -> dict[str, str]:
    """Return the topics, with the ids that they have now, of which some consumer has read another."""
    rows = (await tx.execute(READ)).all()
    return {topic: ids[topic] for topic, read in rows if ids.get(topic, read) != read}


async def carried(tx: AsyncConnection, shadow: str, anew: Mapping[str, str]) -> None:
    """Fill the shadow's table with the live one's ids, and with the new ones of topics that were made anew."""
    await tx.execute(text(f'INSERT INTO "{shadow}".{ASIDE} SELECT * FROM public.{ASIDE}'))  # noqa: S608 - our names
    for topic, found in anew.items():
        change = text(f'UPDATE "{shadow}".{ASIDE} SET topic_id = :id WHERE topic = :topic')  # noqa: S608 - our names
        await tx.execute(change, {"id": found, "topic": topic})
