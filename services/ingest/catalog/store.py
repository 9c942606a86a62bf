"""SQL of the catalog. Times are asked with their hours, or Postgres would have to unpack every array."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog.footage import Filmed, Footage, filmed, footage
from services.ingest.tables import ATTRIBUTES
from services.kernel.batches import HOUR, SEGMENT_HOURS_MAX, hour_of
from services.kernel.events import SegmentRecorded
from services.kernel.ids import micros

LISTED_MAX = 10_000
PAGE = 2_000

SELECT = """
select s.*, coalesce(t.state, 'kept') as state, coalesce(t.mark_seq, 0) as mark_seq
  from segment s left join segment_state t using (camera_id, started_us, generation)
"""
_IN_HOUR = text(SELECT + " where s.camera_id = :camera and s.hour = :hour and s.generation = :generation")
_STARTING = text(
    SELECT + " where s.camera_id = :camera and s.hour = :hour and s.started_us = :us order by s.generation"
)
_BETWEEN = text(
    SELECT + " where (cast(:cameras as text[]) is null or s.camera_id = any(cast(:cameras as text[])))"
    " and s.hour between :first and :last and s.started_us < :ends and s.ended_us > :starts"
    " order by s.camera_id, s.started_us, s.generation limit :most"
)
_BY_SOURCE = text(SELECT + " where s.camera_id = :camera and s.source_id = :source order by s.started_us limit :most")
_LATEST_HOUR = text("""
select greatest((select max(hour) from segment_hour where camera_id = :camera and hour <= :hour),
                (select max(hour) from segment_hot where camera_id = :camera and hour <= :hour))
""")
_LATEST_END = text("""
select max(ended_us) from segment where camera_id = :camera and hour = :hour and clock_source <> 'attested'
""")

_ATTR = text(
    f"with new as (insert into segment_attr ({', '.join(ATTRIBUTES)}) "  # noqa: S608 (names of our own columns)
    f"values ({', '.join(':' + a for a in ATTRIBUTES)}) on conflict do nothing returning attr_id) "
    f"select attr_id from new union all select attr_id from segment_attr "
    f"where {' and '.join(f'{a} = :{a}' for a in ATTRIBUTES)} limit 1"
)
_ADD = text("""
insert into segment_hot (camera_id, started_us, generation, hour, ended_us, attr_id, size_bytes, sha256,
                         arrived_us, recorded_us, recovery_us, location)
select :camera, :us, :generation, :hour, :ended, :attr, :size, :sha256, :arrived, :recorded, :recovery, :location
 where not exists (select from segment_hour where camera_id = :camera and hour = :hour and generation = :generation
                      and offsets_us @> array[:us - :hour * 3600000000::bigint])
on conflict do nothing
""")
_FOLD = text("""
with closed as (
    delete from segment_hot where hour < :before returning *, substring(location from '^(.*/)?[^/]*$') as folder
), fresh as (
    select * from closed c
     where not exists (select from segment_hour h
                        where (h.camera_id, h.hour, h.generation) = (c.camera_id, c.hour, c.generation)
                          and h.offsets_us @> array[c.started_us - c.hour * 3600000000::bigint])
)
insert into segment_hour (camera_id, hour, generation, chunk, attr_id, folder, offsets_us, durations_us, sizes,
                          arrived_us, recorded_us, recovery_us, names, sha256)
select camera_id, hour, generation, min(started_us) - hour * 3600000000::bigint, attr_id, coalesce(folder, ''),
       array_agg(started_us - hour * 3600000000::bigint order by started_us),
       array_agg(ended_us - started_us order by started_us), array_agg(size_bytes order by started_us),
       array_agg(arrived_us order by started_us), array_agg(recorded_us order by started_us),
       array_agg(recovery_us order by started_us),
       array_agg(substr(location, length(coalesce(folder, '')) + 1) order by started_us),
       string_agg(sha256, ''::bytea order by started_us)
  from fresh group by camera_id, hour, generation, attr_id, coalesce(folder, '')
