"""A clip that shows a crime went to the evidence repository (SPD-06): said here because the footage is ours.

Access alone may say so, after a granted request; our own copy runs out by its policy all the same.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Request
from pydantic import Field

from services.ingest import streams
from services.ingest.catalog import store
from services.ingest.catalog.footage import Footage
from services.ingest.http import READER_OF_BYTES, Caller, In, acting, deciding
from services.ingest.intake.store import lock_start
from services.ingest.ledger import Because
from services.ingest.plain import body as body_of
from services.kernel.envelope import Actor
from services.kernel.events import SegmentTransferred, Sha256
from services.kernel.ids import NAMESPACE, segment_stream
from services.kernel.mark import SegmentState
from services.runtime.bodies import Body, Instant, Line
from services.runtime.database import db_now
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["catalog"])


class TransferBody(Body):
    """What access has decided, and for whom: the person, and the request that was granted."""

    generation: int = Field(ge=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    case_number: Line = Field(min_length=1)
    repository_id: Line = Field(min_length=1)
    request_id: UUID
    person: Line = Field(min_length=1)
    role: Line
    policy_version: Line


@router.post("/segments/{camera_id}/{started_at}/transfer", status_code=201)
async def transfer(
    camera_id: str, started_at: Instant, *, body: TransferBody, request: Request, caller: Caller, rooms: In
) -> dict[str, Any]:
    """Record a transfer once: the same segment, case and repository again is the same transfer."""
    actor = acting(caller, READER_OF_BYTES)
    async with deciding(request, rooms, actor, "transfer", camera_id) as tx:
        rows = await store.starting_at(tx, camera_id, started_at)
        footage = _fitting(next((row for row in rows if row.generation == body.generation), None), body)
        segment = segment_stream(footage.camera_id, footage.started_at, footage.generation)
        stream = f"transfer/{uuid5(NAMESPACE, f'{segment}|{body.case_number}|{body.repository_id}')}"
        event = SegmentTransferred(
            camera_id=footage.camera_id,
            started_at=footage.started_at,
            generation=footage.generation,
            case_number=body.case_number,
            repository_id=body.repository_id,
            sha256=Sha256(footage.sha256),
        )
        await lock_start(tx, stream, 0)
        if await streams.version_of(tx, stream) == 0:
            who = Actor(id=body.person, role=body.role, agency=caller.agency)
            because = Because(
                actor=who,
                at=await db_now(tx),
                reason=f"request {body.request_id}",
                policy_version=body.policy_version,
                causation_id=str(body.request_id),
            )
            await rooms.filing.ledger.append(tx, event, stream_id=stream, key=footage.camera_id, because=because)
    return body_of(event)


def _fitting(footage: Footage | None, body: TransferBody) -> Footage:
    if footage is None:
        raise Refusal("UnknownSegment", status=404, title="Unknown segment", detail="nothing starts at this instant")
    if footage.state is not SegmentState.KEPT:
        raise Refusal(
            "FootageGone",
            status=410,
            title="This footage can't be transferred any more",
            detail=f"it is {footage.state.value}",
        )
    if footage.sha256.hex() != body.sha256:
        raise Refusal("OtherBytes", status=409, title="This isn't the footage that was granted", detail=body.sha256)
    return footage
