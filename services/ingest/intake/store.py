"""SQL of intake: the journal of what is on its way in, refusals, gaps, and stores without room."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_LOCK = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
_BEGIN = text("""
insert into intake_journal (intake_id, location, segment, begun_at)
values (:id, :location, cast(:segment as jsonb), clock_timestamp())
""")
_OLD = text("""
select intake_id, location, segment from intake_journal
 where begun_at <= clock_timestamp() - make_interval(secs => :seconds)
 order by begun_at limit 1 for update skip locked
""")
_TAKE_OVER = text("update intake_journal set intake_id = :mine where intake_id = :id")
_ENDED = text("select ended_at from programme_end where policy_id = :id")
_REFUSALS = text("""
select body, recorded_at from refusal where cast(:camera as text) is null or camera_id = :camera
 order by recorded_at desc limit :most
""")
_GAPS = text("""
select camera_id, from_us, to_us, found_by from gap where cast(:camera as text) is null or camera_id = :camera
 order by from_us desc limit :most
""")
_FULL = text("""
insert into store_state (store, exhausted_since) values (:store, :at)
on conflict (store) do update set exhausted_since = excluded.exhausted_since where store_state.exhausted_since is null
returning store
""")
_ROOM = text("update store_state set exhausted_since = null where store = :store and exhausted_since is not null")
_IS_FULL = text("select exhausted_since from store_state where store = :store and exhausted_since is not null")
_REPLICATE = text("""
insert into replica_due (camera_id, started_us, generation) values (:camera_id, :started_us, :generation)
on conflict do nothing
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An intake that was begun and not finished."""

    intake_id: UUID
    location: str
    segment: dict[str, Any]


async def lock_start(tx: AsyncConnection, camera_id: str, started_us: int) -> None:
    """Let one intake at a time decide about a camera and start."""
    await tx.execute(_LOCK, {"name": f"{camera_id}/{started_us}"})


async def begin(tx: AsyncConnection, intake_id: UUID, location: str, segment: dict[str, Any]) -> None:
    """Note what is about to be stored, so that a crash leaves nothing that nobody knows of."""
    await tx.execute(_BEGIN, {"id": intake_id, "location": location, "segment": json.dumps(segment)})


async def finish(tx: AsyncConnection, intake_id: UUID) -> bool:
    """Forget an intake that is done, or of which nothing is left; False if the reconcile had given it up."""
    found = await tx.execute(text("delete from intake_journal where intake_id = :id"), {"id": intake_id})
    return found.rowcount == 1


async def take_over(tx: AsyncConnection, intake_id: UUID) -> UUID:
    """Give a journal's row another id: once that is committed, whoever began the intake can't finish it any more."""
    mine = uuid4()
    await tx.execute(_TAKE_OVER, {"id": intake_id, "mine": mine})
    return mine


async def unfinished(tx: AsyncConnection, older_than_s: float) -> Pending | None:
    """Return one intake that should be over by now, locked: whoever began it can't finish it meanwhile."""
    row = (await tx.execute(_OLD, {"seconds": older_than_s})).mappings().one_or_none()
    return None if row is None else Pending(**row)


async def programme_ended_at(tx: AsyncConnection, policy_id: str) -> datetime | None:
    """Return when a programme ended, if it did."""
    found: datetime | None = (await tx.execute(_ENDED, {"id": policy_id})).scalar()
    return found


async def refusals(tx: AsyncConnection, camera_id: str | None, most: int) -> list[dict[str, Any]]:
    """Return the newest refusals."""
    return [dict(row) for row in (await tx.execute(_REFUSALS, {"camera": camera_id, "most": most})).mappings()]


async def gaps(tx: AsyncConnection, camera_id: str | None, most: int) -> list[dict[str, Any]]:
    """Return the newest gaps."""
    return [dict(row) for row in (await tx.execute(_GAPS, {"camera": camera_id, "most": most})).mappings()]


async def note_full(tx: AsyncConnection, store: str, at: datetime) -> bool:
    """Note that a store has no room; True if that is news."""
    return (await tx.execute(_FULL, {"store": store, "at": at})).scalar() is not None


async def note_room(tx: AsyncConnection, store: str) -> bool:
    """Note that a store takes footage again; True if that is news."""
    return (await tx.execute(_ROOM, {"store": store})).rowcount == 1


async def full_since(tx: AsyncConnection, store: str) -> datetime | None:
    """Return since when a store has had no room."""
    found: datetime | None = (await tx.execute(_IS_FULL, {"store": store})).scalar()
    return found


async def replicate_later(tx: AsyncConnection, key_row: dict[str, Any]) -> None:
    """Let the replicator have a segment."""
    await tx.execute(_REPLICATE, key_row)
