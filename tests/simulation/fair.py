"""The fair schedule at the end: nothing fails any more, everybody runs, and what is due is proposed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

from services.ingest.custody.answers import is_covered
from services.kernel.batches import SegmentKey
from services.kernel.mark import SegmentState
from services.kernel.protection import is_active
from services.runtime.received import Position
from tests.simulation.checks import Violation

if TYPE_CHECKING:
    from tests.simulation.run import Story

AHEAD_S = 40 * 24 * 3600.0  # by then everything that anybody recorded is due
ROUNDS_MAX = 500
FIRST_LET_END = 2  # rounds for what is under way, before everything becomes due
STEPS_A_ROUND = 400
BETWEEN_ROUNDS_S = 900.0
PROPOSED_MAX = 4  # of one segment, once all is settled: void at the last start, parked, too early, and gone


class Fair:
    """Brings one world to rest."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.world = story.world
        self.outstanding: set[UUID] = set()
        self.proposed_before = self.story.proposed.copy()

    def bring_to_end(self) -> None:
        """Run until nothing is left to do. Raises Violation if that takes for ever."""
        self._calm()
        for at in range(ROUNDS_MAX):
            self._settle()
            if at == FIRST_LET_END:
                self.world.finish_transactions()
                self.world.scheduler.now += AHEAD_S
            elif at > FIRST_LET_END:
                self._let_propose()
            for _ in range(STEPS_A_ROUND):
                self.story.go_on()
            if at > FIRST_LET_END + 1 and self._is_done():
                return
        raise Violation(f"L: the fair schedule doesn't end: {self._left()}")

    def _calm(self) -> None:
        world, chaos = self.world, self.story.chaos
        world.scheduler.note("FAIR SCHEDULE begins")
        world.dying, chaos.poison = 0.0, 0.0
        world.store.full = world.store.unreachable = False
        world.finish_transactions()
        world.skew = dict.fromkeys(world.skew, 0.0)
        world.custody_codec.unreadable.clear()
        chaos.revive_all()
        for process in [each for each in world.scheduler.processes if each.alive and not each.lasting]:
            world.kill(process)  # Zombies have had their time.

    def _settle(self) -> None:
        if self.world.intake_is_up and any(
            row["settled_at"] is None and row["seq"] is None for row in self.world.ingest.rows["parked"].values()
        ):
            self.story.act("settle", "intake", self.story.city.settle())

    def _let_propose(self) -> None:
        if self.story.keeps:
            # Retention waits for instants that custody named.
            self.world.finish_transactions()
            self.world.scheduler.now += BETWEEN_ROUNDS_S
            self._count()
        elif self._all_answered():
            self._propose()

    def _count(self) -> None:
        """A refusal says how far to read and when to ask again: nothing is proposed endlessly (R2, F16)."""
        if any(row["settled_at"] is None for row in self.world.ingest.rows["parked"].values()):
            # As long as custody can't read something, retention asks once an hour.
            self.proposed_before = self.story.proposed.copy()
        before = self.proposed_before
        endless = [key for key, times in self.story.proposed.items() if times - before[key] > PROPOSED_MAX]
        if endless:
            raise Violation(f"L: {endless[0]} is proposed again and again")

    def _all_answered(self) -> bool:
        closed = {row["batch_id"] for row in self.world.ingest.rows["batch"].values() if row["closed_at"] is not None}
        return self.outstanding <= closed

    def _propose(self) -> None:
        filed, now = self.story.checks.filed(), self.world.scheduler.instant()
        standing = [p for p in self.story.checks.log.protections.values() if is_active(p, now)]
        by_camera: dict[str, list[SegmentKey]] = defaultdict(list)
        for each in self.story.checks.catalogue():
            if each.state is SegmentState.KEPT and not any(is_covered(p, filed.of(each)) for p in standing):
                by_camera[each.camera_id].append(each.key)
        for camera_id, some in sorted(by_camera.items()):
            self.outstanding.add(self.story.city.command(camera_id, some))

    def _left(self) -> dict[str, int]:
        world, checks = self.world, self.story.checks
        filed, now = checks.filed(), world.scheduler.instant()
        standing = [p for p in checks.log.protections.values() if is_active(p, now)]
        segments = checks.catalogue()
        free = [s for s in segments if not any(is_covered(p, filed.of(s)) for p in standing)]
        position = world.ingest.rows["consumer_offset"].get(("ingest.protection", "hold.events", 0))
        end = len(world.bus.log[Position("hold.events", 0)])
        return {
            "outbox of ingest": len(world.ingest.rows["outbox"]),
            "outbox of access": len(world.access.rows["outbox"]),
            "protection log unread": end - (position["next_offset"] if position else 0),
            "kept, due and free": sum(s.state is SegmentState.KEPT for s in free),
            "being destroyed": sum(s.state is SegmentState.DESTROYING for s in segments),
            "parked": sum(row["settled_at"] is None for row in world.ingest.rows["parked"].values()),
            "batches open": sum(row["closed_at"] is None for row in world.ingest.rows["batch"].values()),
        }

    def _is_done(self) -> bool:
        return not any(self._left().values())
