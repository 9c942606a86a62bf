"""Routes of custody: exact answers to holds, parked records and their settlement, and where custody stands."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import differences
from services.ingest.catalog.footage import Filmed
from services.ingest.custody import legal_holds, store
from services.ingest.custody.answers import spans
from services.ingest.custody.forbids import position
from services.ingest.custody.reading import covered
from services.ingest.custody.settling import How
from services.ingest.http import SETTLERS, Caller, In, acting, deciding
from services.ingest.intake import store as intake
from services.ingest.plain import body as body_of
from services.ingest.plain import iso, plain
from services.kernel.batches import lines
from services.kernel.ids import from_micros
from services.kernel.mark import SegmentState
from services.runtime.bodies import Body
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["custody"])
LISTED_MAX = 5_000
_ANSWERS = text("select version, seq, body, recorded_us from hold_answer where hold_id = :id order by version")
SEGMENTS = text("select (select count(*) from segment_hot) + (select coalesce(sum(segments), 0) from segment_hour)")
_COUNTS = text(f"""
select ({SEGMENTS.text}),
       (select count(*) from segment_state where state = 'destroying'),
       (select count(*) from segment_state where state = 'gone'),
       (select count(*) from batch where closed_at is null),
       (select count(*) from parked where settled_at is null),
       (select count(*) from refusal), (select count(*) from gap),
       (select count(*) from destruction_due), (select count(*) from outbox)
""")  # noqa: S608 - our own words
_NAMES = ("segments", "destroying", "gone", "batches_open", "parked", "refusals", "gaps", "deletions_due", "outbox")


class SettleBody(Body):
    how: How


@router.get("/holds/{hold_id}/answer")
async def answer(
    hold_id: UUID,
    request: Request,
    _caller: Caller,
    rooms: In,
    *,
    offset: Annotated[int, Query(ge=0)] = 0,
    most: Annotated[int, Query(ge=1, le=LISTED_MAX)] = 1_000,
) -> dict[str, Any]:
    """Show what a hold was answered, and its lists as they stand, a page at a time.

    ``agrees`` tells whether what is listed as secured has the digests that HoldApplied carries. Footage that came
    later, or that a fact filed later brought in, is listed apart: born held.
    """
    async with request.app.state.engine.begin() as tx:
        answers = [dict(row) for row in (await tx.execute(_ANSWERS, {"id": str(hold_id)})).mappings()]
        if not answers:
            raise Refusal("NotEffective", status=404, title="No answer yet", detail=f"hold {hold_id} is not effective")
        await rooms.settling.forbids.catch_up(tx)
        protection = rooms.settling.forbids.log.protections.get(hold_id)
        rows = [row async for camera in covered(tx, protection) for row in camera] if protection else []
        locked = await legal_holds.locked(tx, rows) if rooms.stores.locks else None
    last = next(each for each in reversed(answers) if each["body"]["type"] == "HoldApplied")
    return {
        "hold_id": str(hold_id),
        "seq": last["seq"],
        "applied_at": iso(from_micros(last["recorded_us"])),
        "answers": [each["body"] for each in answers],
        "legal_holds": locked,  # segments locked in a bucket as well, by now; None where no store has locks
        **_lists(rows, last["recorded_us"], last["body"], offset, most),
    }


def _lists(rows: list[Filmed], at: int, body: dict[str, Any], offset: int, most: int) -> dict[str, Any]:
    kept = [row for row in rows if row.state is SegmentState.KEPT]
    then, since = [r for r in kept if r.recorded_us <= at], [r for r in kept if r.recorded_us > at]
    return {
        "secured_total": len(then),
        "agrees": plain(spans([row.key for row in then])) == body["secured"],
        "secured": plain(lines(row.key for row in then[offset : offset + most])),
        "born_held_total": len(since),
        "born_held": plain(lines(row.key for row in since[offset : offset + most])),
        "destroying": body["destroying"],
        "gone": body["gone"],
        "next_offset": offset + most if max(len(then), len(since)) > offset + most else None,
    }


@router.get("/parked")
async def parked(request: Request, _caller: Caller) -> dict[str, Any]:
    """List records of the protection log that wait for two persons."""
    async with request.app.state.engine.begin() as tx:
        rows = await store.parked_open(tx)
    hidden = ("raw",)
    return {"parked": [{k: v for k, v in body_of(row).items() if k not in hidden} for row in rows]}


@router.post("/parked/{parked_id:path}/settle")
async def settle(parked_id: str, body: SettleBody, request: Request, caller: Caller, rooms: In) -> dict[str, Any]:
    """Propose a settlement, or as the second person carry it out."""
    actor = acting(caller, *SETTLERS)
    async with deciding(request, rooms, actor, "protection settle", parked_id) as tx:
        return {"parked_id": parked_id, "state": await rooms.settling.settle(tx, parked_id, body.how, actor)}


@router.get("/status")
async def status(request: Request, _caller: Caller, rooms: In) -> dict[str, Any]:
    """Show counts, how far custody has read the protection log, its start gate, differences, and room in the stores."""
    async with request.app.state.engine.begin() as tx:
        counts = (await tx.execute(_COUNTS)).one()
        return {
            **dict(zip(_NAMES, (int(count) for count in counts), strict=True)),
            "protection_log": {"seq": (await position(tx)).seq, "gate_offset": await store.gate_offset(tx)},
            "custody_start_id": plain(await store.start_id(tx)),
            "differences": await differences.counts(tx),
            "stores": [await _store(tx, rooms, name) for name in rooms.stores.by_name],
        }


async def _store(tx: AsyncConnection, rooms: In, name: str) -> dict[str, Any]:
    since = await intake.full_since(tx, name)
    free = rooms.stores.by_name[name].free_bytes()
    return {"name": name, "free_bytes": free, "exhausted_since": plain(since)}
