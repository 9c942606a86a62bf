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
IDLE_CONNECTION_S = 5.0  # a backend takes 2 to 5 MB: longer than this nobody keeps one for later


class WorkFailed(RuntimeError):
    """The work itself met an input or output error while its database connection was fine."""


class Transactions:
    """Runs work in transactions, one at a time. The work may run several times; only the last one is committed."""

    def __init__(
        self,
        engine: AsyncEngine,
        name: str,
        beat: Callable[[], None],
        give_up_s: float = GIVE_UP_S,
        idle_after_s: float = IDLE_CONNECTION_S,
    ) -> None:
        self._engine = engine
        self._name = name
        self._beat = beat
        self._give_up_s = give_up_s
        self._idle_after_s = idle_after_s
        self._used_at = 0.0  # 0: nothing is open

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Return what ``work`` returns once it is committed; raises what can't pass, or what didn't pass in time."""
        until = monotonic() + self._give_up_s
        while True:
            self._used_at = monotonic()
            try:
                return await self._once(work)
            except Exception as error:
                if not is_transient(error) or monotonic() > until:
                    raise
                await self._recover(error)

    def idles(self) -> bool:
        """Tell whether a connection has been open and unused for a while: ``close`` it, the next work opens another."""
        return bool(self._used_at) and monotonic() - self._used_at > self._idle_after_s

    async def close(self) -> None:
        """Give the connection back."""
        self._used_at = 0.0
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
