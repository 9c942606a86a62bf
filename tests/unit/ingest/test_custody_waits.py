"""Custody that only waits for its lock has nothing to lose with the database: it goes on waiting when that is back."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import cast

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.custody.reading import Standing
from services.ingest.custody.start import Custody
from services.ingest.ledger import Ledger
from services.runtime.settings import Settings
from services.runtime.worker import Worker


class Answer:
    """What Postgres answers to a question for the lock."""

    def scalar_one(self) -> bool:
        return True


class Line:
    """A connection that is lost when it is first asked, or one that answers."""

    def __init__(self, error: Exception | None) -> None:
        self._error, self.thrown_away = error, False

    async def execute(self, _statement: object, _values: object) -> Answer:
        if self._error is not None:
            raise self._error
        return Answer()

    async def commit(self) -> None:
        """Nothing was written."""

    async def invalidate(self) -> None:
        self.thrown_away = True


class Database:
    """An engine that hands out these connections, one after the other."""

    def __init__(self, *lines: Line) -> None:
        self._lines = list(lines)

    async def connect(self) -> AsyncConnection:
        return cast("AsyncConnection", self._lines.pop(0))


def locked(*lines: Line) -> AsyncConnection:
    nothing = cast("Ledger", None), Standing(), cast("Worker", None)
    custody = Custody(Settings(service="ingest"), *nothing)
    engine = cast("AsyncEngine", Database(*lines))
    return asyncio.run(custody._singleton(engine, Event(), lambda: None))


def test_custody_that_waits_for_its_lock_asks_again_when_the_database_was_away() -> None:
    lost, whole = Line(ConnectionResetError("gone")), Line(None)
    assert cast("object", locked(lost, whole)) is whole
    assert lost.thrown_away


def test_custody_does_not_wait_for_an_error_that_never_passes() -> None:
    with pytest.raises(ValueError, match="wrong"):
        locked(Line(ValueError("wrong")), Line(None))
