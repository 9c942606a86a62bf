"""The runtime's tables in every service's own database: offsets, topics, outbox, dead letters, blocked keys."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

NAMING = {
    "pk": "%(table_name)s_pkey",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}

RUNTIME_TABLES = ("consumer_offset", "consumer_topic", "outbox", "dead_letter", "blocked_key")


def metadata_for(service: str) -> MetaData:
    """Return fresh metadata of a service's database with the runtime's tables in it; the service adds its own."""
    metadata = MetaData(naming_convention=NAMING, info={"service": service})
    _consumer_offset(metadata)
    _consumer_topic(metadata)
    _outbox(metadata)
    _dead_letter(metadata)
    _blocked_key(metadata)
    return metadata


def _consumer_offset(metadata: MetaData) -> None:
    Table(
        "consumer_offset",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("topic", Text, primary_key=True),
        Column("partition", Integer, primary_key=True),
        Column("next_offset", BigInteger, nullable=False, comment="The next record to read, not the last one read."),
    )


def _consumer_topic(metadata: MetaData) -> None:
    Table(
        "consumer_topic",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("topic", Text, primary_key=True),
        Column("topic_id", Text, nullable=False, comment="Of the topic that was read; empty: the broker gives none."),
    )


def _outbox(metadata: MetaData) -> None:
    Table(
        "outbox",
        metadata,
        # Without a cache per session, ids rise in the order in which the writers of one stream hold its lock.
        Column("id", BigInteger, Identity(always=True, cache=1), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("key", LargeBinary, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("value", LargeBinary, nullable=False),
    )


def _dead_letter(metadata: MetaData) -> None:
    Table(
        "dead_letter",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("consumer", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("key", LargeBinary, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("kind", Text, nullable=False, comment="bad, or parked behind a bad one of its key"),
        Column("reason", Text, nullable=False),
        Column("found_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
        Column("settled_at", DateTime(timezone=True)),
        Column("outcome", Text, nullable=False, server_default="", comment="retried or discarded; empty while open"),
        Column("settled_by", Text, nullable=False, server_default=""),
        Column("proposed_by", Text, nullable=False, server_default="", comment="Who would discard it."),
        UniqueConstraint("consumer", "topic", "partition", "offset"),
        Index(None, "consumer", "topic", "key"),
    )


def _blocked_key(metadata: MetaData) -> None:
    Table(
        "blocked_key",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("topic", Text, primary_key=True),
        Column("key", LargeBinary, primary_key=True),
        Column("since", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    )
