"""Turns access' own clocks at an instant that the test chooses, on the database and the log of a running city."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.bootstrap import desk_for
from services.access.clocks import Clocks
from services.access.ledger import Desk
from services.access.viewing.copy_files import CopyKeeper
from services.runtime import database
from tests.integration.access.conftest import City

T = TypeVar("T")


def instant(told: object) -> datetime:
    return datetime.fromisoformat(str(told))


def desk_at(city: City, now: datetime) -> Desk:
    """The desk of this city, which takes ``now`` for the database clock."""

    async def clock(_tx: AsyncConnection) -> datetime:
        return now

    return replace(desk_for(city.settings), clock=clock)


def with_engine(city: City, work: Callable[[AsyncEngine], Awaitable[T]], name: str = "access") -> T:
    async def run() -> T:
        engine = database.engine(city.settings, name)
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def turn(city: City, now: datetime) -> None:
    """One turn of what ends by time."""
    with_engine(city, Clocks(desk_at(city, now)).turn)


def turn_copies(city: City, now: datetime) -> None:
    """One turn of what keeps the bytes of copies."""
    with_engine(city, CopyKeeper(desk_at(city, now), city.settings).turn)
