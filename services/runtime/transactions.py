"""A transaction that is begun again while the database's errors pass by themselves: restart, failover, deadlock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.runtime import telemetry
from services.runtime.database import is_open, is_transient
from services.runtime.logs import logger

T = TypeVar("T")
PAUSE_S = 0.2
# Below max.poll.interval.ms, or the group would take the partitions away meanwhile.
GIVE_UP_S = 120.0


class WorkFailed(RuntimeError):
    """The work itself met an input or output error while its database connection was fine."""


class Transactions:
    """Runs work in transactions, one at a time. The work may run several times; only the last one is committed."""

    def __init__(self, engine: AsyncEngine, name: str, beat: Callable[[], None], give_up_s: float = GIVE_UP_S) -> None:
        self._engine = engine
        self._name = name
        self._beat = beat
        self._give_up_s = give_up_s

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Return what ``work`` returns once it is committed; raises what can't pass, or what didn't pass in time."""
        until = monotonic() + self._give_up_s
        while True:
            try:
                return await self._once(work)
            except Exception as error:
                if not is_transient(error) or monotonic() > until:
                    raise
                await self._recover(error)

    async def close(self) -> None:
        """Give the connection back."""
        await self._engine.dispose()

    async def _once(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with self._engine.begin() as tx:
            try:
                return await work(tx)
            except OSError as error:
                # The work may read files, too: only a lost connection is worth another try.
                if await is_open(tx):
                    raise WorkFailed(f"{self._name}: {type(error).__name__}: {error}") from error
                raise

    async def _recover(self, error: Exception) -> None:
        logger().warning("database.retry", part=self._name, error=type(error).__name__, detail=str(error)[:200])
        telemetry.count("camledger_database_retries_total", part=self._name)
        self._beat()
        await self._engine.dispose()
        await asyncio.sleep(PAUSE_S)
