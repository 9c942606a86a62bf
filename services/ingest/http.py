"""The HTTP interface of ingest: its rooms' routes under /api/v1. Roles are asked here, rules in the rooms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from services.ingest.custody.settling import Settling
from services.ingest.intake.replicating import Cards
from services.ingest.intake.taking import Intake
from services.ingest.registry.filing import Filing
from services.ingest.settings import IngestSettings
from services.ingest.storage.copies import Stores
from services.kernel.envelope import Actor
from services.runtime.identity import Person, person, require

KEEPERS = ("system_manager", "custodian", "platform_admin")
SOURCES = (*KEEPERS, "unit_head", "service:recorder", "service:ingest")
SETTLERS = ("custodian", "unit_head", "director", "platform_admin")
READER_OF_BYTES = "service:access"


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the routes call; made in the server's own thread."""

    filing: Filing
    intake: Intake
    cards: Cards
    settling: Settling
    stores: Stores
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
