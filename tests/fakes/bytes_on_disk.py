"""What really lies on disk: every byte of a broker's segments, batches unpacked, and of a database's files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import asyncpg
import cramjam
from confluent_kafka.admin import AdminClient, ConfigResource

from services.runtime import database
from services.runtime.settings import Settings

# A record batch of Kafka's format v2: its length, where its attributes and its records stand.
LENGTH_AT, ATTRIBUTES_AT, RECORDS_AT, PREFIX = 8, 21, 61, 12
ZSTD, CODEC_MASK = 4, 7
# A vacuum keeps what the oldest running transaction of the cluster may see, and what a reader of this database may.
SEEN_BY_OLDER = """
SELECT pg_snapshot_xmin(pg_current_snapshot()) <= $1::text::xid8 OR EXISTS (
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND age(backend_xmin) >= age($1::text::xid8::xid))
"""
STILL_S, PATIENCE = 0.05, 1_200


def of_the_log(settings: Settings) -> bytes:
    """Return every segment of this installation's topics as it lies there, and once more with its batches unpacked."""
    admin = AdminClient({"bootstrap.servers": settings.kafka})
    (broker,) = admin.list_topics(timeout=10).brokers
    ((_, asked),) = admin.describe_configs([ConfigResource("BROKER", str(broker))]).items()
    folder = Path(asked.result()["log.dirs"].value)
    segments = [path for path in folder.glob(f"{settings.topic_prefix}*/*") if path.is_file()]
    assert segments, f"no segment of {settings.topic_prefix} in {folder}"
    raw = [path.read_bytes() for path in segments]
    return b"".join(raw) + b"".join(each for path, content in zip(segments, raw, strict=True)
                                    if path.suffix == ".log" for each in unpacked(content))  # fmt: skip


def unpacked(segment: bytes) -> Iterator[bytes]:
    at = 0
    while at + RECORDS_AT <= len(segment) and (length := int.from_bytes(segment[at + LENGTH_AT : at + PREFIX])):
        records = segment[at + RECORDS_AT : at + PREFIX + length]
        codec = int.from_bytes(segment[at + ATTRIBUTES_AT : at + ATTRIBUTES_AT + 2]) & CODEC_MASK
        assert codec in {0, ZSTD}, f"batches are packed with codec {codec}, which this doesn't unpack"
        yield bytes(cramjam.zstd.decompress(records)) if codec == ZSTD else records
        at += PREFIX + length


def of_database(settings: Settings, name: str) -> bytes:
    """Return every byte of one database's own files after a checkpoint and a full vacuum; the WAL isn't among them."""
    return asyncio.run(_of_database(database.dsn(settings, name)))


async def _of_database(dsn: str) -> bytes:
    connection = await asyncpg.connect(dsn)
    try:
        await _nobody_sees_older(connection)
        await _nobody_sees_older(connection)
        await connection.execute("VACUUM FULL")
        await connection.execute("CHECKPOINT")
        cluster = Path(cast("str", await connection.fetchval("SHOW data_directory")))
        oid = await connection.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
    finally:
        await connection.close()
    files = [path for path in (cluster / "base" / str(oid)).iterdir() if path.is_file()]
    assert files, f"no file of {dsn}"
    return b"".join(path.read_bytes() for path in files)


async def _nobody_sees_older(connection: asyncpg.Connection) -> None:
    """Wait until every transaction that may see what was deleted before now has ended."""
    mine = await connection.fetchval("SELECT pg_current_xact_id()::text")
    for _ in range(PATIENCE):
        if not await connection.fetchval(SEEN_BY_OLDER, mine):
            return
        await asyncio.sleep(STILL_S)
    raise AssertionError(f"a transaction older than {mine} still runs: a vacuum would keep what it may see")
