"""Digests of tables: the same rows give the same sha256 whatever their order, their packing or the server's locale."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

COLUMNS = text("""
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = :schema AND table_name = :name ORDER BY column_name COLLATE "C" """)
CHUNK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Rows and sha256 in hex over the lines of a table or view; no columns mean that it isn't there."""

    columns: tuple[str, ...]
    rows: int
    sha256: str


async def digest(tx: AsyncConnection, schema: str, name: str) -> Digest:
    """Return the digest of a table or view. Instants are told in the time zone of the session: set it to UTC."""
    columns = tuple((await tx.execute(COLUMNS, {"schema": schema, "name": name})).scalars())
    sha256, rows = hashlib.sha256(), 0
    if columns:
        quoted = tx.dialect.identifier_preparer.quote
        listed = ", ".join(quoted(column) for column in columns)
        relation = f"{quoted(schema)}.{quoted(name)}"
        # Columns by name, lines in C order: neither depends on how a table came to be.
        lines = f'SELECT line FROM (SELECT ROW({listed})::text AS line FROM {relation}) t ORDER BY line COLLATE "C"'  # noqa: S608
        async for line in (await tx.stream(text(lines), execution_options={"yield_per": CHUNK})).scalars():
            sha256.update(line.encode() + b"\n")
            rows += 1
    return Digest(columns=columns, rows=rows, sha256=sha256.hexdigest())
