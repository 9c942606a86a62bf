"""Gathers how the whole system stands: our own tables by SQL, the other services by their own ``/status``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import httpx
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.ledger import Desk
from services.access.protections import office, store
from services.access.protections.projector import state_of
from services.access.protections.wording import iso
from services.access.tables import batch_answer, clearance, fact, parked, request_file
from services.kernel.protection import is_active
from services.runtime import beats, peers
from services.runtime.database import db_now
from services.runtime.settings import Settings

OTHERS: Final = ("ingest", "retention", "analytics")
ANSWER_WITHIN_S: Final = 2.0
EVENTS_SHOWN: Final = 12
HOLDS_SHOWN: Final = 100
OUTCOMES: Final = ("overdue", "past_maximum_protected")  # two outcomes, never one word (decision 8)


async def overview(engine: AsyncEngine, desk: Desk, settings: Settings) -> dict[str, Any]:
    """Return everything that the status page shows; no name and no matter is in it."""
    async with engine.connect() as tx:
        own = await _own(tx, desk)
    answers = await asyncio.gather(*(_ask(settings, service) for service in OTHERS))
    here = _state(beats.Beats.current.silent()) | {"says": {}}
    return own | {"services": {"access": here} | dict(zip(OTHERS, answers, strict=True))}


async def _own(tx: AsyncConnection, desk: Desk) -> dict[str, Any]:
    now = await db_now(tx)
    seq, published = await store.log_position(tx)
    return {
        "as_of": iso(now),
        "log": {"seq": seq, "published": published, "open_clearances": await _open_clearances(tx)},
        "protections": await _protections(tx, now),
        "parked": await _count(tx, select(func.count()).select_from(parked).where(~parked.c.settled)),
        "requests": await _requests(tx),
        "events": await _events(tx, desk),
    }


async def _protections(tx: AsyncConnection, now: datetime) -> list[dict[str, Any]]:
    rows = await store.protections(tx, active_at=now)
    newest = sorted((row for row in rows if is_active(state_of(row), now)), key=lambda row: -row["seq"])
    return await office.told(tx, newest[:HOLDS_SHOWN])


async def _requests(tx: AsyncConnection) -> dict[str, int]:
    counted = select(request_file.c.state, func.count()).group_by(request_file.c.state).order_by(request_file.c.state)
    return {row[0]: row[1] for row in await tx.execute(counted)}


async def _open_clearances(tx: AsyncConnection) -> int:
    pairs = clearance.outerjoin(batch_answer, batch_answer.c.batch_id == clearance.c.batch_id)
    return await _count(tx, select(func.count()).select_from(pairs).where(batch_answer.c.batch_id.is_(None)))


async def _events(tx: AsyncConnection, desk: Desk) -> list[dict[str, Any]]:
    newest = select(fact.c.value).order_by(fact.c.recorded_at.desc(), fact.c.stream_version.desc()).limit(EVENTS_SHOWN)
    records = [desk.codec.decode(value) for value in await tx.scalars(newest)]
    return [
        {
            "at": iso(record.envelope.recorded_at),
            "event": type(record.event).__name__,
            "about": f"{record.envelope.stream_id} #{record.envelope.stream_version}",
            "role": record.envelope.actor_role,
        }
        for record in records
    ]


async def _count(tx: AsyncConnection, wanted: Any) -> int:  # noqa: ANN401
    return int(await tx.scalar(wanted) or 0)


async def _ask(settings: Settings, service: str) -> dict[str, Any]:
    try:
        async with peers.client(settings, service) as client:
            still = await parts_still(client, getattr(settings, f"{service}_url"), ANSWER_WITHIN_S)
            told = await _get(client, "/status")
            if service == "retention":
                told |= {"overdue_list": await _get(client, "/overdue")}
    except peers.PeerUnknown:
        return {"state": "unset", "says": {}}
    except (httpx.HTTPError, ValueError):
        return {"state": "silent", "says": {}}
    return _state(still) | {"says": told}


def _state(still: list[str]) -> dict[str, Any]:
    # A service whose worker stands still goes on answering: without its parts the page would call that well.
    return {"state": "still", "parts": still} if still else {"state": "answers"}


async def parts_still(client: httpx.AsyncClient, address: str, within_s: float) -> list[str]:
    """Return the parts of a service that have been silent for longer than they may."""
    answer = await client.get(f"{address}/health/live", timeout=within_s)
    return beats.still(answer.status_code, answer.content)


async def _get(client: httpx.AsyncClient, path: str) -> Any:  # noqa: ANN401
    answer = await client.get(path, timeout=ANSWER_WITHIN_S)
    answer.raise_for_status()
    return answer.json()


def figures(told: Mapping[str, Any]) -> dict[str, int]:
    """Return the page's counts of footage, from whoever owns each; absent where its owner doesn't answer."""
    ingest, retention = told["services"]["ingest"]["says"], told["services"]["retention"]["says"]
    found = {name: ingest[name] for name in ("segments", "destroying", "gone") if name in ingest}
    if "overdue_list" in retention:
        found |= {outcome: _segments(retention["overdue_list"], outcome) for outcome in OUTCOMES}
    return {name: int(value) for name, value in found.items()}


def _segments(lines: list[dict[str, Any]], outcome: str) -> int:
    return sum(int(line["segments"]) for line in lines if line["outcome"] == outcome)


def zeros(told: Mapping[str, Any]) -> dict[str, int]:
    """Return what must stay zero."""
    silent = sum(each["state"] in {"silent", "still"} for each in told["services"].values())
    return {
        "overdue": figures(told).get("overdue", 0),
        "parked_records": int(told["parked"]),
        "unanswered": silent,
    }
