"""Finds the events behind a number: our own facts, and those of other services as the audit log proves them.

An event's id follows from its stream and its place in it, so whoever knows a segment knows which entries to ask for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.asking import desk_of, engine_of, uuid_of
from services.access.console.acting import wall_clock
from services.access.console.behind import Kind
from services.access.console.neighbours import ask, ask_each
from services.access.console.visit import Visit
from services.access.ledger import access_stream, approval_stream, history, request_stream
from services.access.protections.wording import iso
from services.access.refusals import Unknown
from services.access.requests import http as requests_api
from services.access.tables import fact
from services.kernel.envelope import Recorded
from services.kernel.events import FootageViewed
from services.kernel.ids import EPOCH, PROTECTION_LOG, event_id, segment_stream

EVENTS_SHOWN: Final = 200
CHARACTERS_SHOWN: Final = 300
SEGMENTS_SHOWN: Final = 30
# Recorded, copied, marked, cleared for, destroyed: few segments have more events than this.
VERSIONS_ASKED: Final = 6
HOURS_SHOWN: Final = 8
HOUR: Final = timedelta(hours=1)
# A rule or a clock is no person: its role says what it is.
BY_ITSELF: Final = ("system", "timer")
OVERDUE: Final = ("overdue", "past_maximum_protected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which events: a kind and what it is of, narrowed to a camera and a time."""

    kind: Kind
    identity: str
    camera: str = ""
    starts: str = ""
    ends: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Events as rows of a page, the newest first; which service didn't answer, and whether there are more."""

    rows: Sequence[dict[str, Any]]
    silent: str = ""
    whole: bool = True


async def found(visit: Visit, asked: Asked) -> Found:
    """Return the events behind a number, as far as the person may see them. Raises Unknown or the owner's refusal."""
    match asked.kind:
        case "footage":
            return await _footage(visit, [(asked.identity, asked.starts, asked.ends)])
        case "due":
            return await _due(visit, asked)
        case "log":
            return await _newest(visit)
        case "request" | "copy" | "viewing":
            await requests_api.show_request(visit.request, asked.identity.partition(":")[0], visit.person)
        case _ if not visit.person.is_insider:
            raise Unknown(f"no events of {asked.identity[:40]!r} for you", remedy="ask for your own requests")
    async with engine_of(visit.request).connect() as tx:
        records = await _facts(tx, visit, asked)
    newest = sorted(records, key=lambda r: (r.envelope.recorded_at, r.envelope.stream_version), reverse=True)
    rows = [line(visit, record) for record in newest[:EVENTS_SHOWN]]
    return Found(rows=rows, whole=len(newest) <= EVENTS_SHOWN)


async def _facts(tx: AsyncConnection, visit: Visit, asked: Asked) -> list[Recorded]:
    codec, identity = desk_of(visit.request).codec, asked.identity
    match asked.kind:
        case "request" | "copy" | "viewing":
            request_id = uuid_of(identity.partition(":")[0], "request")
            streams = (request_stream(request_id), approval_stream(request_id), access_stream(request_id))
            records = await history(tx, codec, *streams)
            part = identity.partition(":")[2]
            return [each for each in records if not part or part in _values(each)]
        case "project":
            return await history(tx, codec, f"project/{identity}")
        case "hold":
            return await _naming(tx, visit, _protections(), str(uuid_of(identity, "hold")))
        case "policy":
            own = await history(tx, codec, f"policy/{identity}")
            return [*own, *await _naming(tx, visit, _protections(), identity)]
        case "camera":
            of_it = or_(_protections(), fact.c.event_type == FootageViewed.__name__)
            return await _naming(tx, visit, of_it, identity)
    return await _naming(tx, visit, fact.c.event_type == identity, "")


def _protections() -> ColumnElement[bool]:
    return fact.c.stream_id == PROTECTION_LOG


async def _naming(tx: AsyncConnection, visit: Visit, among: ColumnElement[bool], name: str) -> list[Recorded]:
    """Each record names its subject in plain letters: what doesn't is never unpacked."""
    wanted = select(fact.c.value).where(among)
    if name:
        wanted = wanted.where(func.position(func.convert_to(name, "UTF8").op("IN")(fact.c.value)) > 0)
    rows = await tx.scalars(wanted.order_by(fact.c.recorded_at.desc()).limit(EVENTS_SHOWN + 1))
    records = [desk_of(visit.request).codec.decode(value) for value in rows]
    return [each for each in records if names(each, name)]


def names(record: Recorded, name: str) -> bool:
    """Tell whether an event names something, whole: cam-1 isn't named where cam-19 is."""
    return not name or re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", str(record.event)) is not None


def _values(record: Recorded) -> set[str]:
    return {str(getattr(record.event, each.name)) for each in fields(record.event)}


