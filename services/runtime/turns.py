"""Heavy work takes its turn, one piece at a time and off the loop; whoever would wait too long is told so at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from services.runtime.refusal import Refusal

WAITING_MAX: Final = 20

Done = TypeVar("Done")


class OneAtATime:
    """What one process does in turn. ``busy`` and ``what`` name it to those who are sent away."""

    def __init__(self, busy: str, what: str, waiting_max: int = WAITING_MAX) -> None:
        self._busy, self._what, self._waiting_max = busy, what, waiting_max
        self._one, self._waiting = asyncio.Semaphore(1), 0

    async def do(self, work: Callable[[], Done]) -> Done:
        """Return what ``work`` makes in a thread. Raises a Refusal (503) when too many wait already."""
        if self._waiting >= self._waiting_max:
            raise self._too_many()
        self._waiting += 1
        try:
            async with self._one:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1

    def _too_many(self) -> Refusal:
        return Refusal(
            self._busy,
            status=503,
            title=f"Too many {self._what} wait to be made",
            detail=f"{self._waiting} {self._what} wait already",
            remedy="ask again in a minute",
        )
