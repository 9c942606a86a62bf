"""Receipts of destruction as they stand on the log: what went, when, how, by which rule, and what each place answered.

Asked by the start of the footage, as the catalog is: a receipt takes the place of its segment.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import text

from services.ingest.http import Caller
from services.kernel.ids import EPOCH, micros
from services.runtime.bodies import Instant

router = APIRouter(prefix="/api/v1", tags=["catalog"])
LISTED_MAX = 5_000
OPEN_END = datetime(9999, 1, 1, tzinfo=UTC)
_RECEIPTS = text("""
select receipt from segment_state
 where receipt is not null and (cast(:camera as text) is null or camera_id = :camera)
   and started_us >= :starts and started_us < :ends
 order by camera_id, started_us, generation limit :most
""")


@router.get("/receipts")
async def receipts(
    request: Request,
    _caller: Caller,
    *,
    start: Annotated[Instant, Query(alias="from")] = EPOCH,
    end: Annotated[Instant, Query(alias="to")] = OPEN_END,
    camera: str | None = None,
    limit: Annotated[int, Query(ge=1, le=LISTED_MAX)] = 1_000,
) -> dict[str, Any]:
    """List receipts of footage that began in [from, to), by camera and start; more than ``limit``: go on from there."""
    wanted = {"camera": camera or None, "starts": micros(start), "ends": micros(end), "most": limit}
    async with request.app.state.engine.begin() as tx:
        found = list((await tx.execute(_RECEIPTS, wanted)).scalars())
    return {"receipts": found, "complete": len(found) < limit}
