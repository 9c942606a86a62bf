"""The four services as fsck and replay see them: where their tables come from, and what builds them anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.runtime.codec import Codec
from services.runtime.moment import Sources
from services.runtime.own_checks import Checks
from services.runtime.received import Received, Spoiled

Read = Callable[[str], Iterable[Received | Spoiled]]
Rebuild = Callable[[AsyncEngine, str, Read, Codec], Awaitable[object]]
Kept = Callable[[AsyncConnection], Awaitable[Mapping[str, int]]]

ENTRIES = text("SELECT coalesce(sum(size), 0) FROM audit_log")
FINDINGS = text("SELECT coalesce(sum(version), 0) FROM stream_version")


async def nothing(_tx: AsyncConnection) -> Mapping[str, int]:
    """Return that a service keeps none of its own records."""
    return {}


PROJECTION, OPERATIONAL = "projection", "operational"


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """One service. ``compared`` are tables and views by which digests are taken; a view stands for its packings."""

    service: str
    tables: Mapping[str, str]  # name -> class
    compared: tuple[str, ...]
    together: frozenset[str]  # what only makes sense as a whole: a switch takes all of these or none
    sources: Sources
    checks: Checks
    rebuild: Rebuild
    unreadable: tuple[type[Exception], ...] = ()  # what a rebuild raises at a record of its own that nobody can read
    kept: Kept = nothing  # how many records of its own topics its tables tell of: none may be missing on the log

    @property
    def operational(self) -> tuple[str, ...]:
        return tuple(sorted(name for name, kind in self.tables.items() if kind == OPERATIONAL))

    def switched(self, chosen: Iterable[str]) -> tuple[str, ...]:
        """Return every table and view that a switch of ``chosen`` replaces."""
        wanted = set(chosen)
        return tuple(sorted(wanted | self.together if wanted & self.together else wanted))


def projected(service: str) -> Projected:
    """Return what there is to know about a service. Raises KeyError for one that doesn't exist."""
    return {"ingest": _ingest, "retention": _retention, "access": _access, "analytics": _analytics}[service]()


def _ingest() -> Projected:
    from services.ingest import checks, rebuild
    from services.ingest.custody.own_log import TOPICS

    return Projected(
        service="ingest",
        tables=rebuild.TABLES,
        compared=_of(rebuild.TABLES, PROJECTION),
        together=frozenset({"segment", "segment_attr", "segment_hot", "segment_hour"}),
        sources=Sources(own=TOPICS, read={"hold.events": "ingest.protection", "policy.events": "ingest.programmes"}),
        checks=checks.CHECKS,
        rebuild=_plain(rebuild.rebuild),
    )


def _retention() -> Projected:
    from services.retention import checks, rebuild
    from services.retention.own_log import TOPICS as OWN
    from services.retention.worker import CONSUMER, TOPICS

    async def findings(tx: AsyncConnection) -> Mapping[str, int]:
        return {"retention.events": int((await tx.execute(FINDINGS)).scalar_one())}

    return Projected(
        service="retention",
        tables=rebuild.TABLES,
        compared=rebuild.COMPARED,
        # Buckets of a rebuild have other numbers: their wheel goes with them, and every one is looked at again.
        together=frozenset(
            {"segment", "segment_hot", "segment_hour", "wheel", "held_due", "waiting", "rebucket", "camera_fill"}
        ),
        sources=Sources(own=OWN, read=dict.fromkeys(TOPICS, CONSUMER)),
        checks=checks.CHECKS,
        rebuild=_plain(rebuild.rebuild),
        kept=findings,
    )


def _access() -> Projected:
    from services.access import checks, own_facts, rebuild
    from services.access.recovery import OWN_TOPICS, LogDiffers
    from services.runtime.tables import RUNTIME_TABLES

    async def run(engine: AsyncEngine, schema: str, read: Read, codec: Codec) -> None:
        await rebuild.rebuild(engine, schema, read, codec)

    return Projected(
        service="access",
        tables=dict.fromkeys(RUNTIME_TABLES, OPERATIONAL) | rebuild.TABLES,
        compared=_of(rebuild.TABLES, PROJECTION),
        together=frozenset(),
        sources=Sources(own=OWN_TOPICS, read=dict.fromkeys(rebuild.OTHERS_TOPICS, "access.answers")),
        checks=checks.CHECKS,
        rebuild=run,
        unreadable=(LogDiffers,),
        kept=own_facts.counts,
    )


def _analytics() -> Projected:
    from services.analytics import checks, rebuild
    from services.analytics.worker import CONSUMER, TOPICS_READ

    async def entries(tx: AsyncConnection) -> Mapping[str, int]:
        return {"audit.log": int((await tx.execute(ENTRIES)).scalar_one())}

    return Projected(
        service="analytics",
        tables=rebuild.TABLES,
        compared=_of(rebuild.TABLES, PROJECTION),
        together=frozenset(),
        sources=Sources(own=("audit.log",), read=dict.fromkeys(TOPICS_READ, CONSUMER)),
        checks=checks.CHECKS,
        rebuild=_plain(rebuild.rebuild),
        kept=entries,
    )


def _of(tables: Mapping[str, str], kind: str) -> tuple[str, ...]:
    return tuple(sorted(name for name, one in tables.items() if one == kind))


def _plain(rebuild: Callable[[AsyncEngine, str, Read], Awaitable[object]]) -> Rebuild:
    async def run(engine: AsyncEngine, schema: str, read: Read, _codec: Codec) -> None:
        await rebuild(engine, schema, read)

    return run
