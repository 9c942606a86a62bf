"""One sheet is laid out at a time, off the loop that answers; whoever would wait too long is told so at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from services.runtime.refusal import Refusal

WAITING_MAX: Final = 20


class Press:
    """The printer of one process: laying out takes a second of a processor and tens of megabytes."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)
        self._waiting = 0

    async def print(self, work: Callable[[], bytes]) -> bytes:
        """Return what ``work`` lays out. Raises a Refusal when too many wait already."""
        if self._waiting >= WAITING_MAX:
            raise Refusal(
                "PressBusy",
                status=503,
                title="Too many sheets wait to be printed",
                detail=f"{self._waiting} sheets wait already",
                remedy="ask again in a minute",
            )
        self._waiting += 1
        try:
            async with self._one:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
