"""A record of the protection log that retention can't read must not keep the rest of the city's footage for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast
from uuid import UUID

from services.kernel.batches import HourLine
from services.kernel.envelope import Actor, recorded
from services.kernel.events import BatchAnswered, HoldExtended, HoldPlaced, HoldReleased, LineAnswer, ProtectionKind
from services.kernel.ids import EPOCH, PROTECTION_LOG
from services.kernel.protection import is_active
from services.kernel.scope import Scope
from services.retention.buckets import Connection
from services.retention.projector import project
from services.retention.protections import CAME, Protections
from services.runtime.codec import Codec
from services.runtime.registry import open_registry
from services.runtime.settings import Settings
from tests.unit.retention.given import HOLD, at

NOW = at("2025-03-01T00:00:00+00:00")
CODEC = Codec(open_registry(Settings()))
BY = Actor(id="p-0001", role="custodian", agency="spd")
OTHER = UUID(int=2)
LINES = (HourLine(camera_id="plaza-1", hour=1, generation=1, offsets_us=(0,)),)


@dataclass(slots=True)
class Records:
    """The table ``protection_record``: a position and the record's bytes, None for a clearance."""

    rows: dict[int, bytes | None] = field(default_factory=dict)

    async def fetch(self, _: str, after: int) -> list[dict[str, object]]:
        return [{"seq": seq, "value": self.rows[seq]} for seq in sorted(self.rows) if seq > after]

    async def fetchval(self, query: str, wanted: Sequence[int]) -> int:
        assert query == CAME
        return len(self.rows.keys() & set(wanted))

    def put(self, event: HoldPlaced | HoldExtended | HoldReleased) -> None:
        record = recorded(event, stream_id=PROTECTION_LOG, stream_version=event.seq, at=NOW, actor=BY)
        self.rows[event.seq] = CODEC.encode(record, "access")


def placed(hold_id: UUID, seq: int) -> HoldPlaced:
    return HoldPlaced(
        hold_id=hold_id,
        seq=seq,
        kind=ProtectionKind.HOLD,
        hold_kind="court_order",
        scope=Scope(starts_at=EPOCH),
        matter="m",
        authority="a",
        review_by=NOW + timedelta(days=30),
        protects_until=None,
        request_id="",
    )


def released(hold_id: UUID, seq: int) -> HoldReleased:
    return HoldReleased(hold_id=hold_id, seq=seq, proposed_by="a", confirmed_by="b", protects_until=NOW)


def look(protections: Protections, records: Records) -> dict[UUID, bool]:
    """Refresh, and say which protections stand."""
    log = asyncio.run(protections.refresh(cast("Connection", records)))
    return {hold: is_active(each, NOW) for hold, each in log.protections.items()}


def test_a_release_behind_an_unreadable_hold_is_read() -> None:
    protections, records = Protections(CODEC), Records()
    records.put(placed(HOLD, 1))
    assert look(protections, records) == {HOLD: True}
    records.put(released(HOLD, 3))
    assert look(protections, records) == {HOLD: False}
    assert protections.log.seq == 3


def test_a_record_that_is_retried_later_is_folded_in_at_its_place() -> None:
    protections, records = Protections(CODEC), Records({1: None})
    records.put(placed(HOLD, 3))
    assert look(protections, records) == {HOLD: True}
    records.put(placed(OTHER, 2))
    assert look(protections, records) == {OTHER: True, HOLD: True}


def test_the_release_of_a_discarded_hold_changes_nothing_and_stops_nothing() -> None:
    protections, records = Protections(CODEC), Records()
    records.put(released(OTHER, 2))
    records.put(placed(HOLD, 3))
    assert look(protections, records) == {HOLD: True}


def test_the_extension_of_a_discarded_hold_protects_in_its_own_right() -> None:
    protections, records = Protections(CODEC), Records()
    records.put(HoldExtended(hold_id=HOLD, seq=2, scope=Scope(starts_at=EPOCH), review_by=None, protects_until=None))
    assert look(protections, records) == {HOLD: True}
    records.put(placed(HOLD, 3))
    assert look(protections, records) == {HOLD: True}


def test_footage_that_an_unreadable_hold_may_cover_is_proposed_again_once_an_hour() -> None:
    refused = LineAnswer(outcome="refused", reason="parked", seq=4, not_before=None, lines=LINES)
    event = BatchAnswered(batch_id=OTHER, camera_id="plaza-1", answers=(refused,))
    record = recorded(event, stream_id=f"batch/{OTHER}/answer", stream_version=1, at=NOW, actor=BY)
    (wait,) = project([record]).waits
    assert (wait.seq, wait.not_before) == (4, NOW + timedelta(hours=1))
