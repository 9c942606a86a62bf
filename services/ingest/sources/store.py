"""SQL of what each source delivered: its last file, how many were taken or refused, what waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.intake.commands import Came, Outcome

PATH_CHARS_MAX = 1_000
_NOTE = text("""
insert into source_state as s (source_id, since, arrived_at, taken, last_taken, refused, last_refused, refusal)
values (:source, clock_timestamp(), clock_timestamp(), :taken, :last_taken, :refused, :last_refused, :refusal)
on conflict (source_id) do update
   set arrived_at = excluded.arrived_at,
       taken = s.taken + excluded.taken, refused = s.refused + excluded.refused,
       last_taken = coalesce(nullif(excluded.last_taken, ''), s.last_taken),
       last_refused = coalesce(nullif(excluded.last_refused, ''), s.last_refused),
       refusal = coalesce(nullif(excluded.refusal, ''), s.refusal)
""")
_WAITING = text("""
insert into source_state (source_id, since, waiting, watched_at)
values (:source, clock_timestamp(), :waiting, clock_timestamp())
on conflict (source_id) do update set waiting = excluded.waiting, watched_at = excluded.watched_at
""")
_ALL = text("""
select source_id, taken, last_taken, refused, last_refused, refusal, waiting, watched_at,
       coalesce(arrived_at, since) as silent_since
  from source_state
""")


async def note(tx: AsyncConnection, source_id: str, path: str, outcome: Outcome) -> None:
    """Note what became of a file. One that we had already, or that found no room, is no news."""
    name = path[:PATH_CHARS_MAX]
    taken, refused = outcome.came is Came.RECORDED, outcome.came is Came.REFUSED and not outcome.may_pass
    if taken or refused:
        row = {"taken": int(taken), "last_taken": name if taken else ""}
        row |= {"refused": int(refused), "last_refused": name if refused else "", "refusal": outcome.refusal}
        await tx.execute(_NOTE, row | {"source": source_id})


async def watching(tx: AsyncConnection, waiting: Mapping[str, int]) -> None:
    """Note that the folders of these sources are being looked at, and how many files wait in each; at least one."""
    rows = [{"source": source_id, "waiting": files} for source_id, files in sorted(waiting.items())]
    await tx.execute(_WAITING, rows)


async def states(tx: AsyncConnection) -> dict[str, dict[str, Any]]:
    """Return the line of each source that ever delivered or was watched."""
    rows = (await tx.execute(_ALL)).mappings()
    return {row["source_id"]: {name: row[name] for name in row if name != "source_id"} for row in rows}
