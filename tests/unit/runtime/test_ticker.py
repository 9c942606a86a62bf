"""A part that runs every so often says that it lives also while it rests."""

from __future__ import annotations

from threading import Event

from sqlalchemy.ext.asyncio import AsyncEngine

from services.runtime.process import Ticker
from services.runtime.settings import Settings


def test_a_part_that_rests_for_longer_than_it_may_be_silent_goes_on_beating() -> None:
    stop, beats, turns = Event(), list[int](), list[int]()

    async def turn(_engine: AsyncEngine) -> None:
        turns.append(1)

    def beat() -> None:
        beats.append(1)
        if len(beats) == 3:
            stop.set()

    Ticker("shredding", 3.0, turn, Settings(), "access", beat_within_s=0.04).run(stop, beat)
    assert (len(turns), len(beats)) == (1, 3)
