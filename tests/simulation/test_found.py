"""What the simulation found in shipped code, each as the shortest story that shows it."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest

from services.access.protections.commands import ExtendHold, PlaceHold
from services.access.protections.decider import HoldCommand
from services.ingest.custody.reconcile import Reconcile
from services.ingest.custody.settling import How
from services.ingest.intake import store as intake
from services.ingest.intake.commands import Came, Outcome, TakeIn
from services.kernel.batches import SegmentKey
from services.kernel.scope import Scope
from services.runtime.http import Refusal
from tests.simulation.chaos import SKEW_MAX_S
from tests.simulation.city import CLERK, PERSON, probe
from tests.simulation.library import DAYS_FIRST
from tests.simulation.run import Story, seeded_entropy
from tests.simulation.scheduler import BEGAN

T = TypeVar("T")
PATIENCE = 20_000


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Calm]:
    """A world in which nothing goes wrong by itself, founded and up."""
    with seeded_entropy(1):
        story = Story(1, tmp_path, None)
        story.chaos.perhaps = lambda: None  # type: ignore[method-assign]
        with story.scheduler.running():
            calm = Calm(story)
            calm.found()
            yield calm
            for process in list(story.scheduler.processes):
                story.world.kill(process)


class Calm:
    """Does one thing after the other, with everybody else running beside it."""

    def __init__(self, story: Story) -> None:
        self.story, self.world = story, story.world

    def found(self) -> None:
        self.story.checks.watch()
        for process in self.world.processes.values():
            self.story.scheduler.start(process)
        self.do(self.story.city.found())
        self.until(lambda: len(self.world.ingest.rows["protection_log"]) == len(self.story.checks.records) > 1)

    def until(self, seen: Any) -> None:  # noqa: ANN401 - a question
        for _ in range(PATIENCE):
            if seen():
                return
            self.story.go_on()
        raise AssertionError("it never came")

    def do(self, work: Coroutine[Any, Any, T], process: str = "intake") -> T:
        results: list[T] = []

        async def kept() -> None:
            results.append(await work)

        self.story.act("test", process, kept())
        self.until(lambda: bool(results))
        return results[0]

    def engine(self, process: str = "intake") -> Any:  # noqa: ANN401 - stands in for AsyncEngine
        return self.world.engine(self.world.processes[process], self.world.ingest)

    def take(self) -> Outcome:
        command = TakeIn(path=self.story.city.files[0], camera_id="cam-1", source_id="recorder")
        return self.do(self.world.intake().take(self.engine(), command, CLERK, probe(BEGAN)))

    def order(self, command: HoldCommand) -> None:
        """Let access accept an order, and look at what the person was told."""
        self.until(lambda: self.world.access_is_up)
        self.do(self.story.city.order(command), "access")

    def settle(self, parked_id: str) -> str:
        """Propose to read a record again; return what the person is told."""

        async def told() -> str:
            try:
                async with self.engine().begin() as tx:
                    return await self.world.settling().settle(tx, parked_id, How.RETRIED, PERSON)
            except Refusal as refused:
                return refused.kind

        return self.do(told())

    def reconcile(self) -> None:
        rooms = Reconcile(self.world.ledger, self.world.stores, {"store": self.world.removal})
        self.do(rooms.tick(self.engine(), older_than_s=0))

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Ingest stands still while its database is restored, and starts again after it."""
        stopped = self.world.of("ingest")
        for process in stopped:
            self.world.kill(process)
        yield
        for process in stopped:
            self.story.scheduler.start(process)
        self.until(lambda: self.world.intake_is_up)


def test_bytes_of_recorded_footage_stay_when_its_journal_row_comes_back_with_a_backup(calm: Calm) -> None:
    backups = []
    calm.world.ingest.on_commit.append(lambda _: backups.append(calm.world.ingest.backup()))
    assert calm.take().came is Came.RECORDED
    calm.until(lambda: calm.story.checks.locations)
    unfinished = next(backup for backup in backups if backup.rows["intake_journal"])
    with calm.stopped():
        calm.world.ingest.restore(unfinished)
    calm.reconcile()
    assert len(calm.world.store.objects) == 1
    assert not calm.world.ingest.rows["intake_journal"]


def test_an_unreachable_store_leaves_unfinished_intakes_for_the_next_time(calm: Calm) -> None:
    async def begun() -> None:
        async with calm.engine().begin() as tx:
            await intake.begin(tx, UUID(int=1), "cam-1/a.mp4", {"event": segment_body()})

    calm.do(begun())
    calm.world.store.unreachable = True
    calm.reconcile()
    assert calm.world.ingest.rows["intake_journal"]


def test_an_intake_is_taken_from_whoever_began_it_before_its_bytes_go(calm: Calm) -> None:
    async def begun() -> None:
        async with calm.engine().begin() as tx:
            await intake.begin(tx, UUID(int=1), "cam-1/a.mp4", {"event": segment_body()})

    calm.do(begun())
    calm.world.store.objects["cam-1/a.mp4"] = b"other bytes"
    can_still_be_finished: list[bool] = []
    journal = calm.world.ingest.rows["intake_journal"]
    calm.world.on_removed.append(lambda _: can_still_be_finished.append((UUID(int=1),) in journal))
    calm.reconcile()
    assert can_still_be_finished == [False]
    assert not journal


