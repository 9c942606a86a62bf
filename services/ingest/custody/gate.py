"""Custody's gate: exclusive for what forbids (C1, C2, C6), shared for marks (C3). Intake takes none of it."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Arbitrary numbers that nothing else in the database locks on.
GATE = 0x_CA_3D_01
SINGLETON = 0x_CA_3D_02
ARRIVALS = 0x_CA_3D_03
OPENING = 0x_CA_3D_04

_EXCLUSIVE = text("select pg_advisory_xact_lock(:key)")
_SHARED = text("select pg_advisory_xact_lock_shared(:key)")


class CustodyLost(Exception):
    """Another process has passed the start gate since: this one must end, whatever it was about to do."""


async def exclusive(tx: AsyncConnection) -> None:
    """Wait until no mark is under way, and keep marks out until this transaction ends."""
    await tx.execute(_EXCLUSIVE, {"key": GATE})


async def shared(tx: AsyncConnection) -> None:
    """Wait until nothing that forbids is being applied, and keep it out until this transaction ends."""
    await tx.execute(_SHARED, {"key": GATE})


async def opening(tx: AsyncConnection) -> None:
    """Let one process of ours at a time open the stores, until this transaction ends."""
    await tx.execute(_EXCLUSIVE, {"key": OPENING})


async def arriving(tx: AsyncConnection) -> None:
    """Intake's side of the arrivals lock: whoever answers a hold sees either all of this segment or none of it."""
    await tx.execute(_SHARED, {"key": ARRIVALS})


async def no_arrivals(tx: AsyncConnection) -> None:
    """The answer's side: ``recorded_at`` now tells exactly what the answer's lists contain."""
    await tx.execute(_EXCLUSIVE, {"key": ARRIVALS})
