"""Which topics an installation has read, by its services' own tables: one that is gone must not come back empty."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import asyncpg

from services.kernel.topics import SERVICES
from services.runtime import database
from services.runtime.settings import Settings

CONNECT_S = 10
THERE = "SELECT to_regclass('consumer_topic') IS NOT NULL"
READ = "SELECT consumer, topic FROM consumer_topic ORDER BY topic, consumer"

Readers = Mapping[str, Sequence[str]]
"""Consumers by the topic (such as ``hold.events``) that each has read."""


def readers(settings: Settings) -> Readers:
    """Return who has read which topic. A database that isn't there yet has read nothing.

    Raises OSError or PostgresError for one that doesn't answer: nobody knows what it has read.
    """
    return asyncio.run(_readers(settings))


async def _readers(settings: Settings) -> Readers:
    found: dict[str, list[str]] = {}
    for service in SERVICES:
        for consumer, topic in await _read_by(settings, service):
            found.setdefault(topic, []).append(consumer)
    return found


async def _read_by(settings: Settings, service: str) -> list[tuple[str, str]]:
    try:
        connection = await asyncpg.connect(database.dsn(settings, service), timeout=CONNECT_S)
    except asyncpg.InvalidPasswordError:
        raise
    except (asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError):
        return []  # Neither database nor role: not installed yet.
    try:
        rows = await connection.fetch(READ) if await connection.fetchval(THERE) else []
    finally:
        await connection.close()
    return [(row["consumer"], row["topic"]) for row in rows]
