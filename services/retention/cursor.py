"""The wheel's cursor: one row that orders sweepers, remembers how far they came, and carries the clock's halt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.retention.buckets import Connection

BEGIN = "INSERT INTO wheel_cursor (id, swept_to) VALUES (1, '-infinity') ON CONFLICT DO NOTHING"
LOCK = """
SELECT nullif(swept_to, '-infinity') AS swept_to, halted_at, halted_why FROM wheel_cursor WHERE id = 1 FOR UPDATE
"""
MOVE = "UPDATE wheel_cursor SET swept_to = $1, halted_at = NULL, halted_why = '' WHERE id = 1"
HALT = "UPDATE wheel_cursor SET halted_at = $1, halted_why = $2 WHERE id = 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """``swept_to`` None: nothing was ever swept."""

    swept_to: datetime | None
    halted_at: datetime | None = None
    halted_why: str = ""


async def lock(connection: Connection) -> Cursor:
    """Lock and return the cursor: two sweepers go one after the other."""
    row = await connection.fetchrow(LOCK)
    if row is None:
        await connection.execute(BEGIN)
        row = await connection.fetchrow(LOCK)
    assert row is not None
    return Cursor(swept_to=row["swept_to"], halted_at=row["halted_at"], halted_why=row["halted_why"])


async def resume(connection: Connection, now: datetime) -> None:
    """Two persons say that the clock is right."""
    await connection.execute(MOVE, now)


async def move(connection: Connection, now: datetime) -> None:
    """Everything that was due at ``now`` was looked at, or is still on the wheel. Ends a halt."""
    await connection.execute(MOVE, now)


async def halt(connection: Connection, now: datetime, why: str) -> None:
    """Stop proposing; ``swept_to`` stays where it is."""
    await connection.execute(HALT, now, why)
