"""SegmentRecorded in, DeletionCommanded out, on a real broker and a real database (R1 to R3)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from services.kernel.events import DeletionCommanded, DeletionQueued, DeletionUnqueued
from services.retention.rebuild import COMPARED, rebuild
from services.runtime import database
from services.runtime.digests import Digest
from services.runtime.kafka_read import read_to_end
from tests.fakes.digested import digested
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


def test_a_refused_batch_waits_for_the_hold_to_be_read_and_a_void_one_comes_again(
    world: Neighbours, service: Service
) -> None:
    """F16: a refusal names a position of the log; nothing is proposed again before retention has read that far."""
    world.register("plaza-1")
    world.bind("daan-cctv", "plaza-1")
    world.feed([segment("plaza-1", LONG_AGO)])
    service.start()
    until(lambda: len(world.commands()) == 1)
    world.answer(world.commands()[0], "void")
    until(lambda: len(world.commands()) == 2)
    ahead = world.seq + 1
    world.answer(world.commands()[1], "refused", seq=ahead)
    until(lambda: world.rows("SELECT seq FROM waiting") == [(ahead,)])
    seen = world.rows("SELECT due_at FROM segment_hour")
    for _ in range(3):  # It has looked again, and again, and proposed nothing.
        until(lambda seen=seen: world.rows("SELECT due_at FROM segment_hour") != seen)  # type: ignore[misc]
        seen = world.rows("SELECT due_at FROM segment_hour")
    assert len(world.commands()) == 2
    world.hold("elsewhere")
    assert world.seq == ahead
    until(lambda: len(world.commands()) == 3)


def test_who_was_refused_waits_and_its_neighbours_of_the_same_hour_go(world: Neighbours, service: Service) -> None:
    """A refusal is an answer about the segments that it names; a late neighbour doesn't share their wait."""
    world.register("plaza-1")
    world.bind("daan-cctv", "plaza-1")
    world.feed([segment("plaza-1", LONG_AGO)])
    service.start()
    until(lambda: len(world.commands()) == 1)
    world.answer(world.commands()[0], "refused", not_before=datetime.now(UTC) + timedelta(days=7))
    until(lambda: world.rows("SELECT count(*) FROM waiting") == [(1,)])
    late = LONG_AGO + timedelta(minutes=1)
    world.feed([segment("plaza-1", late)])
    until(lambda: named(world.commands()[1:]) == {("plaza-1", late)})
    ((wait,),) = world.rows("SELECT not_before - now() FROM waiting")
    assert timedelta(minutes=50) < wait <= timedelta(hours=1)


def test_an_unreadable_record_hides_no_later_release_and_is_not_asked_about_all_the_time(
    world: Neighbours, service: Service
) -> None:
    cameras = ["plaza-1", "plaza-2"]
    for camera in cameras:
        world.register(camera)
    world.bind("daan-cctv", *cameras)
    hold = world.hold("plaza-1")
    world.spoil()
    world.feed([segment(camera, LONG_AGO) for camera in cameras])
    service.start()
    until(lambda: [command.camera_id for command in world.commands()] == ["plaza-2"])
    world.answer(world.commands()[0], "refused", seq=world.seq)
    world.release(hold, protects_until=datetime.now(UTC) - timedelta(hours=1))
    until(lambda: [command.camera_id for command in world.commands()] == ["plaza-2", "plaza-1"])
    ((wait,),) = world.rows("SELECT not_before - now() FROM waiting")
    assert timedelta(minutes=50) < wait <= timedelta(hours=1)


def test_a_hold_takes_footage_out_of_the_queue_and_its_release_gives_the_window_back(
    world: Neighbours, service: Service
) -> None:
    world.register("plaza-1")
    world.bind("daan-cctv", "plaza-1")
    started = (datetime.now(UTC) - timedelta(days=93)).replace(minute=5, second=0, microsecond=0)
    world.feed([segment("plaza-1", started), segment("plaza-1", LONG_AGO)])
    service.start()
    until(lambda: len(world.said("retention.events", DeletionQueued)) == 1)
    hold_id = world.hold("plaza-1")
    until(lambda: len(world.said("retention.events", DeletionUnqueued)) == 1)
    assert str(hold_id) in world.said("retention.events", DeletionUnqueued)[0].why
    ends = datetime.now(UTC) + timedelta(days=7)
    world.release(hold_id, ends)
    until(lambda: len(world.said("retention.events", DeletionQueued)) == 2)
    assert world.said("retention.events", DeletionQueued)[1].until == ends


def test_late_footage_is_born_held(world: Neighbours, service: Service) -> None:
    world.register("plaza-1")
    world.bind("daan-cctv", "plaza-1", "plaza-2")
    hold_id = world.hold("plaza-1")
    service.start()
    world.feed([segment("plaza-1", LONG_AGO), segment("plaza-2", LONG_AGO)])
    until(lambda: len(world.commands()) == 1)
    until(lambda: world.rows("SELECT hold_id, camera_id FROM held_due") == [(hold_id, "plaza-1")])
    assert named(world.commands()) == {("plaza-2", LONG_AGO)}


def test_killed_at_any_time_it_resumes_and_a_rebuild_from_the_log_gives_the_same_tables(
    world: Neighbours, service: Service
) -> None:
    world.register("plaza-1")
    world.bind("daan-cctv", "plaza-1")
    due = [segment("plaza-1", LONG_AGO + timedelta(minutes=7 * i), seconds=i) for i in range(60)]
    fresh = [segment("plaza-1", datetime.now(UTC) - timedelta(seconds=i)) for i in range(20)]
    for half in (due[::2], due[1::2]):
        process = service.start()
        world.feed([*half, *fresh])
        until(lambda: bool(world.commands()))
        process.kill()
    service.start()
    until(lambda: len(named(world.commands())) == 60)
    first, *others = world.commands()
    world.clear(first)
    world.answer(first, "destroying")
    world.destroy(first)
    world.answer(others[0], "refused", seq=1, not_before=datetime.now(UTC) + timedelta(days=1))
    until(lambda: world.rows("SELECT count(*) FROM receipt WHERE destroyed_at IS NOT NULL")[0][0] == size(first))
    until(lambda: world.rows("SELECT count(*) FROM waiting")[0][0] > 0)
    lived, built = asyncio.run(_rebuilt(world))
    assert lived == built
    assert world.rows("SELECT count(*) FROM segment")[0][0] == 80


def size(command: DeletionCommanded) -> int:
    return sum(len(line.offsets_us) for line in command.lines)


async def _rebuilt(world: Neighbours) -> tuple[dict[str, Digest], dict[str, Digest]]:
    engine = database.engine(world.settings, "retention", pool=1)
    try:
        await rebuild(engine, "anew", lambda topic: read_to_end(world.settings, topic, world.codec))
        return await digested(engine, COMPARED), await digested(engine, COMPARED, "anew")
    finally:
        await engine.dispose()
