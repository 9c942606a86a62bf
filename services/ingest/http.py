"""The HTTP interface of ingest: its rooms' routes under /api/v1. Roles are asked here, rules in the rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.custody.settling import Settling
from services.ingest.intake.replicating import Cards
from services.ingest.intake.taking import Intake
from services.ingest.ledger import Because
from services.ingest.registry.filing import Filing
from services.ingest.settings import IngestSettings
from services.ingest.sources.file import SourcesFile
from services.ingest.storage.copies import Stores
from services.kernel.envelope import Actor
from services.kernel.events import ActRefused
from services.runtime.database import db_now
from services.runtime.identity import Person, person, require
from services.runtime.refusal import Refusal

KEEPERS = ("system_manager", "custodian", "platform_admin")
SOURCES = (*KEEPERS, "unit_head", "service:recorder", "service:ingest")
SETTLERS = ("custodian", "unit_head", "director", "platform_admin")
READER_OF_BYTES = "service:access"
SUBJECT_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the routes call; made in the server's own thread."""

    filing: Filing
    intake: Intake
    cards: Cards
    settling: Settling
    stores: Stores
    sources: SourcesFile
    own: IngestSettings
    uploads: Path


def rooms(request: Request) -> Rooms:
    """FastAPI dependency: the rooms of this process."""
    found: Rooms = request.app.state.rooms
    return found


Caller = Annotated[Person, Depends(person)]
In = Annotated[Rooms, Depends(rooms)]


def acting(caller: Person, *roles: str) -> Actor:
    """Return the caller in the first of the roles that they have. Raises Refusal 403."""
    return caller.actor(require(caller, *roles))


@asynccontextmanager
async def deciding(
    request: Request, rooms: Rooms, actor: Actor, act: str, subject: str
) -> AsyncIterator[AsyncConnection]:
    """Give a transaction to carry out an act in; a refusal rolls it back and is recorded as ActRefused (I9)."""
    engine: AsyncEngine = request.app.state.engine
    try:
        async with engine.begin() as tx:
            yield tx
    except Refusal as refusal:
        async with engine.begin() as tx:
            await _refused(tx, rooms, actor, refusal, act=act, subject=subject)
        raise


async def _refused(
    tx: AsyncConnection, rooms: Rooms, actor: Actor, refusal: Refusal, *, act: str, subject: str
) -> None:
    event = ActRefused(
        act=act,
        subject=subject[:SUBJECT_CHARS_MAX],
        refusal=refusal.kind,
        rule=refusal.rule,
        clause=", ".join(refusal.clauses),
        explanation=refusal.detail or refusal.title,
    )
    because = Because(actor=actor, at=await db_now(tx), reason=refusal.kind)
    await rooms.filing.ledger.append(tx, event, stream_id=f"refusal/{uuid4()}", key=event.subject, because=because)
