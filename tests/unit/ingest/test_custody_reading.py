"""Custody stops where a record of the protection log is missing: it may be a hold."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.custody.forbids import Forbids
from services.ingest.custody.reading import ProtectionLogBroken, ProtectionReader, Standing
from services.ingest.ledger import Ledger
from services.kernel.envelope import Actor, recorded
from services.kernel.events import HoldReleased
from services.kernel.ids import PROTECTION_LOG
from services.runtime.received import Received

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class ReadUpTo:
    """A database that knows how far custody has read the protection log, and can be asked nothing else."""

    def __init__(self, seq: int) -> None:
        self._position = {"seq": seq, "log_offset": seq - 1, "unread": 0, "reloads": 0}

    async def execute(self, *_: object) -> SimpleNamespace:
        return SimpleNamespace(one_or_none=lambda: SimpleNamespace(_asdict=lambda: self._position))


def third_of_the_log() -> Received:
    event = HoldReleased(
        hold_id=UUID(int=1), seq=3, proposed_by="a", confirmed_by="b", protects_until=NOW + timedelta(days=7)
    )
    actor = Actor(id="access", role="service:access")
    fact = recorded(event, stream_id=PROTECTION_LOG, stream_version=3, at=NOW, actor=actor)
    return Received(topic="hold.events", partition=0, offset=2, key="", headers={}, recorded=fact, raw=b"")


def read_third_after(seq: int) -> None:
    reader = ProtectionReader(
        ledger=cast("Ledger", None), forbids=cast("Forbids", None), standing=Standing(start_id=UUID(int=1))
    )
    asyncio.run(reader._read(cast("AsyncConnection", ReadUpTo(seq)), third_of_the_log()))


def test_a_missing_record_of_the_protection_log_stops_custody() -> None:
    with pytest.raises(ProtectionLogBroken, match="seq 3 at offset 2 follows seq 1"):
        read_third_after(1)


def test_a_record_that_the_relay_sends_twice_is_read_once() -> None:
    read_third_after(3)
