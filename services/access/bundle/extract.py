"""What the audit log says of a request, with proofs, asked of analytics; what it lacks yet is named, not left out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any, Final

import httpx

from services.runtime import peers
from services.runtime.settings import Settings

EVENTS_A_CALL: Final = 150
# The log takes a copy in a moment after it was made; nobody waits longer for it than this.
WITHIN_S: Final = 5.0
POLL_S: Final = 0.25
SILENT: Final = "the audit log couldn't be asked when this was made"


async def extract(settings: Settings, events: Sequence[str], awaited: Iterable[str]) -> dict[str, Any]:
    """Return the extract of some events; waits a little for those in ``awaited``."""
    wanted, until = set(awaited), monotonic() + WITHIN_S
    try:
        async with peers.client(settings, "analytics") as client:
            while True:
                told = await _all(client, events)
                absent = sorted({each for one in told for each in one.pop("absent")})
                if not wanted & set(absent) or monotonic() > until:
                    return {"extracts": told, "absent": absent}
                await asyncio.sleep(POLL_S)
    except (httpx.HTTPError, peers.PeerUnknown):
        return {"extracts": [], "absent": sorted(events), "remark": SILENT}


async def _all(client: httpx.AsyncClient, events: Sequence[str]) -> list[dict[str, Any]]:
    """Ask in several calls for the way to one root: whoever checks knows one, and the log goes on growing meanwhile."""
    told: list[dict[str, Any]] = []
    for chunk in _chunks(events):
        told.append(await _asked(client, chunk, told[0]["size"] if told else 0))
    return told


async def _asked(client: httpx.AsyncClient, events: Sequence[str], size: int) -> dict[str, Any]:
    of_size = {"size": size} if size else {}
    answer = await client.get("/audit/proofs", params={"event": list(events), **of_size})
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def _chunks(events: Sequence[str]) -> list[Sequence[str]]:
    return [events[at : at + EVENTS_A_CALL] for at in range(0, len(events), EVENTS_A_CALL)]
