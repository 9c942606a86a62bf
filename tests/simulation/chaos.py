"""What the seed does to the world while the services run: crashes, freezes, zombies, cuts, restores, clocks, poison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from services.ingest.custody.gate import CustodyLost
from services.runtime.database import is_transient
from services.runtime.scope_header import SCOPE_HEADER
from services.runtime.worker import Fenced
from tests.fakes.memory.database import Backup
from tests.simulation.bus import Stored
from tests.simulation.scheduler import Killed, Process

if TYPE_CHECKING:
    from tests.simulation.run import Story

ACTING_MAX = 12
BACKUPS_MAX = 4
SKEW_MAX_S = 140.0  # of each database against true time; two of them stay inside the margin of five minutes


class Chaos:
    """The weather of one world."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.world = story.world
        self.random = story.world.random
        climate = story.world.climate
        self.dead: list[tuple[int, Process]] = []
        self.backups: dict[str, list[Backup]] = {"ingest": [], "access": []}
        self.poison = 0.0
        self.on_the_log: set[bytes] = set()
        self.events: list[tuple[float, Callable[[], None]]] = [
            (20, self._upload),
            (16 * climate.orders, self._order),
            (0 if story.keeps else 20 * climate.proposals, story.city.propose),
            (8 * climate.days, self._time_passes),
            (3, self._shift),
            (2, self._move),
            (1.0, self._policy),
            (2 * climate.settles, self._settle),
            (3 * climate.trouble, self._crash),
            (3 * climate.trouble, self._freeze),
            (1.5 * climate.trouble, self._cut),
            (2, self._backup),
            (0.5 * climate.trouble, self._restore),
            (1.5, self._weather),
        ]
        self._weights = [weight for weight, _ in self.events]
        story.world.bus.on_way = self._on_way

    def perhaps(self) -> None:
        """Now and then, let something happen."""
        if self.random.random() * self.world.climate.every < 1.0:
            self.random.choices(self.events, self._weights)[0][1]()

    def is_usual(self, error: BaseException) -> bool:
        """Tell whether a process may end like this: killed, fenced, or cut off from its database."""
        if isinstance(error, Killed | Fenced | CustodyLost):
            return True
        return isinstance(error, Exception) and is_transient(error)

    # Processes.
    def crash(self, process: Process) -> None:
        """Kill a process; its supervisor starts it again a little later."""
        self.world.kill(process)
        if process.lasting:
            self.dead.append((self.world.scheduler.step + self.random.randrange(1, 200), process))

    def revive(self) -> None:
        """Start what has been dead for long enough."""
        if self.dead and self.dead[0][0] <= self.world.scheduler.step:
            _, process = self.dead.pop(0)
            if not process.alive:
                self.world.scheduler.start(process)

    def revive_all(self) -> None:
        """Start everything that is dead and wake everything that is frozen."""
        for _, process in self.dead:
            if not process.alive:
                self.world.scheduler.start(process)
        self.dead = []
        for process in self.world.scheduler.processes:
            process.frozen_until = 0

    def _one(self) -> Process | None:
        up = [process for process in self.world.processes.values() if process.alive]
        return self.random.choice(up) if up else None

    def _crash(self) -> None:
        if process := self._one():
            self.world.scheduler.note(f"CRASH {process.name}")
            self.crash(process)

    def _freeze(self) -> None:
        process = self._one()
        if process is None or process.is_frozen(self.world.scheduler.step):
            return
        process.frozen_until = self.world.scheduler.step + self.random.choice((50, 300, 1500))
        self.world.scheduler.note(f"FREEZE {process.name}")
        if self.random.random() < 0.5:
            # It is taken for dead: its sessions end, another one starts in its place. One day it wakes up.
            self.world.cut(process)
            successor = self.world.zombie(process)
            self.world.scheduler.note(f"another {process.name} starts")
            self.world.scheduler.start(successor)

    def _cut(self) -> None:
        if process := self._one():
            self.world.scheduler.note(f"CUT {process.name} from its database")
            self.world.cut(process)

    # Databases.
    def _backup(self) -> None:
        for name, database in (("ingest", self.world.ingest), ("access", self.world.access)):
            self.backups[name] = [*self.backups[name], database.backup()][-BACKUPS_MAX:]

    def _restore(self) -> None:
        name = self.random.choice(list(self.backups))
        if self.backups[name]:
            backup = self.random.choice(self.backups[name])
            self.world.scheduler.note(f"RESTORE {name}")
            self.story.checks.counts.restores += 1
            database = self.world.ingest if name == "ingest" else self.world.access
            # Whoever restores stops the service first, all of it.
            for process in self.world.of(name):
                self.crash(process)
            database.restore(backup)

    # Broker, store and clocks.
    def _on_way(self, topic: str, stored: Stored) -> Stored:
        # What a reader understood once it understands for ever: only what is new can be unreadable.
        is_new = topic == "hold.events" and stored.value not in self.on_the_log
        self.on_the_log.add(stored.value)
        if not is_new or self.random.random() >= self.poison:
            return stored
        self.world.custody_codec.unreadable.add(stored.value)
        self.story.checks.counts.parked += 1
        self.world.scheduler.note("POISON on hold.events")
        if self.random.random() < 0.3:
            return replace(stored, headers={k: v for k, v in stored.headers.items() if k != SCOPE_HEADER})
        return stored

    def _weather(self) -> None:
        chance, store = self.random.random(), self.world.store
        self.poison = self.random.choice((0.0, self.world.climate.poison))
        self.world.dying = self.random.choice((0.0, 0.02, 0.1))
        store.full = chance < 0.15
        store.unreachable = 0.15 < chance < 0.3
        self.world.finish_transactions()
        for name in self.world.skew:
            self.world.skew[name] = (self.random.random() * 2 - 1) * SKEW_MAX_S

    def _time_passes(self) -> None:
        hours = self.random.choice((1, 2, 4, 12, 24))
        self.world.finish_transactions()
        self.world.scheduler.now += hours * 3600
        self.world.scheduler.note(f"{hours} hours pass")

    # People.
    def _upload(self) -> None:
        self._act("upload", "intake", self.story.city.upload)

    def _shift(self) -> None:
        self._act("shift", "intake", self.story.city.file_shift)

    def _move(self) -> None:
        self._act("move", "intake", self.story.city.move_camera)

    def _settle(self) -> None:
        self._act("settle", "intake", self.story.city.settle)

    def _order(self) -> None:
        self._act("order", "access", self.story.city.order)

    def _policy(self) -> None:
        self._act("policy", "access", self.story.city.change_policy)

    def _act(self, name: str, where: str, what: Callable[[], object]) -> None:
        process, scheduler = self.world.processes[where], self.world.scheduler
        up = self.world.access_is_up if where == "access" else self.world.intake_is_up
        up = up and process.alive and not process.is_frozen(scheduler.step)
        if up and len(scheduler.actors) < ACTING_MAX + 16:
            self.story.act(name, where, what())  # type: ignore[arg-type]
