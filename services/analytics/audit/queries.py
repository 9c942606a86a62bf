"""Reads the audit log for those who check it: the exact bytes, their index, size and root of the tree."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.tables import audit_entry, audit_log
from services.kernel.merkle import EMPTY_ROOT

ENTRIES_MAX = 1_000


async def head(tx: AsyncConnection, origin: str) -> dict[str, Any]:
    """Return origin, size and root (hex); an empty log has the root that RFC 6962 gives it."""
    found = (await tx.execute(select(audit_log.c.size, audit_log.c.root).filter_by(origin=origin))).first()
    size, root = found or (0, EMPTY_ROOT)
    return {"origin": origin, "size": size, "root": root.hex()}


async def entries(tx: AsyncConnection, origin: str, after: int, limit: int) -> list[dict[str, Any]]:
    """Return up to ``limit`` entries with an index above ``after``."""
    wanted = (
        select(audit_entry)
        .where(audit_entry.c.origin == origin, audit_entry.c.index > after)
        .order_by(audit_entry.c.index)
        .limit(min(limit, ENTRIES_MAX))
    )
    return [
        {
            "index": row.index,
            "event_type": row.event_type,
            "subject_event_id": str(row.subject_event_id),
            "entry": row.entry.decode(),
            "leaf": row.leaf.hex(),
        }
        for row in await tx.execute(wanted)
    ]
