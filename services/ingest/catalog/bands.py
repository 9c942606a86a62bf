"""A camera's footage as bands: intervals that stand alike, counted hour by hour without unpacking every segment.

A page that draws three months of a camera asks this; the list of segments would be a hundred thousand lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import store
from services.ingest.http import Caller
from services.ingest.plain import iso
from services.kernel.batches import SEGMENT_HOURS_MAX, hour_of
from services.kernel.ids import from_micros, micros
from services.runtime.bodies import Instant

router = APIRouter(prefix="/api/v1", tags=["catalog"])

HOUR_US: Final = 3_600_000_000
# Recorders leave less than this between two files; more is a gap.
SEAM_US: Final = 2_000_000
# Hours that hold a break, or footage in several states, are looked into one by one; more than these are left out.
LOOKED_INTO_MAX: Final = 200
WINDOW_DAYS_MAX: Final = 400

# Columns of one index alone: the arrays of three months are megabytes.
HOURS = text("""
select hour, generation, segments as number, hour * 3600000000::bigint + chunk as starts,
       hour * 3600000000::bigint + ends_us as ends, filmed_us as filmed
  from segment_hour where camera_id = :camera and hour between :first and :last
""")
LEFT = text("""
select started_us / 3600000000 as hour, generation, state, count(*) as number from segment_state
 where camera_id = :camera and started_us >= :first * 3600000000::bigint
   and started_us < (:last + 1) * 3600000000::bigint
 group by 1, 2, 3
""")
_HOT = text(
    "select distinct hour, generation from segment_hot where camera_id = :camera and hour between :first and :last"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Footage in a row that stands alike. Microseconds."""

    state: str
    starts: int
    ends: int
    number: int


@router.get("/bands")
async def bands(
    request: Request,
    _caller: Caller,
    *,
    camera: Annotated[str, Query(max_length=200)],
    start: Annotated[Instant, Query(alias="from")],
    end: Annotated[Instant, Query(alias="to")],
) -> dict[str, Any]:
    """Tell a camera's footage in [from, to) as bands by start; at most 400 days.

    ``complete`` is false when some of it is left out.
    """
    first, last = hour_of(start.astimezone(UTC)) - SEGMENT_HOURS_MAX, hour_of(end.astimezone(UTC))
    wanted = {"camera": camera, "first": max(first, last - WINDOW_DAYS_MAX * 24), "last": last}
    async with request.app.state.engine.begin() as tx:
        found, complete = await _found(tx, wanted)
    touching = (band for band in found if band.ends > micros(start) and band.starts < micros(end))
    return {"bands": [_told(band) for band in joined(touching)], "complete": complete}


async def _found(tx: AsyncConnection, wanted: Mapping[str, Any]) -> tuple[list[Band], bool]:
    whole, broken = await _hours(tx, wanted)
    broken |= {(row.hour, row.generation) for row in await tx.execute(_HOT, wanted)}
    looked_into = sorted(broken)[-LOOKED_INTO_MAX:]
    for hour, generation in looked_into:
        rows = await store.in_hour(tx, wanted["camera"], hour, generation)
        whole += [
            Band(state=row.state.value, starts=micros(row.started_at), ends=micros(row.ended_at), number=1)
            for row in rows.values()
        ]
    return whole, len(looked_into) == len(broken)


async def _hours(tx: AsyncConnection, wanted: Mapping[str, Any]) -> tuple[list[Band], set[tuple[int, int]]]:
    """Return the hours that stand alike throughout, and those that must be looked into."""
    left: dict[tuple[int, int], dict[str, int]] = {}
    for row in (await tx.execute(LEFT, wanted)).all():
        left.setdefault((row.hour, row.generation), {})[row.state] = row.number
    rows = (await tx.execute(HOURS, wanted)).all()
    chunks: dict[tuple[int, int], int] = {}
    for row in rows:
        chunks[row.hour, row.generation] = chunks.get((row.hour, row.generation), 0) + 1
    whole: list[Band] = []
    broken: set[tuple[int, int]] = set()
    for row in rows:
        key = (row.hour, row.generation)
        state = _alike(row.number, left.get(key, {}))
        has_break = row.ends - row.starts - row.filmed > SEAM_US * row.number
        if chunks[key] > 1 or state is None or has_break:
            broken.add(key)
        else:
            whole.append(Band(state=state, starts=row.starts, ends=row.ends, number=row.number))
    return whole, broken


def _alike(number: int, left: Mapping[str, int]) -> str | None:
    """Return the one state of an hour's segments, None where there are several."""
    if not left:
        return "kept"
    (state, counted), *others = left.items()
    return state if counted == number and not others else None


def joined(bands: Iterable[Band]) -> list[Band]:
    """Return bands by start; neighbours that stand alike are one."""
    found: list[Band] = []
    for band in sorted(bands, key=lambda each: (each.starts, each.ends)):
        last = found[-1] if found else None
        if last is not None and last.state == band.state and band.starts - last.ends <= SEAM_US:
            ends = max(last.ends, band.ends)
            found[-1] = Band(state=last.state, starts=last.starts, ends=ends, number=last.number + band.number)
        else:
            found.append(band)
    return found


def _told(band: Band) -> dict[str, object]:
    ends = {"from": iso(from_micros(band.starts)), "to": iso(from_micros(band.ends))}
    return {"state": band.state, "segments": band.number, **ends}
