"""Proofs of the audit log: that entries stand in it, as they travel with a bundle of copies; that it only grew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.analytics.audit.queries import head
from services.analytics.certificates.compose import Office
from services.analytics.certificates.queries import LogEntry, entries
from services.runtime.http import Refusal
from services.runtime.identity import Person, person

router = APIRouter(prefix="/api/v1")

EVENTS_MAX: Final = 200
Reader = Annotated[Person, Depends(person)]


@router.get("/audit/proofs")
async def audit_proofs(
    request: Request,
    reader: Reader,
    event: Annotated[list[UUID], Query(max_length=EVENTS_MAX)],
    size: Annotated[int | None, Query(ge=1)] = None,
) -> dict[str, Any]:
    """Return entries by event id, each with its path to one root; what the log doesn't have yet is named.

    ``size`` asks for the root of so many entries, so that what is asked in several calls leads to one.
    """
    del reader  # As with the entries themselves: any named person.
    office: Office = request.app.state.certificates
    async with request.app.state.engine.connect() as tx:
        log = await head(tx, office.settings.audit_origin)
        if size is not None and size < log["size"]:
            grown = await office.tiles.growth(tx, size, log["size"])
            log |= {"size": size, "root": grown.old_root.hex()}
        found = await entries(tx, log["origin"], event)
        # An entry that came after we read the size isn't in that tree.
        there = [each for each in found.values() if each.position < log["size"]]
        paths = await office.tiles.paths(tx, log["size"], [each.position for each in there])
    proved = [_proved(each, paths[each.position]) for each in sorted(there)]
    absent = sorted({str(each) for each in event} - {each.event_id for each in there})
    return log | {"entries": proved, "absent": absent}


@router.get("/audit/consistency")
async def audit_consistency(
    request: Request,
    reader: Reader,
    old_size: Annotated[int, Query(alias="from", ge=1)],
    size: Annotated[int, Query(alias="to", ge=1)],
) -> dict[str, Any]:
    """Return the roots of the log at two sizes and the hashes that prove it only grew between them (RFC 6962, 2.1.2).

    Whoever checks takes the older root from where he kept it, not from this answer.
    """
    del reader  # As above.
    office: Office = request.app.state.certificates
    async with request.app.state.engine.connect() as tx:
        log = await head(tx, office.settings.audit_origin)
        if not old_size <= size <= log["size"]:
            raise _no_such_sizes(old_size, size, log["size"])
        grown = await office.tiles.growth(tx, old_size, size)
    sizes = {"origin": log["origin"], "from": old_size, "to": size}
    roots = {"from_root": grown.old_root.hex(), "to_root": grown.root.hex()}
    return sizes | roots | {"path": [one.hex() for one in grown.path]}


def _no_such_sizes(old_size: int, size: int, entries_now: int) -> Refusal:
    return Refusal(
        "NoSuchTree",
        status=409,
        title="The log has no trees of these sizes",
        detail=f"Asked from {old_size} to {size} entries; the log has {entries_now}.",
        remedy="Sizes rise and end with the log's own. A log that is shorter than it was has lost entries: keep the old"
        " root, and ask for camledger fsck.",
    )


def _proved(each: LogEntry, path: Sequence[bytes]) -> dict[str, Any]:
    return {
        "index": each.position,
        "event_id": each.event_id,
        "event_type": each.event_type,
        "entry": each.text,
        "path": [one.hex() for one in path],
    }
