"""A schema beside the live one, in which a service builds its tables anew from the log and emits nothing (I5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.received import Received, Spoiled

# A topic's records from its beginning, in order within each partition.
Read = Callable[[str], Iterable[Received | Spoiled]]

ENTER = text("SELECT set_config('search_path', :schema, true), set_config('timezone', 'UTC', true)")


async def create(tx: AsyncConnection, schema: str, tables: MetaData) -> None:
    """Create ``schema``, which must not exist, with these tables, and enter it."""
    await tx.execute(text(f"CREATE SCHEMA {tx.dialect.identifier_preparer.quote(schema)}"))
    await enter(tx, schema)
    await tx.run_sync(lambda connection: tables.create_all(connection, checkfirst=False))


async def enter(tx: AsyncConnection, schema: str) -> None:
    """Let every name of this transaction mean this schema, and every instant be told in UTC."""
    await tx.execute(ENTER, {"schema": schema})


def understood(records: Iterable[Received | Spoiled]) -> Iterator[Received]:
    """Pass over what can't be decoded, as a worker does."""
    return (record for record in records if isinstance(record, Received))
