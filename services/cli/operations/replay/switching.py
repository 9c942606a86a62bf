"""Exchanges tables between schemas in one transaction. Nothing is renamed, copied or lost: what was live stays whole.

Indexes, constraints and partitions go with their table, so a schema, not a suffix, tells the old from the new.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

LIVE, BEFORE = "public", "before"

# A partition doesn't follow its table: it has a schema of its own.
RELATIONS = text("""
    WITH RECURSIVE found AS (
        SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = :schema AND c.relname = ANY(CAST(:names AS text[])) AND c.relkind IN ('r', 'p', 'v')
        UNION ALL
        SELECT c.oid, c.relname FROM found f JOIN pg_inherits i ON i.inhparent = f.oid
        JOIN pg_class c ON c.oid = i.inhrelid)
    SELECT relname FROM found ORDER BY relname""")


class NothingBefore(Exception):
    """There is no earlier state to go back to."""


async def switch(tx: AsyncConnection, shadow: str, names: Sequence[str]) -> None:
    """Put the tables of ``shadow`` in the place of the live ones, which go to schema ``before``."""
    await tx.execute(text("SET LOCAL lock_timeout = '10s'"))
    await tx.execute(text(f'DROP SCHEMA IF EXISTS "{BEFORE}" CASCADE'))
    await tx.execute(text(f'CREATE SCHEMA "{BEFORE}"'))
    await _move(tx, LIVE, BEFORE, names)
    await _move(tx, shadow, LIVE, names)


async def switch_back(tx: AsyncConnection) -> list[str]:
    """Exchange what is live with what was before the last switch; return the tables. Raises NothingBefore."""
    await tx.execute(text("SET LOCAL lock_timeout = '10s'"))
    names = await tables_before(tx)
    if not names:
        raise NothingBefore("no switch has been made here")
    await tx.execute(text(f'CREATE SCHEMA "{BEFORE}_aside"'))
    await _move(tx, LIVE, f"{BEFORE}_aside", names)
    await _move(tx, BEFORE, LIVE, names)
    await tx.execute(text(f'DROP SCHEMA "{BEFORE}"'))
    await tx.execute(text(f'ALTER SCHEMA "{BEFORE}_aside" RENAME TO "{BEFORE}"'))
    return sorted(names)


async def tables_before(tx: AsyncConnection) -> list[str]:
    """Return the tables and views that the last switch replaced."""
    wanted = text("SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                  "WHERE n.nspname = :schema AND relkind IN ('r', 'p', 'v') AND NOT relispartition")  # fmt: skip
    return [str(name) for name in await tx.scalars(wanted, {"schema": BEFORE})]


async def _move(tx: AsyncConnection, source: str, target: str, names: Sequence[str]) -> None:
    for name in (await tx.scalars(RELATIONS, {"schema": source, "names": list(names)})).all():
        await tx.execute(text(f'ALTER TABLE "{source}"."{name}" SET SCHEMA "{target}"'))
