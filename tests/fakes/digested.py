"""Digests of a service's tables as fsck takes them, live or in a shadow schema."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncEngine

from services.runtime import shadow
from services.runtime.digests import Digest, digest


async def digested(engine: AsyncEngine, tables: Iterable[str], schema: str = "public") -> dict[str, Digest]:
    """Return the digest of each of these tables of a schema."""
    async with engine.begin() as tx:
        await shadow.enter(tx, schema)
        return {name: await digest(tx, schema, name) for name in tables}