def test_a_restored_database_knows_its_log_before_it_takes_anything_in(calm: Calm) -> None:
    before = calm.world.ingest.backup()
    assert calm.take().came is Came.RECORDED
    calm.until(lambda: calm.story.checks.locations)
    with calm.stopped():
        calm.world.ingest.restore(before)
    assert calm.take().came is Came.ALREADY_HAVE
    assert len(calm.world.store.objects) == 1


def test_a_clearance_that_was_unreadable_and_settled_late_is_answered(calm: Calm) -> None:
    calm.story.chaos.poison = 1.0
    batch = calm.story.city.command("cam-1", [SegmentKey(camera_id="cam-1", started_at=BEGAN)])
    calm.until(lambda: calm.world.ingest.rows["parked"])
    calm.story.chaos.poison = 0.0
    calm.do(calm.story.city.settle())
    calm.until(lambda: batch in calm.story.checks.answered)
    assert calm.world.ingest.rows["batch"][batch,]["closed_at"] is not None


def test_every_order_of_a_hold_that_was_unreadable_is_answered_under_its_own_number(calm: Calm) -> None:
    hold_id, city = UUID(int=7), calm.story.city
    calm.story.chaos.poison = 1.0
    calm.order(placing(hold_id, "cam-1"))
    calm.order(extending(hold_id, "cam-2"))
    calm.until(lambda: len(calm.world.ingest.rows["parked"]) == 2)
    calm.story.chaos.poison = 0.0
    calm.order(extending(hold_id, "worn-3"))
    calm.until(lambda: len(calm.world.ingest.rows["parked"]) == 3)
    calm.do(city.settle())
    orders = {at for at in calm.story.checks.told if at[0] == hold_id}
    assert len(orders) == 3
    calm.until(lambda: orders <= calm.story.checks.effective.keys())


def test_a_later_record_of_a_hold_is_not_settled_before_an_earlier_one(calm: Calm) -> None:
    hold_id = UUID(int=7)
    calm.story.chaos.poison = 1.0
    calm.order(placing(hold_id, "cam-1"))
    calm.order(extending(hold_id, "cam-2"))
    calm.until(lambda: len(calm.world.ingest.rows["parked"]) == 2)
    calm.world.custody_codec.unreadable.clear()
    rows = sorted(calm.world.ingest.rows["parked"].values(), key=lambda row: int(row["log_offset"]))
    assert [calm.settle(row["parked_id"]) for row in reversed(rows)] == ["EarlierIsParked", "proposed"]


def test_a_longer_version_counts_as_soon_as_custody_has_read_it_whatever_its_clock_says(calm: Calm) -> None:
    assert calm.take().came is Came.RECORDED
    calm.until(lambda: calm.story.checks.locations)
    [segment] = calm.story.checks.locations
    calm.world.scheduler.now += timedelta(days=DAYS_FIRST + 1, hours=1).total_seconds()
    calm.world.skew["ingest"] = -SKEW_MAX_S
    calm.until(lambda: calm.world.access_is_up)
    calm.do(calm.story.city.change_policy(days=30), "access")
    calm.until(lambda: len(calm.world.ingest.rows["protection_log"]) == len(calm.story.checks.records) == 5)
    batch = calm.story.city.command("cam-1", [segment])
    calm.until(lambda: batch in calm.story.checks.answered)
    assert calm.story.checks.counts.outcomes == {"too_early": 1}


def placing(hold_id: UUID, camera_id: str) -> PlaceHold:
    """Return the order that places a hold on one camera."""
    return PlaceHold(
        hold_id=hold_id,
        person="p-head",
        hold_kind="preservation",
        scope=Scope(cameras=(camera_id,), starts_at=BEGAN),
        matter="112-1",
        authority="court",
        review_by=BEGAN + timedelta(days=30),
        confirmed_count=0,
    )


def extending(hold_id: UUID, camera_id: str) -> ExtendHold:
    """Return the order that lets a hold reach one more camera."""
    scope = Scope(cameras=(camera_id,), starts_at=BEGAN)
    return ExtendHold(hold_id=hold_id, person="p-head", scope=scope, review_by=BEGAN + timedelta(days=30))


def segment_body() -> dict[str, object]:
    """Return an unfinished intake as the journal keeps it."""
    at = BEGAN.isoformat()
    words = dict.fromkeys(("container", "codec", "clock_source", "source_id", "treatment", "shift", "officer"), "")
    numbers = {"generation": 1, "size_bytes": 1, "width": 1, "height": 1}
    times = dict.fromkeys(("started_at", "ended_at", "arrived_at", "recovery_from"), at)
    named = {"camera_id": "cam-1", "retention_class": "fixed", "location": "cam-1/a.mp4", "mask_version": ""}
    return {**words, **numbers, **times, **named, "sha256": "00" * 32, "has_audio": False}
