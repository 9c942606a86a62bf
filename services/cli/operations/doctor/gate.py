"""Asked before a start: what could lose footage or let it out keeps a service from starting, unless named and accepted.

Only what is cheap: one question each to broker and database, people file and store. ``camledger doctor`` asks more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from time import monotonic

from services.cli.operations.doctor.finding import DANGER, ENGLISH, Finding
from services.kernel.topics import TOPICS, Topic
from services.runtime.logs import configure, logger
from services.runtime.settings import Settings

# A full disk keeps nobody away: custody has to run to free it, and ingest takes nothing in by itself.
NO_BAR = frozenset({"disk-full"})
INGEST = "ingest"
AWAY, AWAY_S, AGAIN_S = frozenset({"broker-unreachable", "database-unreachable"}), 60.0, 2.0


async def dangers(settings: Settings, service: str = "", *, embedded: bool = False) -> list[Finding]:
    """Return what is dangerous for a service, for all of them without a name."""
    from services.cli.operations.doctor.broker import broker_findings
    from services.cli.operations.doctor.clock import database_offset, offset_findings
    from services.cli.operations.doctor.database import database_findings
    from services.cli.operations.doctor.people import people_findings
    from services.cli.operations.doctor.storage import storage_findings
    from services.ingest.settings import IngestSettings

    found = [
        *broker_findings(settings, embedded=embedded, topics=_seen_by(service), brokers=False),
        *await database_findings(settings),
        *offset_findings(await database_offset(settings)),
        *people_findings(settings.people),
        *(storage_findings(settings, IngestSettings()) if service in {"", INGEST} else ()),
    ]
    return [one for one in found if one.level == DANGER and one.name not in NO_BAR]


async def dangers_when_there(settings: Settings, service: str) -> list[Finding]:
    """Return ``dangers``; a broker or database that is still starting is waited for, for a minute."""
    until = monotonic() + AWAY_S
    while True:
        found = await dangers(settings, service)
        away = [one.name for one in found if one.name in AWAY]
        if not away or monotonic() > until:
            return found
        logger().warning("start.waits", away=away)
        await asyncio.sleep(AGAIN_S)


def bars(found: Sequence[Finding], accepted: Collection[str]) -> list[Finding]:
    """Return what bars the start. What was accepted by name is written to the log instead."""
    for one in found:
        if one.name in accepted:
            logger().critical(
                "start.danger_accepted",
                finding=one.name,
                where=one.where,
                found=one.found,
                rule=one.why(ENGLISH),
                remedy=one.remedy(ENGLISH),
            )
    return [one for one in found if one.name not in accepted]


def bar_serve(service: str, accepted: Collection[str]) -> None:
    """Return if this process may become ``service``; otherwise say why and exit."""
    settings = Settings(service=service)
    configure(settings)
    _refuse(asyncio.run(dangers_when_there(settings, service.partition(".")[0])), accepted)


def bar_up(settings: Settings, accepted: Collection[str], log: Path) -> None:
    """Return if services may be started on this machine; else say why and exit. What was accepted is in ``log``."""
    configure(settings)
    # The broker that we bring has one node, on this machine alone, on purpose.
    found = asyncio.run(dangers(settings, embedded=(settings.home / "stack").exists()))
    with log.open("a") as file, redirect_stderr(file):
        left = bars(found, accepted)
    _refuse(left, ())


def _refuse(found: Sequence[Finding], accepted: Collection[str]) -> None:
    from services.cli.client import REFUSED, fail

    if barring := bars(found, accepted):
        fail(REFUSED, told(barring))


def told(barring: Sequence[Finding]) -> str:
    """Return the refusal: each finding with value, rule and remedy, and how to go on all the same."""
    lines = [f"{' '.join(filter(None, (one.name, one.where, one.found)))}\n  {_words(one)}" for one in barring]
    names = sorted({one.name for one in barring})
    accept = f"to start all the same, on the log: CAMLEDGER_ACCEPT_DANGER='{' '.join(names)}'"
    return "\n".join(["not started: what follows could lose footage or let it out", *lines, accept])


def _words(one: Finding) -> str:
    return f"{one.why(ENGLISH)}\n  Remedy: {one.remedy(ENGLISH)}"


def _seen_by(service: str) -> tuple[Topic, ...]:
    # Another service's dead letters are hidden from it by the access control list.
    return tuple(topic for topic in TOPICS if not service or topic.events or topic.writer == service)
