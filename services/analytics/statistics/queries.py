"""Counts footage by agency, camera and day of recording. A destruction without a receipt shows, and must be none."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# From the mark to the receipt a destruction takes seconds; past this its receipt is missing, not merely late.
RECEIPT_ALLOWANCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Footage that began in [starts_at, ends_at), days as the agency's zone counts them."""

    starts_at: datetime | None
    ends_at: datetime | None
    policy: str | None
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of footage. ``held`` is under a hold, ``protected`` only under a request or a rescue."""

    recorded: int = 0
    destroyed: int = 0
    held: int = 0
    protected: int = 0
    overdue: int = 0
    past_maximum_protected: int = 0
    receipts_missing: int = 0
    refused: int = 0
    bytes_recorded: int = 0
    bytes_destroyed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The counts of one camera on one day."""

    agency: str
    camera: str
    day: str
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """Protections as they stand now, and what custody answered to them."""

    in_force: int
    effective: int
    released: int
    found_gone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """The page: lines, their total, the protections, and the clock that it was counted by."""

    as_of: datetime
    period: Period
    total: Counts
    holds: Holds
    lines: tuple[Line, ...]


async def statistic(tx: AsyncConnection, period: Period, as_of: datetime) -> Statistic:
    """Count the period as it stands at ``as_of``, the database's clock."""
    bound = {**asdict(period), "as_of": as_of, "late": as_of - RECEIPT_ALLOWANCE}
    lines = tuple(map(_line, (await tx.execute(text(_LINES), bound)).mappings()))
    holds = (await tx.execute(text(_HOLDS), {"as_of": as_of})).mappings().one()
    total = sum((line.counts for line in lines), Counts())
    return Statistic(as_of=as_of, period=period, total=total, holds=Holds(**holds), lines=lines)


def _line(row: Any) -> Line:  # noqa: ANN401 - a row of SQL
    counts = Counts(**{field.name: int(row[field.name] or 0) for field in fields(Counts)})
    return Line(agency=row["agency"], camera=row["camera_id"], day=str(row["day"]), counts=counts)


# A protection's end: by its last release or placing, extensions moving it on; an open end wins (kernel's fold, in SQL).
PROTECTION = """
protection_end AS (
    SELECT hold_id, coalesce(max(kind), 'hold') AS kind,
           CASE WHEN bool_or(protects_until IS NULL) FILTER (WHERE seq >= told) THEN NULL
                ELSE max(protects_until) FILTER (WHERE seq >= told) END AS protects_until
    FROM (SELECT *, coalesce(max(seq) FILTER (WHERE line <> 'extended') OVER (PARTITION BY hold_id), 0) AS told
          FROM protection_line) numbered
    GROUP BY hold_id
), protection AS (
    SELECT l.*, e.kind AS protection_kind FROM protection_line l JOIN protection_end e USING (hold_id)
    WHERE l.line <> 'released' AND (e.protects_until IS NULL OR e.protects_until > :as_of)
)"""

# What nobody has filed yet counts as covered, as everywhere (kernel/scope.py).
COVERS = """
    (cardinality(p.cameras) = 0 OR s.camera_id = ANY (p.cameras))
    AND (s.ended_at > p.starts_at OR s.started_at >= p.starts_at)
    AND (p.ends_at IS NULL OR s.started_at < p.ends_at)
    AND (p.area = '' OR coalesce(c.area, '') IN ('', p.area))
    AND (p.officer = '' OR p.officer = s.officer OR p.officer = w.officer
         OR (coalesce(s.officer, w.officer, '') = '' AND c.kind IS DISTINCT FROM 'fixed'))
    AND (p.incident = '' OR w.incidents IS NULL OR p.incident = ANY (w.incidents))"""

