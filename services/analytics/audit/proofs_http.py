"""Entries of named events with the proof that they stand in the log: what travels with a bundle of copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.analytics.audit.queries import head
from services.analytics.certificates.compose import Office
from services.analytics.certificates.queries import LogEntry, entries
from services.runtime.identity import Person, person

router = APIRouter(prefix="/api/v1")

EVENTS_MAX: Final = 200
Reader = Annotated[Person, Depends(person)]


@router.get("/audit/proofs")
async def audit_proofs(
    request: Request, reader: Reader, event: Annotated[list[UUID], Query(max_length=EVENTS_MAX)]
) -> dict[str, Any]:
    """Return entries by event id, each with its path to one root; what the log doesn't have yet is named."""
    del reader  # As with the entries themselves: any named person.
    office: Office = request.app.state.certificates
    async with request.app.state.engine.connect() as tx:
        log = await head(tx, office.settings.audit_origin)
        found = await entries(tx, log["origin"], event)
        # An entry that came after we read the size isn't in that tree.
        there = [each for each in found.values() if each.position < log["size"]]
        paths = await office.tiles.paths(tx, log["size"], [each.position for each in there])
    proved = [_proved(each, paths[each.position]) for each in sorted(there)]
    absent = sorted({str(each) for each in event} - {each.event_id for each in there})
    return log | {"entries": proved, "absent": absent}


def _proved(each: LogEntry, path: Sequence[bytes]) -> dict[str, Any]:
    return {
        "index": each.position,
        "event_id": each.event_id,
        "event_type": each.event_type,
        "entry": each.text,
        "path": [one.hex() for one in path],
    }
