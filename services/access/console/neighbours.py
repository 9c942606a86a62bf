"""Asks another service for a page, in the person's name: its owner decides what that person may see."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from services.access.asking import settings_of
from services.access.console.visit import Visit, console_of
from services.runtime import peers
from services.runtime.identity import speaks_for
from services.runtime.refusal import Refusal

ANSWER_WITHIN_S: Final = 5.0
Asked = str | Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service said; ``silent`` where it couldn't be asked, and then nothing is guessed."""

    says: Any = None
    silent: bool = False


async def ask(visit: Visit, service: str, path: str, **query: Asked) -> Answer:
    """Return what a service answers to a person; silent when it doesn't answer. Raises its refusal."""
    headers = speaks_for(visit.person)
    try:
        client = client_of(visit, service)
        answer = await client.get(path, params=query, headers=headers, timeout=ANSWER_WITHIN_S)
    except (httpx.HTTPError, peers.PeerUnknown):
        return Answer(silent=True)
    return _read(answer)


def client_of(visit: Visit, service: str) -> httpx.AsyncClient:
    """Return the one client of a service in this process: a new one costs more than the question."""
    clients = console_of(visit.request).clients
    if service not in clients:
        clients[service] = peers.client(settings_of(visit.request), service)
    return clients[service]


async def ask_each(visit: Visit, *wanted: tuple[str, str, Mapping[str, Asked]]) -> list[Answer]:
    """Return several answers, each to a question with a query, asked at the same time."""
    return list(await asyncio.gather(*(ask(visit, service, path, **query) for service, path, query in wanted)))


def _read(answer: httpx.Response) -> Answer:
    if answer.is_server_error:
        return Answer(silent=True)
    try:
        told = answer.json()
    except ValueError:
        return Answer(silent=True)
    if answer.is_client_error:
        raise Refusal.of_problem(answer.status_code, told)
    return Answer(says=told)