async def _due(visit: Visit, asked: Asked) -> Found:
    """What retention counts are hours of footage; what stands behind them are the events of their segments."""
    path, query = _question(visit, asked)
    said = await ask(visit, "retention", path, **query)
    if said.silent:
        return Found(rows=(), silent="retention")
    lines = [each for each in said.says if asked.identity not in OVERDUE or each["outcome"] == asked.identity]
    hours = list(dict.fromkeys((str(each["camera_id"]), str(each["hour"])) for each in lines))
    spans = [(camera, hour, iso(datetime.fromisoformat(hour) + HOUR) or "") for camera, hour in hours]
    told = await _footage(visit, spans[:HOURS_SHOWN])
    return Found(rows=told.rows, silent=told.silent, whole=told.whole and len(hours) <= HOURS_SHOWN)


def _question(visit: Visit, asked: Asked) -> tuple[str, dict[str, str]]:
    if asked.identity in OVERDUE:
        return "/overdue", {}
    query = {"camera": asked.camera} if asked.camera else {}
    first = wall_clock(visit, f"{asked.identity}T00:00") if asked.identity != "week" else None
    today = visit.dates.local(visit.now).date().isoformat()
    if first is None:
        return "/due", query
    starts = EPOCH if asked.identity <= today else first  # what was due earlier counts today
    ends = first + timedelta(days=1)
    return "/due", query | {"from": iso(starts) or "", "to": iso(ends) or ""}


async def _footage(visit: Visit, spans: Sequence[tuple[str, str, str]]) -> Found:
    """Return what the audit log has of the segments in some spans: camera, from, to."""
    wanted = [("ingest", "/segments", _span(*each)) for each in spans]
    told = await ask_each(visit, *wanted)
    if any(each.silent for each in told):
        return Found(rows=(), silent="ingest")
    segments = [segment for each in told for segment in each.says["segments"]]
    streams = [_stream(each) for each in segments[:SEGMENTS_SHOWN]]
    ids = [str(event_id(stream, version)) for stream in streams for version in range(1, VERSIONS_ASKED + 1)]
    whole = len(segments) <= SEGMENTS_SHOWN and all(each.says["complete"] for each in told)
    return await _proved(visit, ids, whole=whole) if ids else Found(rows=(), whole=whole)


def _span(camera: str, starts: str, ends: str) -> dict[str, str]:
    asked = {"camera": camera, "from": starts or (iso(EPOCH) or ""), "to": ends, "limit": str(SEGMENTS_SHOWN + 1)}
    return {name: value for name, value in asked.items() if value}


def _stream(segment: dict[str, Any]) -> str:
    started = datetime.fromisoformat(segment["started_at"])
    return segment_stream(segment["camera_id"], started, int(segment["generation"]))


async def _proved(visit: Visit, ids: Sequence[str], *, whole: bool) -> Found:
    said = await ask(visit, "analytics", "/audit/proofs", event=ids)
    if said.silent:
        return Found(rows=(), silent="analytics")
    return Found(rows=_of_entries(visit, said.says["entries"]), whole=whole)


async def _newest(visit: Visit) -> Found:
    head = await ask(visit, "analytics", "/audit/root")
    if head.silent:
        return Found(rows=(), silent="analytics")
    after = max(-1, int(head.says["size"]) - EVENTS_SHOWN // 2 - 1)
    said = await ask(visit, "analytics", "/audit/entries", after=str(after), limit=str(EVENTS_SHOWN))
    if said.silent:
        return Found(rows=(), silent="analytics")
    return Found(rows=_of_entries(visit, said.says["entries"]), whole=after < 0)


def _of_entries(visit: Visit, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = [_of_entry(visit, json.loads(each["entry"]), int(each["index"])) for each in entries]
    return sorted(rows, key=lambda row: (str(row["at"]), row["index"]), reverse=True)


def _of_entry(visit: Visit, told: dict[str, Any], index: int) -> dict[str, Any]:
    envelope = told["envelope"]
    return {
        "at": envelope["recorded_at"],
        "who": _who(visit, str(envelope["actor_id"]), str(envelope["actor_role"])),
        "role": envelope["actor_role"],
        "name": told["type"],
        "stream": str(envelope.get("stream_id", "")),
        "version": envelope.get("stream_version", ""),
        "event_id": envelope["event_id"],
        "policy": envelope.get("policy_version", ""),
        "index": index,
        "says": [(name, str(value)[:CHARACTERS_SHOWN]) for name, value in told["event"].items()],
    }


def line(visit: Visit, record: Recorded) -> dict[str, Any]:
    """Return one event as its row has it: where it stands on the log, and what it says."""
    envelope = record.envelope
    return {
        "at": envelope.recorded_at,
        "who": _who(visit, envelope.actor_id, envelope.actor_role),
        "role": envelope.actor_role,
        "name": type(record.event).__name__,
        "stream": envelope.stream_id,
        "version": envelope.stream_version,
        "event_id": str(envelope.event_id),
        "policy": envelope.policy_version,
        "index": None,
        "says": [
            (each.name, str(getattr(record.event, each.name))[:CHARACTERS_SHOWN]) for each in fields(record.event)
        ],
    }


def _who(visit: Visit, actor: str, role: str) -> str:
    return "" if role.startswith("service:") or role in BY_ITSELF else visit.name_of(actor)