""")


async def add(tx: AsyncConnection, event: SegmentRecorded, recorded_at: datetime) -> None:
    """Write one segment; one that is there already, hot or folded, changes nothing."""
    await add_all(tx, [(event, recorded_at)])


async def add_all(tx: AsyncConnection, events: Iterable[tuple[SegmentRecorded, datetime]]) -> None:
    """Write segments with the instants at which they were recorded; what is there already is left as it is."""
    known: dict[tuple[object, ...], int] = {}
    rows = []
    for event, recorded_at in events:
        alike = tuple(getattr(event, name) for name in ATTRIBUTES)
        if alike not in known:
            known[alike] = await _attr(tx, dict(zip(ATTRIBUTES, alike, strict=True)))
        rows.append(_hot(event, recorded_at, known[alike]))
    if rows:
        await tx.execute(_ADD, rows)


async def _attr(tx: AsyncConnection, values: dict[str, object]) -> int:
    # Another session may insert the same attributes between snapshot and conflict: a second look finds them.
    found: int = (await tx.execute(_ATTR, values)).scalar() or (await tx.execute(_ATTR, values)).scalar_one()
    return found


def _hot(event: SegmentRecorded, recorded_at: datetime, attr: int) -> dict[str, object]:
    return {
        "camera": event.camera_id,
        "us": micros(event.started_at),
        "generation": event.generation,
        "hour": hour_of(event.started_at),
        "ended": micros(event.ended_at),
        "attr": attr,
        "size": event.size_bytes,
        "sha256": bytes(event.sha256),
        "arrived": micros(event.arrived_at),
        "recorded": micros(recorded_at),
        "recovery": micros(event.recovery_from),
        "location": event.location,
    }


async def fold(tx: AsyncConnection, before: datetime) -> int:
    """Pack every hour that closed before an instant into arrays; return how many rows that made.

    A repeat from our own log that slipped in while its hour was being packed is dropped: it stands there already.
    """
    return (await tx.execute(_FOLD, {"before": hour_of(before)})).rowcount


async def in_hour(tx: AsyncConnection, camera_id: str, hour: int, generation: int) -> dict[datetime, Footage]:
    """Return one camera-hour by start."""
    rows = await tx.execute(_IN_HOUR, {"camera": camera_id, "hour": hour, "generation": generation})
    found = [footage(row) for row in rows]
    return {each.started_at: each for each in found}


async def starting_at(tx: AsyncConnection, camera_id: str, started_at: datetime) -> list[Footage]:
    """Return every generation that a camera began at an instant, oldest first."""
    wanted = {"camera": camera_id, "hour": hour_of(started_at), "us": micros(started_at)}
    return [footage(row) for row in await tx.execute(_STARTING, wanted)]


async def between(
    tx: AsyncConnection, cameras: Sequence[str], starts: datetime, ends: datetime, most: int = LISTED_MAX
) -> list[Footage]:
    """Return what overlaps [starts, ends), by camera and start; no cameras means all of them."""
    wanted = {
        "cameras": list(cameras) or None,
        "first": hour_of(starts) - SEGMENT_HOURS_MAX,
        "last": hour_of(ends),
        "starts": micros(starts),
        "ends": micros(ends),
        "most": most,
    }
    return [footage(row) for row in await tx.execute(_BETWEEN, wanted)]


async def of_source(tx: AsyncConnection, camera_id: str, source_id: str) -> list[Footage]:
    """Return what one source of a camera delivered, for a memory card: what was on it."""
    rows = await tx.execute(_BY_SOURCE, {"camera": camera_id, "source": source_id, "most": LISTED_MAX})
    return [footage(row) for row in rows]


async def latest_end(tx: AsyncConnection, camera_id: str, before: datetime) -> int | None:
    """Return the end of the camera's newest own footage up to the hour of an instant, in microseconds.

    Footage that was taken over is no sign that the camera was recording for us.
    """
    wanted = {"camera": camera_id, "hour": hour_of(before)}
    hour = (await tx.execute(_LATEST_HOUR, wanted)).scalar()
    if hour is None:
        return None
    found: int | None = (await tx.execute(_LATEST_END, wanted | {"hour": hour})).scalar()
    return found


async def hours_of(
    tx: AsyncConnection, cameras: Sequence[str], starts: datetime, ends: datetime | None
) -> AsyncIterator[tuple[str, int]]:
    """Yield the camera-hours that may hold footage of an interval: what a hold looks at, bounded an hour at a time."""
    wanted = {
        "cameras": list(cameras) or None,
        "first": hour_of(starts) - SEGMENT_HOURS_MAX,
        "last": hour_of(ends) if ends else 2**31 - 1,
    }
    rows = await tx.execute(_HOURS, wanted)
    for row in rows:
        yield row.camera_id, row.hour


async def filmed_in(
    tx: AsyncConnection, cameras: Sequence[str], starts: datetime, ends: datetime | None
) -> AsyncIterator[Filmed]:
    """Yield what may lie in an interval, by camera, start and generation; no cameras means all of them.

    One statement read in pages: a hold over a thousand cameras looks at tens of thousands of hours.
    """
    wanted = {
        "cameras": list(cameras) or None,
        "first": hour_of(starts) - SEGMENT_HOURS_MAX,
        "last": hour_of(ends) if ends else 2**31 - 1,
    }
    async for page in (await tx.stream(FILMED, wanted)).partitions():
        for row in page:
            yield filmed(row)


async def hour_rows(tx: AsyncConnection, camera_id: str, hour: int) -> list[Footage]:
    """Return all generations of one camera-hour, by start and generation."""
    rows = await tx.execute(_HOUR_ROWS, {"camera": camera_id, "hour": hour})
    return sorted((footage(row) for row in rows), key=lambda f: (f.started_at, f.generation))


_HOURS = text("""
select camera_id, hour from segment_hour
 where (cast(:cameras as text[]) is null or camera_id = any(cast(:cameras as text[]))) and hour between :first and :last
union
select camera_id, hour from segment_hot
 where (cast(:cameras as text[]) is null or camera_id = any(cast(:cameras as text[]))) and hour between :first and :last
order by 1, 2
""")
FILMED = text("""
select s.camera_id, s.started_us, s.ended_us, s.generation, s.officer, s.recorded_us,
       coalesce(t.state, 'kept') as state
  from segment s left join segment_state t using (camera_id, started_us, generation)
 where (cast(:cameras as text[]) is null or s.camera_id = any(cast(:cameras as text[])))
   and s.hour between :first and :last
 order by s.camera_id, s.started_us, s.generation
""").execution_options(yield_per=PAGE)
_HOUR_ROWS = text(SELECT + " where s.camera_id = :camera and s.hour = :hour")

OPEN_FOR = 2 * HOUR
"""An hour is folded this long after it began, so that footage that comes in order is never late for it."""
