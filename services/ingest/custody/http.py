"""Routes of custody: exact answers to holds, parked records and their settlement, and where custody stands."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import differences
from services.ingest.custody import legal_holds, store
from services.ingest.custody.forbids import position
from services.ingest.custody.listing import Listing
from services.ingest.custody.reading import covered
from services.ingest.custody.settling import How
from services.ingest.http import SETTLERS, Caller, In, Rooms, acting, deciding
from services.ingest.intake import store as intake
from services.ingest.plain import body as body_of
from services.ingest.plain import iso, plain
from services.kernel.batches import lines
from services.kernel.ids import from_micros
from services.runtime.bodies import Body
from services.runtime.database import sqlstate
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["custody"])
LISTED_MAX = 5_000
_ANSWERS = text("select version, seq, body, recorded_us from hold_answer where hold_id = :id order by version")
SEGMENTS = text("select (select count(*) from segment_hot) + (select coalesce(sum(segments), 0) from segment_hour)")
_WORK = text("""
select (select count(*) from segment_state where state = 'destroying') as destroying,
       (select count(*) from batch where closed_at is null) as batches_open,
       (select count(*) from parked where settled_at is null) as parked,
       (select count(*) from destruction_due) as deletions_due,
       (select count(*) from outbox) as outbox
""")
# These grow with the years, and so does the time to count them.
_TOTALS = text(f"""
select ({SEGMENTS.text}) as segments,
       (select count(*) from segment_state where state = 'gone') as gone,
       (select count(*) from refusal) as refusals,
       (select count(*) from gap) as gaps
""")  # noqa: S608 - our own words
_TOTALS_WITHIN = text("set local statement_timeout = '1500ms'")  # the status page waits for two seconds
_CANCELED = "57014"  # query_canceled: that is how a statement ends that ran out of its time


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
        last = next(each for each in reversed(answers) if each["body"]["type"] == "HoldApplied")
        listing, locked = Listing(last["recorded_us"], offset, most), 0
        if protection is not None:
            async for camera in covered(tx, protection):
                listing.add(camera)
                locked += await legal_holds.locked(tx, camera) if rooms.stores.locks else 0
    return {
        "hold_id": str(hold_id),
        "seq": last["seq"],
        "applied_at": iso(from_micros(last["recorded_us"])),
        "answers": [each["body"] for each in answers],
        # Segments locked in a bucket as well, by now; None where no store has locks.
        "legal_holds": locked if rooms.stores.locks else None,
        **_lists(listing, last["body"]),
    }


def _lists(listing: Listing, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "secured_total": listing.secured.total,
        "agrees": plain(listing.spans) == body["secured"],
        "secured": plain(lines(listing.secured.keys)),
        "born_held_total": listing.born_held.total,
        "born_held": plain(lines(listing.born_held.keys)),
        "destroying": body["destroying"],
        "gone": body["gone"],
        "next_offset": listing.next_offset,
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
    """Show counts, how far custody has read the protection log, its start gate, differences, and room in the stores.

    ``segments``, ``gone``, ``refusals`` and ``gaps`` are left out where counting them takes longer than 1.5 seconds.
    """
    free = await asyncio.to_thread(_free_bytes, rooms)  # a volume that is away may keep whoever asks it waiting
    async with request.app.state.engine.begin() as tx:
        work = (await tx.execute(_WORK)).mappings().one()
        told = {
            "protection_log": {"seq": (await position(tx)).seq, "gate_offset": await store.gate_offset(tx)},
            "custody_start_id": plain(await store.start_id(tx)),
            "differences": await differences.counts(tx),
            "stores": [await _store(tx, name, room) for name, room in free.items()],
        }
        return {**await _totals(tx), **work, **told}


async def _totals(tx: AsyncConnection) -> dict[str, int]:
    """Return what was counted in time; the last statement of its transaction, for the limit stays set."""
    try:
        async with tx.begin_nested():
            await tx.execute(_TOTALS_WITHIN)
            counted = (await tx.execute(_TOTALS)).mappings().one()
    except DBAPIError as error:
        if sqlstate(error) != _CANCELED:
            raise
        return {}
    return {name: int(count) for name, count in counted.items()}


def _free_bytes(rooms: Rooms) -> dict[str, int | None]:
    return {name: store.free_bytes() for name, store in rooms.stores.by_name.items()}


async def _store(tx: AsyncConnection, name: str, free: int | None) -> dict[str, Any]:
    since = await intake.full_since(tx, name)
    return {"name": name, "free_bytes": free, "exhausted_since": plain(since)}
