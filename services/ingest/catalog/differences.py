"""SQL of the comparison of catalog and stores: what to look at next, what is known, and where they differ now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.kernel.batches import SegmentKey
from services.kernel.ids import EPOCH, from_micros, micros

MISSING, OTHER, EXTRA = "missing_bytes", "other_hash", "extra_version"
UNKNOWN, RETURNED = "unknown_bytes", "returned_bytes"
HOLD_MISSING, HOLD_EXTRA, DELETION_REFUSED = "legal_hold_missing", "legal_hold_extra", "deletion_refused"
KINDS = (MISSING, OTHER, EXTRA, UNKNOWN, RETURNED, HOLD_MISSING, HOLD_EXTRA, DELETION_REFUSED)
OF_KEPT = frozenset({MISSING, OTHER, EXTRA, HOLD_MISSING, HOLD_EXTRA})
"""What can only be wrong with footage that is to be kept."""
ALARMS = frozenset({MISSING, OTHER})
NOBODY = SegmentKey(camera_id="", started_at=EPOCH, generation=0)
"""Whose unknown bytes are."""

_HOURS = text("""
select camera_id, hour from (
    (select distinct camera_id, hour from segment_hour where (camera_id, hour) > (:camera, :hour)
      order by camera_id, hour limit :most)
    union
    (select distinct camera_id, hour from segment_hot where (camera_id, hour) > (:camera, :hour)
      order by camera_id, hour limit :most)
) next order by camera_id, hour limit :most
""")
_COPIES = text("""
select started_us, generation, location from segment_copy
 where camera_id = :camera
   and started_us >= :hour * 3600000000::bigint and started_us < (:hour + 1) * 3600000000::bigint
""")
# From a file's place back to its segment: by folder for packed hours, one by one for the open ones and arrivals.
_KNOWN = text("""
with packed as (
    select h.camera_id, h.hour * 3600000000::bigint + u.o as started_us, h.generation, h.folder || u.n as location
      from segment_hour h, lateral unnest(h.offsets_us, h.names) as u(o, n) where h.folder = any(:folders)
), found as (
    select * from packed where location = any(:locations)
    union all
    select camera_id, started_us, generation, location from segment_hot where location = any(:locations)
)
select f.location, f.camera_id, f.started_us, f.generation, coalesce(t.state, 'kept') as state
  from found f left join segment_state t using (camera_id, started_us, generation)
union all
select location, '', 0, 0, 'arriving' from intake_journal where location = any(:locations)
""")
_FOUND = text("""
insert into difference (location, difference, camera_id, started_us, generation, found_at)
values (:location, :difference, :camera_id, :started_us, :generation, :at)
on conflict do nothing returning location
""")
_STANDING = text("select * from difference order by random() limit :most")
_LISTED = text("""
select * from difference where (location, difference) > (:location, :difference)
 order by location, difference limit :most
""")
_MENDED = text("delete from difference where location = :location and difference = :difference returning location")
_AGAIN = text("""
insert into destruction_due (camera_id, started_us, generation)
select camera_id, started_us, generation from segment_state
 where camera_id = :camera and started_us = :us and generation = :generation and state = 'gone'
on conflict do nothing
""")
_COUNTS = text("select difference, count(*) as n from difference group by difference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where catalog and storage disagree; ``place`` is ``<store>:<location>``."""

    place: str
    difference: str
    key: SegmentKey = NOBODY


async def next_hours(tx: AsyncConnection, after: tuple[str, int], most: int) -> list[tuple[str, int]]:
    """Return the camera-hours that follow ``after``; none at the end."""
    rows = await tx.execute(_HOURS, {"camera": after[0], "hour": after[1], "most": most})
    return [(row.camera_id, row.hour) for row in rows]


async def copies_in(tx: AsyncConnection, camera_id: str, hour: int) -> dict[tuple[datetime, int], list[str]]:
    """Return where the second copies of one camera-hour lie, by start and generation."""
    found: dict[tuple[datetime, int], list[str]] = {}
    for row in await tx.execute(_COPIES, {"camera": camera_id, "hour": hour}):
        found.setdefault((from_micros(row.started_us), row.generation), []).append(row.location)
    return found


async def known(tx: AsyncConnection, locations: Sequence[str]) -> dict[str, tuple[str, SegmentKey]]:
    """Return state and segment of the places that the catalog or the journal of intake knows."""
    folders = sorted({location[: location.rfind("/") + 1] for location in locations})
    rows = await tx.execute(_KNOWN, {"folders": folders, "locations": list(locations)})
    return {
        row.location: (
            row.state,
            SegmentKey(camera_id=row.camera_id, started_at=from_micros(row.started_us), generation=row.generation),
        )
        for row in rows
    }


async def found(tx: AsyncConnection, difference: Difference, at: datetime) -> bool:
    """Note a difference; True if that is news."""
    row: dict[str, Any] = {"location": difference.place, "difference": difference.difference, "at": at}
    key = difference.key
    row |= {"camera_id": key.camera_id, "started_us": micros(key.started_at), "generation": key.generation}
    return (await tx.execute(_FOUND, row)).scalar() is not None


async def standing(tx: AsyncConnection, most: int) -> list[Difference]:
    """Return differences that stand, other ones each time where there are more."""
    return [
        Difference(
            place=row.location,
            difference=row.difference,
            key=SegmentKey(camera_id=row.camera_id, started_at=from_micros(row.started_us), generation=row.generation),
        )
        for row in await tx.execute(_STANDING, {"most": most})
    ]


async def listed(tx: AsyncConnection, after: tuple[str, str], most: int) -> list[dict[str, Any]]:
    """Return what stands now in order of place, from behind ``after`` on."""
    rows = await tx.execute(_LISTED, {"location": after[0], "difference": after[1], "most": most})
    return [
        {
            "place": row.location,
            "difference": row.difference,
            "camera_id": row.camera_id,
            "started_at": from_micros(row.started_us) if row.camera_id else None,
            "generation": row.generation,
            "found_at": row.found_at,
        }
        for row in rows
    ]


async def mended(tx: AsyncConnection, difference: Difference) -> bool:
    """Forget a difference that is no more; False if none stood."""
    gone = await tx.execute(_MENDED, {"location": difference.place, "difference": difference.difference})
    return gone.scalar() is not None


async def destroy_again(tx: AsyncConnection, key: SegmentKey) -> None:
    """Let the deleter have footage that is gone by its receipt, and whose bytes lie there all the same."""
    row = {"camera": key.camera_id, "us": micros(key.started_at), "generation": key.generation}
    await tx.execute(_AGAIN, row)


async def counts(tx: AsyncConnection) -> dict[str, int]:
    """Return how many differences of each kind stand now; every kind is named."""
    rows = {row.difference: int(row.n) for row in await tx.execute(_COUNTS)}
    return {kind: rows.get(kind, 0) for kind in KINDS}
