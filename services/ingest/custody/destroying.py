"""The manifest of a destruction under way: every place of one segment, its versions there, and when it was gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.projector import key_row
from services.kernel.batches import SegmentKey

ORIGINAL, REPLICA = "original", "replica"

_SEGMENT = "camera_id = :camera_id and started_us = :started_us and generation = :generation"
_LISTED = text(f"select place, what, versions, absent_at from destruction_place where {_SEGMENT} order by what, place")  # noqa: S608 (names of our own columns)
_LIST = text("""
insert into destruction_place (camera_id, started_us, generation, place, what, versions)
values (:camera_id, :started_us, :generation, :place, :what, :versions)
on conflict (camera_id, started_us, generation, place) do update set versions = excluded.versions
""")
_PROVED = text(f"update destruction_place set absent_at = :at where {_SEGMENT} and place = :place")  # noqa: S608 (as above)
_FORGET = text(f"delete from destruction_place where {_SEGMENT}")  # noqa: S608 (as above)
_TRIED = text(f"update destruction_due set tried_at = :at where {_SEGMENT}")  # noqa: S608 (as above)
_TRANSFERS = text(f"select repository_id, case_number from segment_transfer where {_SEGMENT} order by 1, 2")  # noqa: S608 (as above)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One copy: ``place`` is ``<store>:<location>``, ``versions`` what the store had there when it was asked."""

    place: str
    what: str
    versions: tuple[str, ...] = ()
    absent_at: datetime | None = None


async def listed(tx: AsyncConnection, key: SegmentKey) -> tuple[Place, ...]:
    """Return the manifest as far as it was written down, the original first."""
    rows = await tx.execute(_LISTED, key_row(key))
    return tuple(
        Place(place=row.place, what=row.what, versions=tuple(row.versions), absent_at=row.absent_at) for row in rows
    )


async def write_down(tx: AsyncConnection, key: SegmentKey, places: Iterable[Place]) -> None:
    """Write places down before anything of them goes, so that the receipt can name what a killed deleter took."""
    rows = [key_row(key) | {"place": each.place, "what": each.what, "versions": list(each.versions)} for each in places]
    if rows:
        await tx.execute(_LIST, rows)


async def proved(tx: AsyncConnection, key: SegmentKey, places: Iterable[str], at: datetime) -> None:
    """Note places whose store has answered absent."""
    for place in places:
        await tx.execute(_PROVED, key_row(key) | {"place": place, "at": at})


async def forget(tx: AsyncConnection, key: SegmentKey) -> None:
    """The receipt has it all now."""
    await tx.execute(_FORGET, key_row(key))


async def tried(tx: AsyncConnection, key: SegmentKey, at: datetime) -> None:
    """Let what wasn't tried yet go first next time."""
    await tx.execute(_TRIED, key_row(key) | {"at": at})


async def transfers(tx: AsyncConnection, key: SegmentKey) -> list[str]:
    """Return where clips of it went, as repository and case: out of our reach."""
    return [f"{row.repository_id} ({row.case_number})" for row in await tx.execute(_TRANSFERS, key_row(key))]
