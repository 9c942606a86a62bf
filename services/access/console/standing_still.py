"""Which parts of which services stand still, for the people who run the system; asked at most every few seconds."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx

from services.access.asking import settings_of
from services.access.console.neighbours import client_of
from services.access.console.visit import Standing, Visit, console_of
from services.access.status.overview import OTHERS, parts_still
from services.runtime import beats, peers

# Who can do something about it; everybody else has the status page.
RUNNERS: Final = frozenset({"manager_supervisor", "platform_admin", "system_manager"})
ANSWER_WITHIN_S: Final = 1.0


async def told(visit: Visit) -> Standing:
    """Return what stands still to those who run the system; nobody else's page asks for it."""
    if not visit.signer.roles & RUNNERS:
        return {}
    return await console_of(visit.request).standing.of(lambda: _asked(visit))


async def _asked(visit: Visit) -> Standing:
    answers = await asyncio.gather(*(_of(visit, service) for service in OTHERS))
    found = {"access": tuple(beats.Beats.current.silent())} | dict(zip(OTHERS, answers, strict=True))
    return {service: parts for service, parts in found.items() if parts}


async def _of(visit: Visit, service: str) -> tuple[str, ...]:
    try:
        client = client_of(visit, service)
        address = getattr(settings_of(visit.request), f"{service}_url")
        return tuple(await parts_still(client, address, ANSWER_WITHIN_S))
    except (httpx.HTTPError, peers.PeerUnknown, ValueError):
        return ()
