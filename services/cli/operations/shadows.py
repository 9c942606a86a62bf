"""Schemas beside the live tables. One belongs to the session that holds its lock; what a killed one left is dropped.

The lock falls with its connection, so nobody has to guess from silence whether a process still lives.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

PREFIX = "rebuild_"
TAKE = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
FREE = text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))")
SCHEMAS = text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :prefix) ORDER BY nspname")


class Taken(Exception):
    """Another session has this name."""


def new_shadow() -> str:
    """Return a name that no schema has."""
    return f"{PREFIX}{uuid4().hex[:12]}"


@asynccontextmanager
async def alone(engine: AsyncEngine, name: str) -> AsyncIterator[AsyncConnection]:
    """Have a name to oneself, across processes, until the end or the death of this one. Raises Taken."""
    async with engine.connect() as connection:
        session = await connection.execution_options(isolation_level="AUTOCOMMIT")
        if not await session.scalar(TAKE, {"name": name}):
            raise Taken(name)
        try:
            yield session
        finally:
            await session.execute(FREE, {"name": name})


@asynccontextmanager
async def shadow_of_ours(engine: AsyncEngine, name: str) -> AsyncIterator[None]:
    """Own the schema ``name``, which the rebuild makes; it is gone at the end, however that comes."""
    await drop_orphans(engine)
    async with alone(engine, name) as session:
        try:
            yield
        finally:
            await session.execute(text(f'DROP SCHEMA IF EXISTS "{name}" CASCADE'))


async def drop_orphans(engine: AsyncEngine) -> list[str]:
    """Drop every shadow that nobody owns any more; return their names."""
    async with engine.connect() as tx:
        names = [str(name) for name in await tx.scalars(SCHEMAS, {"prefix": PREFIX})]
    return [name for name in names if await _dropped(engine, name)]


async def _dropped(engine: AsyncEngine, name: str) -> bool:
    try:
        async with alone(engine, name) as session:
            await session.execute(text(f'DROP SCHEMA IF EXISTS "{name}" CASCADE'))
    except Taken:
        return False
    return True
