"""A clip that shows a crime goes to the evidence repository under a grant (SPD-06); ingest puts it on its log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.access import footage
from services.access.ledger import Desk
from services.access.policies.office import ended_at
from services.access.requests import listing
from services.access.requests.packs import pack_of
from services.access.viewing import store
from services.access.viewing.clips import one_clip
from services.access.viewing.decider import TRANSFER, Case, granted, judge
from services.kernel.batches import SegmentKey
from services.runtime.database import db_now
from services.runtime.identity import Person
from services.runtime.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Which clip goes where, and for which case; ``shows_crime`` is the word of whoever transfers it."""

    camera: str
    start: datetime
    case_number: str
    repository_id: str
    shows_crime: bool


async def transfer(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine, desk: Desk, settings: Settings, who: Person, request_id: UUID, wanted: Transfer
) -> dict[str, object]:
    """Judge a transfer by the policy of the request, and have ingest record it. Raises a refusal, or Unreachable."""
    async with engine.connect() as tx:
        file = await listing.load(tx, desk.codec, request_id)
        grant = granted(file, who.person_id, TRANSFER, await db_now(tx))
    key = SegmentKey(camera_id=wanted.camera, started_at=wanted.start, generation=1)
    clip = await one_clip(settings, grant, key)
    pack = pack_of(desk, file)
    async with engine.connect() as tx:
        case = Case(
            act=TRANSFER,
            file=file,
            person=who.person_id,
            now=await db_now(tx),
            # The repository gets the clip as it is: the grant must cover all of it.
            interval=(clip.started_at, clip.ended_at),
            clip=clip,
            camera=await store.camera_facts(tx, clip.camera_id),
            programme_ended_at=await ended_at(tx, pack.id),
            shows_crime=wanted.shows_crime,
            case_number=wanted.case_number,
        )
    judge(pack, case)
    body = {
        "generation": clip.generation,
        "sha256": clip.sha256,
        "case_number": wanted.case_number,
        "repository_id": wanted.repository_id,
        "request_id": str(request_id),
        "person": who.person_id,
        "role": next(iter(sorted(who.roles)), ""),
        "policy_version": pack.reference,
    }
    return await footage.transferred(settings, clip, body)
