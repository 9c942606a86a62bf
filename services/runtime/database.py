"""Connections to a service's own Postgres database, and which of its errors pass by themselves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import greenlet_spawn

from services.runtime import lineage
from services.runtime.settings import Settings

# A frozen process must lose its row locks, or it freezes the healthy ones too.
WORKER_LIMITS = {"idle_in_transaction_session_timeout": "5s", "lock_timeout": "20s"}

# Connection lost, shutdown, deadlock, serialization, lock or idle timeout, too many connections.
PASSING = ("08", "40001", "40P01", "53300", "55P03", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04")
SPOILED = ("22", "23")  # data exception, integrity violation: the record itself doesn't fit

REST_AFTER_S = 20.0  # a person clicks on within it, an idle backend of some megabytes goes


def database_name(settings: Settings, service: str) -> str:
    """Return the name of the database that belongs to ``service`` alone (decision 20)."""
    return f"{settings.database_prefix}{service}"


def dsn(settings: Settings, service: str) -> str:
    """Return the DSN of a service's own database: the base DSN with its name, and its role if one is set."""
    return _with(settings.database, database_name(settings, service), settings.database_role.format(service=service))


def _with(base: str, name: str, role: str) -> str:
    parts = urlsplit(base)
    netloc = parts.netloc
    if role:
        # A password in the base DSN stays: it is the same secret for one service's role.
        account, _, address = netloc.rpartition("@")
        secret = account.partition(":")[1:]
        netloc = f"{quote(role)}{''.join(secret)}@{address}"
    return urlunsplit((parts.scheme, netloc, f"/{name}", parts.query, ""))


def engine(
    settings: Settings,
    service: str,
    *,
    pool: int = 5,
    application: str = "",
    limits: dict[str, str] | None = None,
    command_timeout_s: float = 60,
) -> AsyncEngine:
    """Return an engine on a service's own database. It belongs to the event loop that first uses it.

    ``limits`` are server settings of each session; the default frees the locks of a frozen process.
    """
    address = dsn(settings, service)
    server = {"application_name": application or f"camledger-{service}"} | (WORKER_LIMITS if limits is None else limits)

    def connect() -> Awaitable[Any]:
        return lineage.connect(address, command_timeout_s=command_timeout_s, server_settings=server)

    creator: Callable[[], Awaitable[Any]] = connect
    # What was asked for may name a person: a failing statement is told of without its values.
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=creator, pool_size=pool, max_overflow=0, hide_parameters=True
    )


async def rest(engine: AsyncEngine, after_s: float = REST_AFTER_S) -> None:
    """Close what a pool keeps whenever nobody has asked it for ``after_s``; runs until it is cancelled."""
    returned = monotonic()

    @event.listens_for(engine.sync_engine, "checkin")
    def _returned(*_: object) -> None:
        nonlocal returned
        returned = monotonic()

    while True:
        await asyncio.sleep(after_s)
        pool = engine.pool
        assert isinstance(pool, QueuePool), pool
        if pool.checkedin() and not pool.checkedout() and monotonic() - returned > after_s:
            # The new pool comes first: what is opened while the old one closes would stay in it, open for good.
            await engine.dispose(close=False)
            await greenlet_spawn(pool.dispose)


async def db_now(tx: AsyncConnection) -> datetime:
    """Return the database clock, UTC: the only clock that decisions are made by."""
    now = (await tx.execute(text("SELECT clock_timestamp()"))).scalar_one()
    assert isinstance(now, datetime)
    return now


async def raw(tx: AsyncConnection) -> asyncpg.Connection[asyncpg.Record]:
    """Return the asyncpg connection below ``tx``, inside the same transaction: for COPY."""
    connection = await _below(tx)
    if not connection.is_in_transaction():
        # SQLAlchemy begins with its first statement: what goes past it before would be committed, each by itself.
        await tx.execute(text("SELECT 1"))
    return connection


async def _below(tx: AsyncConnection) -> asyncpg.Connection[asyncpg.Record]:
    connection = (await tx.get_raw_connection()).driver_connection
    assert isinstance(connection, asyncpg.Connection)
    return connection


def json_object(value: object) -> dict[str, str]:
    """Return a JSON column as asyncpg hands it out, which is text unless a codec was set."""
    found = json.loads(value) if isinstance(value, str) else value
    assert isinstance(found, dict), value
    return found


async def is_open(tx: AsyncConnection) -> bool:
    """Tell whether the connection below ``tx`` still stands."""
    return not tx.invalidated and not (await _below(tx)).is_closed()


async def try_advisory_lock(tx: AsyncConnection, key: int) -> bool:
    """Take a session's advisory lock if nobody holds it; it falls with the connection."""
    return bool((await tx.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})).scalar_one())


def sqlstate(error: BaseException) -> str:
    """Return the five letters that Postgres gave an error, or an empty string."""
    for candidate in (error, getattr(error, "orig", None), error.__cause__):
        if state := getattr(candidate, "sqlstate", None) or getattr(candidate, "pgcode", None):
            return str(state)
    return ""


def is_transient(error: BaseException) -> bool:
    """Tell whether trying again on a new connection can succeed."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if sqlstate(error).startswith(PASSING):
        return True
    cause: BaseException | None = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        cause = error.orig.__cause__ or error.orig
    # asyncpg calls it an internal error when a connection is cut in the middle of a reply.
    lost = OSError | asyncpg.InterfaceError | asyncpg.InternalClientError | asyncpg.PostgresConnectionError
    return isinstance(cause, lost)


def is_unstorable(error: BaseException) -> bool:
    """Tell whether a value itself can't be held, whatever else the database holds: not an integrity violation."""
    return sqlstate(error).startswith(SPOILED[0])


def is_spoiled(error: BaseException) -> bool:
    """Tell whether Postgres refused the values themselves: trying again can't help."""
    return isinstance(error, DBAPIError) and sqlstate(error).startswith(SPOILED)
