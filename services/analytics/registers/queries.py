"""The registers as SQL over the projections: one row a file, a request, an act. They hold no personal data to show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.registers.columns import ACCESS, CATALOG, REQUESTS, Heading
from services.analytics.registers.searching import condition

ROWS_FETCHED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which part of a register is asked for; the interval is half open: footage time, or when the act happened."""

    camera: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    request: str | None = None
    words: tuple[str, ...] | None = None  # patterns of ``searching``
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register: its name, its columns and the SQL that fills them."""

    name: str
    columns: tuple[Heading, ...]
    sql: str


async def rows(tx: AsyncConnection, register: Register, filters: Filters) -> AsyncIterator[Mapping[str, Any]]:
    """Yield a register's rows in order, a few hundred in memory at a time."""
    asked = asdict(filters) | {"words": list(filters.words) if filters.words else None}
    result = await tx.stream(text(register.sql + LIMIT), asked, execution_options={"yield_per": ROWS_FETCHED})
    async for row in result.mappings():
        yield dict(row)


LIMIT = "\nLIMIT CAST(:limit AS bigint)"

# Who wore the camera may be filed after the footage came in: the shift's own record then fills the gap (NPA-05).
_CATALOG = f"""
SELECT s.location AS file_name, coalesce(nullif(s.officer, ''), worn.officer) AS officer,
       coalesce(nullif(s.shift, ''), worn.shift) AS shift, s.started_at AS starts_at, s.ended_at AS ends_at,
       c.device_owner, s.camera_id AS camera, s.generation, s.size_bytes, encode(s.sha256, 'hex') AS sha256,
       s.stored_at, s.replicated_at, s.retention_class, s.policy_version,
       s.destroyed_at, s.destroyed_by, s.destruction_method, s.destruction_rules, s.destruction_policy,
       s.transferred_at, s.transfer_repository, s.transfer_case
FROM segment s
LEFT JOIN camera c ON c.camera_id = s.camera_id
LEFT JOIN LATERAL (
    SELECT officer, shift FROM shift w
    WHERE w.device_id = s.camera_id
      AND (w.shift = s.shift OR (s.shift = '' AND w.shift_from < s.ended_at AND w.shift_to > s.started_at))
    ORDER BY w.shift_from, w.shift LIMIT 1
) worn ON true
WHERE (CAST(:camera AS text) IS NULL OR s.camera_id = :camera)
  AND (CAST(:starts_at AS timestamptz) IS NULL OR s.ended_at > :starts_at)
  AND (CAST(:ends_at AS timestamptz) IS NULL OR s.started_at < :ends_at)
  AND (CAST(:request AS text) IS NULL OR EXISTS (
      SELECT FROM access_act a
      WHERE a.request_id = :request AND s.camera_id = ANY (a.cameras)
        AND a.footage_from < s.ended_at AND a.footage_to > s.started_at))
  AND {condition("catalog")}
ORDER BY s.camera_id, s.started_at, s.generation"""  # noqa: S608 - put together from constants

_REQUESTS = f"""
SELECT CAST(r.request_id AS text) AS number, coalesce(r.submitted_at, r.refused_at) AS submitted_at, r.policy_id,
       r.policy_version, r.kind, r.action, r.requester, r.requester_class, r.unit, r.title, r.on_behalf_of,
       r.duty_item, r.cause, r.purpose, r.legal_basis, r.statute, r.use, r.ground, r.reference, r.case_number,
       r.asked_time, r.cameras, r.footage_from, r.footage_to, r.chain, signed.steps, r.granted_at, r.valid_until,
       r.routed_to,
       CASE WHEN r.outcome IS NOT NULL THEN r.outcome WHEN r.withdrawn_at IS NOT NULL THEN 'withdrawn'
            WHEN r.refused_at IS NOT NULL THEN 'refused' WHEN r.granted_at IS NOT NULL THEN 'granted'
            WHEN r.routed_at IS NOT NULL THEN 'routed' ELSE 'open' END AS outcome,
       r.refusal, r.refusal_clauses AS clauses, coalesce(r.closed_at, r.withdrawn_at, r.refused_at) AS closed_at
FROM request r
LEFT JOIN LATERAL (
    SELECT array_agg(t.step || ' ' || t.act || ' ' || t.person || ' ' || t.role || ' ' ||
                     to_char(t.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') ORDER BY t.version) AS steps
    FROM request_step t WHERE t.request_id = r.request_id
) signed ON true
WHERE (CAST(:camera AS text) IS NULL OR :camera = ANY (r.cameras))
  AND (CAST(:starts_at AS timestamptz) IS NULL OR coalesce(r.submitted_at, r.refused_at) >= :starts_at)
  AND (CAST(:ends_at AS timestamptz) IS NULL OR coalesce(r.submitted_at, r.refused_at) < :ends_at)
  AND (CAST(:request AS text) IS NULL OR CAST(r.request_id AS text) = :request)
  AND {condition("requests")}
ORDER BY coalesce(r.submitted_at, r.refused_at), r.request_id"""  # noqa: S608 - put together from constants

# Whoever signed last before the grant decided: the chain ends with the decision (NPA-14, DAAN-11).
_ACCESS = f"""
SELECT a.at, a.person, a.request_id AS request, a.act, r.unit, a.address, a.project, a.cameras, a.footage_from,
       a.footage_to, r.cause, coalesce(nullif(a.purpose, ''), r.purpose) AS purpose,
       coalesce(nullif(a.legal_basis, ''), r.legal_basis) AS legal_basis, r.ground, r.reference, r.case_number,
       decided.person AS approved_by, decided.at AS approved_at, v.agreed_time, v.accompanied_by,
       coalesce(a.ended_at, v.ended_at) AS ended_at, a.copy_number, encode(a.sha256, 'hex') AS sha256,
       coalesce(a.bytes, v.bytes) AS bytes, a.signed_at, a.signed_by, a.signed_as,
       a.result_of, a.return_by, a.returned_at, a.returned_how,
       a.refusal, a.clauses
FROM access_act a
LEFT JOIN viewing v ON v.viewing_id = a.viewing_id
LEFT JOIN request r ON CAST(r.request_id AS text) = a.request_id
LEFT JOIN LATERAL (
    SELECT person, at FROM request_step t
    WHERE t.request_id = r.request_id AND t.act = 'approved' AND r.granted_at IS NOT NULL
    ORDER BY t.version DESC LIMIT 1
) decided ON true
WHERE (CAST(:camera AS text) IS NULL OR :camera = ANY (a.cameras))
  AND (CAST(:starts_at AS timestamptz) IS NULL OR a.at >= :starts_at)
  AND (CAST(:ends_at AS timestamptz) IS NULL OR a.at < :ends_at)
  AND (CAST(:request AS text) IS NULL OR a.request_id = :request)
  AND {condition("access")}
ORDER BY a.at, a.act_id"""  # noqa: S608 - put together from constants

REGISTERS = {
    register.name: register
    for register in (
        Register(name="catalog", columns=CATALOG, sql=_CATALOG),
        Register(name="requests", columns=REQUESTS, sql=_REQUESTS),
        Register(name="access", columns=ACCESS, sql=_ACCESS),
    )
}
