"""C0 on its own: what a custody that starts again, or on a restored database, must know and must not carry out."""

from __future__ import annotations

from datetime import timedelta

from services.ingest.intake.commands import Came
from services.ingest.registry.commands import FileShift
from services.kernel.batches import SegmentKey
from tests.simulation.city import PERSON
from tests.simulation.scheduler import BEGAN
from tests.simulation.test_found import Calm

SEGMENT = SegmentKey(camera_id="cam-1", started_at=BEGAN)


def test_a_batch_that_was_open_when_custody_died_is_void_at_the_next_start(calm: Calm) -> None:
    calm.take()
    batch = calm.story.city.command("cam-1", [SEGMENT])
    calm.until(lambda: (batch,) in calm.world.ingest.rows["batch"])
    assert calm.world.ingest.rows["batch"][batch,]["closed_at"] is None
    with calm.stopped():
        pass
    calm.until(lambda: batch in calm.story.checks.answered)
    assert calm.story.checks.counts.outcomes == {"start_gate": 1}


def test_a_restored_intake_knows_its_log_before_it_takes_anything_in_though_nobody_else_has_read_it(calm: Calm) -> None:
    take_and_lose(calm)
    assert calm.take().came is Came.ALREADY_HAVE


def test_a_restored_custody_knows_its_log_before_it_judges_though_nobody_else_has_read_it(calm: Calm) -> None:
    take_and_lose(calm)
    batch = calm.story.city.command("cam-1", [SEGMENT])
    calm.until(lambda: batch in calm.story.checks.answered)
    assert calm.story.checks.counts.outcomes == {"too_early": 1}


def test_a_fact_that_is_read_back_never_overrides_a_newer_one(calm: Calm) -> None:
    own_log, relays = calm.world.processes["own-log"], [p for p in calm.world.of("ingest") if "relay" in p.name]
    calm.world.kill(own_log)
    file_shift(calm, "p-1")
    calm.until(lambda: any(calm.world.bus.ends("shift.events").values()) and not calm.world.ingest.rows["outbox"])
    for relay in relays:
        calm.world.kill(relay)
    file_shift(calm, "p-2")
    calm.story.scheduler.start(own_log)
    calm.until(lambda: own_log_has_read(calm, "shift.events"))
    assert [row["officer"] for row in calm.world.ingest.rows["shift"].values()] == ["p-2"]


def file_shift(calm: Calm, officer: str) -> None:
    command = FileShift(
        device_id="worn-3",
        shift="s1",
        officer=officer,
        shift_from=BEGAN,
        shift_to=BEGAN + timedelta(hours=8),
        incidents=(),
    )

    async def filed() -> None:
        async with calm.engine().begin() as tx:
            await calm.world.filing().file_shift(tx, command, PERSON)

    calm.do(filed())


def own_log_has_read(calm: Calm, topic: str) -> bool:
    offsets = calm.world.ingest.rows["consumer_offset"]
    ends = calm.world.bus.ends(topic).items()
    read = {partition: offsets.get(("ingest.own", topic, partition)) for partition, _ in ends}
    return all(row["next_offset"] >= end if (row := read[partition]) else end == 0 for partition, end in ends)


def take_and_lose(calm: Calm) -> None:
    """Take footage in, restore the database of before, and leave nobody but the starting parts to read the log."""
    before = calm.world.ingest.backup()
    assert calm.take().came is Came.RECORDED
    calm.until(lambda: calm.story.checks.locations)
    calm.world.kill(calm.world.processes["own-log"])
    with calm.stopped():
        calm.world.ingest.restore(before)
