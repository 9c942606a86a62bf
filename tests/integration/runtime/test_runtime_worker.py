"""A worker on real Kafka and real Postgres: every record becomes exactly one row, whatever happens to the process."""

from __future__ import annotations

import signal
import subprocess
from collections import defaultdict
from time import sleep

from services.kernel.envelope import Recorded
from services.runtime.outbox import Outbox
from services.runtime.topic_ids import CONFIRMED_S
from services.runtime.worker import Fenced, TopicReplaced, Truncated, Worker
from tests.fakes.ledger import CONSUMER, FREEZE, INPUTS, Ledger, card, mask
from tests.fakes.ledger_world import Running, World, until

CAMERAS = [f"cam-{number}" for number in range(8)]


def inputs(first: int, last: int) -> list[Recorded]:
    return [make(camera, n) for n in range(first, last + 1) for camera in CAMERAS for make in (card, mask)]


def worker(world: World) -> Worker:
    handler = Ledger(Outbox("retention", world.codec, world.settings))
    return Worker(CONSUMER, INPUTS, handler, world.settings, "retention", world.codec)


def versions(world: World) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in world.rows("SELECT * FROM ledger ORDER BY id"):
        found[row.topic, row.camera_id].append(row.version)
    return found


def complete(world: World, last: int) -> bool:
    return versions(world) == {(t, c): list(range(1, last + 1)) for t in INPUTS for c in CAMERAS}


def count(world: World) -> int:
    return int(world.rows("SELECT count(*) FROM ledger")[0][0])


def workers_of(world: World) -> set[int]:
    return {row.pid for row in world.rows("SELECT DISTINCT pid FROM ledger")}


def test_two_topics_become_one_row_a_record_in_the_order_of_each_key(world: World) -> None:
    world.feed(inputs(1, 20))
    with Running(worker(world)):
        until(lambda: count(world) == 320)
    assert complete(world, 20)


def test_a_worker_goes_on_at_the_offset_in_the_database_not_at_kafkas(world: World) -> None:
    world.feed(inputs(1, 5))
    with Running(worker(world)):
        until(lambda: count(world) == 80)
    world.rows("DELETE FROM ledger")
    world.rows("UPDATE consumer_offset SET next_offset = 0")
    with Running(worker(world)):
        until(lambda: count(world) == 80)
    assert complete(world, 5)


def test_killing_a_worker_under_load_and_starting_another_leaves_one_row_a_record(world: World) -> None:
    first = world.start("worker")
    world.feed(inputs(1, 30))
    until(lambda: count(world) > 0)
    first.kill()
    second = world.start("worker")
    world.feed(inputs(31, 60))
    until(lambda: count(world) >= 960)
    assert complete(world, 60)
    assert workers_of(world) == {first.pid, second.pid}


def test_two_workers_share_the_partitions_and_a_stopped_one_hands_its_over(world: World) -> None:
    first, second = world.start("worker"), world.start("worker")
    for turn in range(200):
        world.feed(inputs(turn + 1, turn + 1))
        if len(workers_of(world)) == 2:
            break
    until(lambda: count(world) == (turn + 1) * 16)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    world.feed(inputs(turn + 2, turn + 3))
    until(lambda: complete(world, turn + 3))
    assert second.poll() is None


def zombie(world: World, *arguments: str) -> subprocess.Popen[bytes]:
    """Freeze a worker with a batch in hand, let another take over, and wake the first."""
    frozen = world.start("worker", *arguments, LEDGER_FREEZES="1")
    world.feed([*inputs(1, 3), *(card(camera, 4, FREEZE) for camera in CAMERAS)])
    world.feed([*(mask(camera, 4) for camera in CAMERAS), *inputs(5, 6)])
    until(lambda: stopped(frozen.pid))
    world.start("worker")
    until(lambda: complete(world, 6), within_s=90)
    frozen.send_signal(signal.SIGCONT)
    return frozen


def stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat", encoding="utf-8") as status:  # noqa: PTH123 - not a file on a disk
        return status.read().rsplit(")", 1)[1].split()[0] == "T"


def test_a_worker_that_slept_through_its_session_is_fenced_and_writes_nothing(world: World) -> None:
    assert zombie(world).wait(90) == 70
    assert complete(world, 6)


def test_negative_control_without_the_claim_the_same_sleeper_doubles_rows(world: World) -> None:
    zombie(world, "--without-claim")
    until(lambda: count(world) > 96)
    assert not complete(world, 6)


def test_a_missing_record_stops_the_worker(world: World) -> None:
    world.feed(inputs(1, 2))
    with Running(worker(world)):
        until(lambda: count(world) == 32)
    world.feed(inputs(3, 3))
    running = Running(worker(world))
    skip = "UPDATE consumer_offset SET next_offset = next_offset - 1"
    with running:
        until(lambda: count(world) == 48)
        world.rows(skip)
        world.feed(inputs(4, 4))
        until(running.ended)
    assert isinstance(running.error, Fenced)
    assert count(world) == 48


def test_an_offset_beyond_the_end_of_the_log_stops_the_worker(world: World) -> None:
    world.feed(inputs(1, 1))
    with Running(worker(world)):
        until(lambda: count(world) == 16)
    world.rows("UPDATE consumer_offset SET next_offset = 4711")
    running = Running(worker(world))
    with running:
        until(running.ended)
    assert isinstance(running.error, Truncated)


def test_a_topic_made_anew_with_as_many_records_stops_the_worker(world: World) -> None:
    world.feed(inputs(1, 2))
    with Running(worker(world)):
        until(lambda: count(world) == 32)
    world.make_anew("segment.events")
    world.feed([card(camera, n) for n in (11, 12, 13) for camera in CAMERAS])
    running = Running(worker(world))
    with running:
        until(running.ended, within_s=20)
    assert isinstance(running.error, TopicReplaced)
    assert count(world) == 32


def test_a_topic_made_anew_under_a_running_worker_gives_it_no_record(world: World) -> None:
    world.feed(inputs(1, 2))
    running = Running(worker(world))
    with running:
        until(lambda: count(world) == 32)
        world.make_anew("segment.events")
        sleep(CONFIRMED_S)
        world.feed([card(camera, n) for n in (11, 12, 13) for camera in CAMERAS])
        until(running.ended)
    again = Running(worker(world))
    with again:
        until(again.ended, within_s=20)
    assert isinstance(again.error, TopicReplaced)
    assert count(world) == 32


def test_sigterm_finishes_the_batch_leaves_the_group_and_exits_with_zero(world: World) -> None:
    process = world.start("all", LEDGER_SILENT="1")
    world.feed(inputs(1, 40))
    until(lambda: count(world) > 0)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    with Running(worker(world)):
        until(lambda: count(world) == 640, within_s=30)
    assert complete(world, 40)
