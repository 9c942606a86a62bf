"""Builds projections anew beside the live ones and compares them. Never writes to a live table, emits nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.cli.operations.projected import PROJECTION, Projected
from services.cli.operations.shadows import new_shadow, shadow_of_ours
from services.kernel.merkle import leaf_hash, root_of
from services.runtime import database
from services.runtime.codec import Codec
from services.runtime.digests import Digest, digest
from services.runtime.moment import Moment, moment
from services.runtime.own_checks import RUNTIME_CHECKS, faults_of
from services.runtime.registry import open_registry
from services.runtime.settings import Settings

LIVE = "public"
# A long read in one transaction: the limits of workers would cut it off.
LIMITS = {"lock_timeout": "20s"}
COMMAND_TIMEOUT_S = 3600.0

EQUAL, DIFFERENT, HOLDS, UNCHECKED = "equal", "different", "holds", "no check of its own"


class Unbuildable(RuntimeError):
    """The service's own log holds a record that no table can be made from; the message says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was found about one table. ``fault`` is empty when all is well."""

    service: str
    table: str
    kind: str
    rows: int
    digest: str
    verdict: str
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A moment with its shadow: the schema that was filled from the log up to that moment."""

    moment: Moment
    shadow: str
    live: dict[str, Digest]
    rebuilt: dict[str, Digest]


@asynccontextmanager
async def beside(
    engine: AsyncEngine,
    settings: Settings,
    one: Projected,
    *,
    shadow: str = "",
    started: Callable[[Moment], None] = lambda _: None,
) -> AsyncIterator[Side]:
    """Rebuild a service's projections into a schema of their own, dropped at the end however it ends.

    Raises Unbuildable.
    """
    codec, shadow = Codec(open_registry(settings)), shadow or new_shadow()
    async with shadow_of_ours(engine, shadow), moment(engine, settings, codec, one.sources) as at:
        started(at)
        try:
            await one.rebuild(engine, shadow, at.read, codec)
        except one.unreadable as record:
            raise Unbuildable(f"no table of {one.service} can be made from the log: {record}") from record
        live = {name: await digest(at.tx, LIVE, name) for name in one.compared}
        async with engine.connect() as tx:
            await tx.execute(text("SET LOCAL timezone TO 'UTC'"))
            rebuilt = {name: await digest(tx, shadow, name) for name in one.compared}
        yield Side(moment=at, shadow=shadow, live=live, rebuilt=rebuilt)


def engine_for(settings: Settings, service: str) -> AsyncEngine:
    """Return an engine that may take its time."""
    return database.engine(
        settings,
        service,
        pool=7,
        application="camledger-operations",
        limits=LIMITS,
        command_timeout_s=COMMAND_TIMEOUT_S,
    )


async def compare(settings: Settings, one: Projected) -> list[Line]:
    """Return a line for every table of a service."""
    engine = engine_for(settings, one.service)
    try:
        async with beside(engine, settings, one) as side:
            lines = [_compared(one, side, name) for name in one.compared]
            lines += [await _own(side.moment.tx, one, name) for name in one.operational]
            lines += await _emitted(engine, one, side.shadow)
            if one.service == "analytics":
                lines += await _trees(side.moment.tx)
            return lines + _missing(one, side.moment)
    except Unbuildable as fault:
        # A finding as any other: what the other services say is wanted all the same.
        return [_rebuilt(one, fault=str(fault))]
    finally:
        await engine.dispose()


def _compared(one: Projected, side: Side, name: str) -> Line:
    live, rebuilt = side.live[name], side.rebuilt[name]
    fault = difference(live, rebuilt) or without_rows(live, side.moment.seen[one.checks.fed_by.get(name, object)])
    return Line(
        service=one.service,
        table=name,
        kind=PROJECTION,
        rows=live.rows,
        digest=live.sha256,
        verdict=DIFFERENT if fault else EQUAL,
        fault=fault,
    )


def difference(live: Digest, rebuilt: Digest) -> str:
    """Return how two tables differ, empty if they are equal."""
    if live.columns != rebuilt.columns:
        return f"columns {', '.join(live.columns) or 'none'} and {', '.join(rebuilt.columns) or 'none'}"
    if live.sha256 == rebuilt.sha256:
        return ""
    return f"{live.rows} rows live, {rebuilt.rows} from the log ({rebuilt.sha256[:16]})"


def without_rows(live: Digest, events: int) -> str:
    """Return a fault when there was history for this table and no row: equal to nothing is not equal (decision 18)."""
    return f"no rows, though the log holds {events} events that make one" if events and not live.rows else ""


async def _own(tx: AsyncConnection, one: Projected, table: str) -> Line:
    checks = [check for check in (*one.checks.own, *RUNTIME_CHECKS) if check.table == table]
    counted = [(check, await faults_of(tx, check)) for check in checks]
    faults = [f"not so for {count} rows: {check.holds}" for check, count in counted if count]
    rows = await tx.scalar(text(f'SELECT count(*) FROM "{table}"'))  # noqa: S608 - our own names
    return Line(
        service=one.service,
        table=table,
        kind=one.tables[table],
        rows=rows or 0,
        digest="",
        verdict=DIFFERENT if faults else HOLDS if checks else UNCHECKED,
        fault="; ".join(faults),
    )


async def _emitted(engine: AsyncEngine, one: Projected, shadow: str) -> list[Line]:
    async with engine.connect() as tx:
        rows = await tx.scalar(text(f'SELECT count(*) FROM "{shadow}".outbox')) or 0  # noqa: S608 - our own name
    return [_rebuilt(one, rows, f"the rebuild put {rows} events into an outbox" if rows else "")]


def _rebuilt(one: Projected, rows: int = 0, fault: str = "") -> Line:
    verdict = DIFFERENT if fault else "nothing was emitted"
    return Line(service=one.service, table="(rebuild)", kind="own", rows=rows, digest="", verdict=verdict, fault=fault)


async def _trees(tx: AsyncConnection) -> list[Line]:
    """Recompute every tree from the bytes of its entries; the stored root must be that one (I8)."""
    lines = []
    for origin, size, root in (await tx.execute(text("SELECT origin, size, root FROM audit_log"))).all():
        entries = text('SELECT entry FROM audit_entry WHERE origin = :origin ORDER BY "index"')
        leaves = [leaf_hash(entry) for entry in (await tx.execute(entries, {"origin": origin})).scalars()]
        again = root_of(leaves)
        fault = "" if (len(leaves), again) == (size, root) else f"{size} entries with root {root.hex()} are stored"
        verdict = DIFFERENT if fault else EQUAL
        lines.append(
            Line(
                service="analytics",
                table=f"tree {origin}",
                kind="own",
                rows=len(leaves),
                digest=again.hex(),
                verdict=verdict,
                fault=fault,
            )
        )
    return lines


def _missing(one: Projected, at: Moment) -> list[Line]:
    return [
        Line(
            service=one.service,
            table=f"{topic}/{partition}",
            kind="topic",
            rows=gone,
            digest="",
            verdict=DIFFERENT,
            fault=f"the {gone} oldest records no longer exist on the broker",
        )
        for topic, parts in at.missing().items()
        for partition, gone in parts.items()
    ]