_LINES = f"""
WITH {PROTECTION}, footage AS (
    SELECT s.*, coalesce(c.agency, '') AS agency, date(s.started_at AT TIME ZONE :zone) AS day,
           EXISTS (SELECT FROM protection p WHERE p.protection_kind = 'hold' AND {COVERS}) AS under_hold,
           EXISTS (SELECT FROM protection p WHERE {COVERS}) AS under_protection,
           o.outcome,
           EXISTS (SELECT FROM difference d WHERE d.difference = 'missing_bytes' AND d.camera_id = s.camera_id
                   AND d.started_at = s.started_at AND d.generation = s.generation) AS bytes_missing
    FROM segment s
    LEFT JOIN camera c ON c.camera_id = s.camera_id
    LEFT JOIN LATERAL (SELECT officer, incidents FROM shift x WHERE x.device_id = s.camera_id
                       AND (x.shift = s.shift OR (x.shift_from < s.ended_at AND x.shift_to > s.started_at))
                       ORDER BY x.shift_from, x.shift LIMIT 1) w ON true
    LEFT JOIN overdue o ON o.camera_id = s.camera_id AND o.started_at = s.started_at AND o.generation = s.generation
    WHERE (CAST(:starts_at AS timestamptz) IS NULL OR s.started_at >= :starts_at)
      AND (CAST(:ends_at AS timestamptz) IS NULL OR s.started_at < :ends_at)
      AND (CAST(:policy AS text) IS NULL OR split_part(s.policy_version, '@', 1) = :policy)
), counted AS (
    SELECT agency, camera_id, day,
           count(*) FILTER (WHERE stored_at IS NOT NULL) AS recorded,
           count(*) FILTER (WHERE destroyed_at IS NOT NULL) AS destroyed,
           count(*) FILTER (WHERE destroyed_at IS NULL AND under_hold) AS held,
           count(*) FILTER (WHERE destroyed_at IS NULL AND under_protection AND NOT under_hold) AS protected,
           count(*) FILTER (WHERE destroyed_at IS NULL AND outcome = 'overdue') AS overdue,
           count(*) FILTER (WHERE destroyed_at IS NULL AND outcome = 'past_maximum_protected')
               AS past_maximum_protected,
           count(*) FILTER (WHERE destroyed_at IS NULL AND (destroying_at < :late OR bytes_missing))
               AS receipts_missing,
           0 AS refused, sum(size_bytes) AS bytes_recorded,
           sum(size_bytes) FILTER (WHERE destroyed_at IS NOT NULL) AS bytes_destroyed
    FROM footage GROUP BY agency, camera_id, day
    UNION ALL
    SELECT coalesce(c.agency, ''), r.camera_id, date(r.at AT TIME ZONE :zone), 0, 0, 0, 0, 0, 0, 0, count(*), 0, 0
    FROM refusal r LEFT JOIN camera c ON c.camera_id = r.camera_id
    WHERE (CAST(:starts_at AS timestamptz) IS NULL OR r.at >= :starts_at)
      AND (CAST(:ends_at AS timestamptz) IS NULL OR r.at < :ends_at)
      AND (CAST(:policy AS text) IS NULL OR split_part(r.policy_version, '@', 1) = :policy)
    GROUP BY 1, 2, 3
)
SELECT agency, camera_id, day, sum(recorded) AS recorded, sum(destroyed) AS destroyed, sum(held) AS held,
       sum(protected) AS protected, sum(overdue) AS overdue, sum(past_maximum_protected) AS past_maximum_protected,
       sum(receipts_missing) AS receipts_missing, sum(refused) AS refused, sum(bytes_recorded) AS bytes_recorded,
       sum(bytes_destroyed) AS bytes_destroyed
FROM counted GROUP BY agency, camera_id, day ORDER BY day, agency, camera_id"""  # noqa: S608 - no input in it

_HOLDS = f"""
WITH {PROTECTION}
SELECT (SELECT count(DISTINCT hold_id) FROM protection WHERE protection_kind = 'hold') AS in_force,
       (SELECT count(DISTINCT p.hold_id) FROM protection p JOIN hold_answer a USING (hold_id)
        WHERE p.protection_kind = 'hold') AS effective,
       (SELECT count(DISTINCT hold_id) FROM protection_line WHERE line = 'released') AS released,
       (SELECT coalesce(sum(gone), 0)::bigint FROM hold_answer) AS found_gone"""  # noqa: S608 - no input in it
