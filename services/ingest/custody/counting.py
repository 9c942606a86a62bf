"""An answer over cameras and time alone, added up where the footage lies: only exceptions leave the database.

Such a hold may cover millions of segments, and while it is answered nothing is marked and nothing comes in. Which
footage is covered is said once more here, in SQL; tests hold it against ``services.kernel.scope.covers``.
"""

from __future__ import annotations

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.custody.answers import Answer
from services.kernel.batches import SEGMENT_HOURS_MAX, SegmentKey, hour_of
from services.kernel.events import SecuredSpan
from services.kernel.ids import from_micros, micros
from services.kernel.mark import SegmentState
from services.kernel.protection import Protection
from services.kernel.scope import Scope

_COVERED = """
 where (cast(:cameras as text[]) is null or s.camera_id = any(cast(:cameras as text[])))
   and s.hour between :first and :last
   and not (s.ended_us <= :starts and s.started_us < :starts)
   and (cast(:ends as bigint) is null or s.started_us < :ends)
"""
SPANS = text(f"""
select s.camera_id, count(*) as segments, min(s.started_us) as first_us, max(s.started_us) as last_us,
       encode(sha256(convert_to(string_agg(s.started_us || '/' || s.generation || chr(10), ''
                                           order by s.started_us, s.generation), 'UTF8')), 'hex') as digest
  from segment s left join segment_state t using (camera_id, started_us, generation)
{_COVERED} and coalesce(t.state, 'kept') = 'kept' group by s.camera_id
""")  # noqa: S608 - our own words
EXCEPTIONS = text(f"""
select s.camera_id, s.started_us, s.generation, t.state
  from segment s join segment_state t using (camera_id, started_us, generation)
{_COVERED} and t.state <> 'kept' order by s.camera_id, s.started_us, s.generation
""")  # noqa: S608 - our own words


def is_countable(protection: Protection) -> bool:
    """Tell whether cameras and time alone decide, so that nothing filed about a segment has to be looked at."""
    return len(protection.scopes) == 1 and not any(
        scope.area or scope.officer or scope.incident for scope in protection.scopes
    )


async def counted(tx: AsyncConnection, protection: Protection) -> Answer:
    """Return the answer of a countable protection. The caller holds the gate and keeps arrivals out."""
    asked = _asked(protection.scopes[0])
    secured = [_span(row) for row in await tx.execute(SPANS, asked)]
    others: dict[SegmentState, list[SegmentKey]] = {state: [] for state in SegmentState}
    for row in await tx.execute(EXCEPTIONS, asked):
        key = SegmentKey(camera_id=row.camera_id, started_at=from_micros(row.started_us), generation=row.generation)
        others[SegmentState(row.state)].append(key)
    return Answer(secured=secured, destroying=others[SegmentState.DESTROYING], gone=others[SegmentState.GONE])


def _asked(scope: Scope) -> dict[str, object]:
    return {
        "cameras": list(scope.cameras) or None,
        "first": hour_of(scope.starts_at) - SEGMENT_HOURS_MAX,
        "last": hour_of(scope.ends_at) if scope.ends_at else 2**31 - 1,
        "starts": micros(scope.starts_at),
        "ends": micros(scope.ends_at) if scope.ends_at else None,
    }


def _span(row: Row[tuple[str, int, int, int, str]]) -> SecuredSpan:
    return SecuredSpan(
        camera_id=row.camera_id,
        segments=row.segments,
        first_started_at=from_micros(row.first_us),
        last_started_at=from_micros(row.last_us),
        digest=row.digest,
    )
