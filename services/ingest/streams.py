"""Versions of the streams that ingest writes. Taking the next version locks the stream until the transaction ends."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_NEXT = text(
    "insert into stream values (:id, :first) "
    "on conflict (stream_id) do update set version = stream.version + 1 returning version"
)
_SEEN = text(
    "insert into stream values (:id, :version) "
    "on conflict (stream_id) do update set version = greatest(stream.version, excluded.version)"
)
_VERSION = text("select version from stream where stream_id = :id")


async def next_version(tx: AsyncConnection, stream_id: str) -> int:
    """Return the version of the event that follows. A segment's own recording is version 1 and takes no row here."""
    first = 2 if stream_id.startswith("segment/") else 1
    return int((await tx.execute(_NEXT, {"id": stream_id, "first": first})).scalar_one())


async def seen(tx: AsyncConnection, stream_id: str, version: int) -> None:
    """Remember a version that was read from the log."""
    await seen_all(tx, [(stream_id, version)])


async def seen_all(tx: AsyncConnection, versions: Iterable[tuple[str, int]]) -> None:
    """Remember versions that were read from the log, each with its stream."""
    rows = [{"id": s, "version": version} for s, version in versions if version > 1 or not s.startswith("segment/")]
    if rows:
        await tx.execute(_SEEN, rows)


async def version_of(tx: AsyncConnection, stream_id: str) -> int:
    """Return the last version, 0 for a stream without a row."""
    return int((await tx.execute(_VERSION, {"id": stream_id})).scalar() or 0)
