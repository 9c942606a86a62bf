"""The events behind a number: what stands on the log of a request, a hold or a project. Who, when, what, and where."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.asking import desk_of, engine_of, uuid_of
from services.access.console import frame
from services.access.console.numbers import short
from services.access.console.route import PageRoute
from services.access.console.visit import Visit, Visiting
from services.access.ledger import access_stream, approval_stream, history, request_stream
from services.access.refusals import Unknown
from services.access.requests import http as requests_api
from services.access.tables import fact
from services.kernel.envelope import Recorded
from services.kernel.ids import PROTECTION_LOG

router = APIRouter(prefix="/console/events", route_class=PageRoute, include_in_schema=False)

EVENTS_SHOWN: Final = 200
CHARACTERS_SHOWN: Final = 300
Kind = Literal["request", "hold", "project"]


@router.get("/{kind}/{identity}")
async def events_page(visit: Visiting, kind: Kind, identity: str) -> HTMLResponse:
    """Show the newest events; a request's to whom the API shows the request, the others' to insiders."""
    if kind == "request":
        await requests_api.show_request(visit.request, identity, visit.person)
    elif not visit.person.is_insider:
        raise Unknown(f"no events of a {kind} {identity[:40]!r} for you", remedy="ask for your own requests")
    async with engine_of(visit.request).connect() as tx:
        found = await _found(tx, visit, kind, identity)
    if not found:
        raise Unknown(f"no events of a {kind} {identity[:40]!r}", remedy="follow a link of the console")
    return frame.page(
        visit,
        "events.html",
        kind=kind,
        identity=identity,
        number=short(identity),
        rows=[line(visit, record) for record in found[:EVENTS_SHOWN]],
        most=EVENTS_SHOWN,
        whole=len(found) <= EVENTS_SHOWN,
    )


async def _found(tx: AsyncConnection, visit: Visit, kind: Kind, identity: str) -> list[Recorded]:
    codec = desk_of(visit.request).codec
    found: list[Recorded] = []
    match kind:
        case "request":
            request_id = uuid_of(identity, "request")
            streams = (request_stream(request_id), approval_stream(request_id), access_stream(request_id))
            found = await history(tx, codec, *streams)
        case "project":
            found = await history(tx, codec, f"project/{identity}")
        case "hold":
            hold_id = uuid_of(identity, "hold")
            # Each record of the protection log names its hold in plain letters: the rest is never unpacked.
            names_it = func.position(func.convert_to(str(hold_id), "UTF8").op("IN")(fact.c.value)) > 0
            wanted = select(fact.c.value).where(fact.c.stream_id == PROTECTION_LOG, names_it)
            rows = await tx.scalars(wanted.order_by(fact.c.stream_version.desc()).limit(EVENTS_SHOWN + 1))
            found = [codec.decode(value) for value in rows]
    return sorted(found, key=lambda r: (r.envelope.recorded_at, r.envelope.stream_version), reverse=True)


def names_of(record: Recorded) -> list[str]:
    """Return what an event says, by its own names."""
    return [each.name for each in fields(record.event)]


def line(visit: Visit, record: Recorded) -> dict[str, Any]:
    """Return one event as its row has it: where it stands on the log, and what it says."""
    envelope = record.envelope
    return {
        "at": envelope.recorded_at,
        "who": "" if envelope.actor_role.startswith("service:") else visit.name_of(envelope.actor_id),
        "role": envelope.actor_role,
        "name": type(record.event).__name__,
        "stream": envelope.stream_id,
        "version": envelope.stream_version,
        "event_id": str(envelope.event_id),
        "policy": envelope.policy_version,
        "says": [
            (each.name, str(getattr(record.event, each.name))[:CHARACTERS_SHOWN]) for each in fields(record.event)
        ],
    }
