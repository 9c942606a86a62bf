"""Which topics a service has read, carried over a switch: tables that come from a topic made anew go on in that one.

A rollback brings the ids of before back, because they are switched as a table among the others.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.settings import Settings
from services.runtime.topic_ids import topic_ids

ASIDE = "consumer_topic"
READ = text("SELECT DISTINCT topic, topic_id FROM public.consumer_topic WHERE topic_id <> ''")


async def made_anew(tx: AsyncConnection, settings: Settings) -> dict[str, str]:
    """Return the topics, with the ids that they have now, of which some consumer of the service has read another."""
    rows = (await tx.execute(READ)).all()
    # Not only those that tables are made from: a reader of commands keeps none.
    ids = topic_ids(settings, {topic for topic, _ in rows})
    return {topic: ids[topic] for topic, read in rows if ids.get(topic, read) != read}


async def carried(tx: AsyncConnection, shadow: str, anew: Mapping[str, str]) -> None:
    """Fill the shadow's table with the live one's ids, and with the new ones of topics that were made anew."""
    await tx.execute(text(f'INSERT INTO "{shadow}".{ASIDE} SELECT * FROM public.{ASIDE}'))  # noqa: S608 - our names
    for topic, found in anew.items():
        change = text(f'UPDATE "{shadow}".{ASIDE} SET topic_id = :id WHERE topic = :topic')  # noqa: S608 - our names
        await tx.execute(change, {"id": found, "topic": topic})
