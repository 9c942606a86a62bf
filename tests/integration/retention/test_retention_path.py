"""SegmentRecorded in, DeletionCommanded out, on a real broker and a real database (R1 to R3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.kernel.events import DeletionCommanded
from tests.fakes.ledger_world import until
from tests.fakes.neighbours import Neighbours, Service, named, segment

LONG_AGO = datetime(2024, 3, 1, 10, tzinfo=UTC)


def test_footage_past_its_time_is_proposed_once_whatever_repeats_come(world: Neighbours, service: Service) -> None:
    due = [segment("plaza-1", LONG_AGO + timedelta(minutes=i)) for i in range(5)]
    fresh = segment("plaza-1", datetime.now(UTC) - timedelta(days=1))
    world.register("plaza-1")
    world.bind("daan-cctv", "plaza-1")
    world.feed([*due, fresh, *due])
    service.start()
    until(lambda: len(named(world.commands())) == 5)
    world.feed(due)
    world.feed([segment("plaza-1", LONG_AGO + timedelta(hours=2))])
    until(lambda: len(named(world.commands())) == 6)
    commands = world.commands()
    assert sum(len(line.offsets_us) for c in commands for line in c.lines) == 6
    assert all(isinstance(c, DeletionCommanded) and c.policy_id == "daan-cctv" for c in commands)
