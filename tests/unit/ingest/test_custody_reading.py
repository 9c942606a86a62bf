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


class NothingRead:
    """A database in which custody has read nothing of the protection log yet."""

    async def execute(self, *_: object) -> SimpleNamespace:
        return SimpleNamespace(one_or_none=lambda: None)


def third_of_the_log() -> Received:
    event = HoldReleased(
        hold_id=UUID(int=1), seq=3, proposed_by="a", confirmed_by="b", protects_until=NOW + timedelta(days=7)
    )
    actor = Actor(id="access", role="service:access")
    fact = recorded(event, stream_id=PROTECTION_LOG, stream_version=3, at=NOW, actor=actor)
    return Received(topic="hold.events", partition=0, offset=2, key="", headers={}, recorded=fact, raw=b"")


def test_a_missing_record_of_the_protection_log_stops_custody() -> None:
    reader = ProtectionReader(
        ledger=cast("Ledger", None), forbids=cast("Forbids", None), standing=Standing(start_id=UUID(int=1))
    )
    with pytest.raises(ProtectionLogBroken, match="seq 3 at offset 2 follows seq 0"):
        asyncio.run(reader._read(cast("AsyncConnection", NothingRead()), third_of_the_log()))
