"""Checks of operational tables: they never come from the log, so each states a sentence of its own that must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCheck:
    """``faults`` is SQL that counts the rows for which ``holds`` is not true."""

    table: str
    holds: str
    faults: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What only the service knows about its tables: own checks, and which event must have left rows where."""

    own: tuple[OwnCheck, ...]
    fed_by: Mapping[str, type]


RUNTIME_CHECKS = (
    OwnCheck(
        table="blocked_key",
        holds="a key waits only behind an open dead letter",
        faults="""SELECT count(*) FROM blocked_key b WHERE NOT EXISTS (SELECT FROM dead_letter d
            WHERE (d.consumer, d.topic, d.key) = (b.consumer, b.topic, b.key) AND d.settled_at IS NULL)""",
    ),
    OwnCheck(
        table="dead_letter",
        holds="what is parked waits behind a blocked key",
        faults="""SELECT count(*) FROM dead_letter d WHERE d.kind = 'parked' AND d.settled_at IS NULL
            AND NOT EXISTS (SELECT FROM blocked_key b WHERE (b.consumer, b.topic, b.key) = (d.consumer, d.topic, d.key))
        """,
    ),
    OwnCheck(
        table="outbox",
        holds="every row names a topic and has a value",
        faults="SELECT count(*) FROM outbox WHERE topic = '' OR length(value) = 0",
    ),
    OwnCheck(
        table="consumer_topic",
        holds="each id is one of Kafka's, or empty where the broker gives none",
        faults="SELECT count(*) FROM consumer_topic WHERE topic_id <> '' AND topic_id !~ '^[A-Za-z0-9_-]{22}$'",
    ),
    OwnCheck(
        table="consumer_offset",
        holds="no consumer stands before the beginning",
        faults="SELECT count(*) FROM consumer_offset WHERE next_offset < 0",
    ),
)


async def faults_of(tx: AsyncConnection, check: OwnCheck) -> int:
    """Return how many rows contradict a check."""
    found = await tx.scalar(text(check.faults))
    assert isinstance(found, int), check
    return found
