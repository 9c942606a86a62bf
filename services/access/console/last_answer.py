"""An answer that is good for a few seconds: of many who want it at once one asks, the others are given the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

Said = TypeVar("Said")


class LastAnswer(Generic[Said]):
    """What was said last, and when."""

    def __init__(self, good_for_s: float, clock: Callable[[], float] = monotonic) -> None:
        self._good_for_s = good_for_s
        self._clock = clock
        self._one_asks = asyncio.Lock()
        self._said: tuple[float, Said] | None = None

    async def of(self, ask: Callable[[], Awaitable[Said]]) -> Said:
        """Return the last answer while it is good, else what ``ask`` says now."""
        async with self._one_asks:
            if self._said is None or self._clock() - self._said[0] >= self._good_for_s:
                said = await ask()
                self._said = (self._clock(), said)
            return self._said[1]
