"""Of many who want an answer at once one asks; it is good for a few seconds, then somebody asks again."""

from __future__ import annotations

import asyncio

from services.access.console.last_answer import LastAnswer


class Asked:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> int:
        await asyncio.sleep(0)
        self.times += 1
        return self.times


async def _two_at_once_then_later() -> tuple[list[int], int, int]:
    now = [0.0]
    last, ask = LastAnswer[int](5.0, lambda: now[0]), Asked()
    together = await asyncio.gather(last.of(ask), last.of(ask))
    now[0] = 4.9
    still_good = await last.of(ask)
    now[0] = 5.0
    return list(together), still_good, await last.of(ask)


def test_one_asks_for_all_and_again_when_the_answer_is_old() -> None:
    assert asyncio.run(_two_at_once_then_later()) == ([1, 1], 1, 2)
