"""Calls from one service to another: over HTTP, as the calling service, with a time limit."""

from __future__ import annotations

import httpx

from services.runtime.certificates import trusted
from services.runtime.settings import Settings

ANSWER_S = 30.0


class PeerUnknown(RuntimeError):
    """No address is set for a service that has to be called."""


def client(settings: Settings, service: str) -> httpx.AsyncClient:
    """Return a client of another service's ``/api/v1``; the caller closes it."""
    address = getattr(settings, f"{service}_url", "")
    if not address:
        raise PeerUnknown(f"the address of {service} is not known: set CAMLEDGER_{service.upper()}_URL")
    headers = {"authorization": f"Bearer {settings.service_token}"}
    return httpx.AsyncClient(base_url=f"{address}/api/v1", headers=headers, timeout=ANSWER_S, verify=trusted(address))
