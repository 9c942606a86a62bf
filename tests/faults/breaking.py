"""Carries the plan out: begins each fault when it is due, ends it when its time is over, and writes both down."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict

from services.cli.client import CallRefused, Client, NotReachable
from services.runtime.embedded.kafka import KafkaBroker
from services.runtime.embedded.postgres import PostgresServer
from tests.faults.city import City
from tests.faults.notes import Notes
from tests.faults.plan import SERVICES, Fault, Kind
from tests.faults.proxy import Mode

TICK_S = 0.05
PROTECTION_LOG = "camledger.hold.events.v1"
SETTLE_SECONDS_MAX = 60.0
LOOK_EVERY_S = 2.0
LOOKED_S = 4.0  # by then each sweeper has looked at the clock while it was right
TWO_PERSONS = ("sysman-wu", "supervisor-kao")
MODES = {Kind.CUT: Mode.CUT, Kind.SLOW: Mode.SLOW, Kind.STALLED: Mode.STALLED}

Step = Callable[[], None]


class Breaking:
    """Breaks one city. Runs in the main thread: what it starts again ends with that."""

    def __init__(self, city: City, notes: Notes) -> None:
        self._city, self._notes = city, notes
        self._later: list[tuple[float, Step]] = []
        self._down: set[KafkaBroker | PostgresServer] = set()
        self.done: Counter[str] = Counter()
        self._clock_moved = False
        self._leader, self._look_at, self.moves = 0, 0.0, 0

    def run(self, faults: tuple[Fault, ...], seconds: float) -> None:
        """Do every fault, mend every one, and return when ``seconds`` are over."""
        began = time.monotonic()
        waiting = list(faults)
        while (now := time.monotonic() - began) < seconds or waiting:
            self._mend(time.monotonic())
            if waiting and now >= waiting[0].at_s:
                self._begin(waiting.pop(0))
            self._city.tend()
            self._revive()
            self._watch_leader()
            time.sleep(TICK_S)
        self.end()

    def end(self) -> None:
        """Mend what is still broken."""
        self._mend(float("inf"))
        for wire in self._city.proxy.wires:
            self._city.proxy.turn(wire, Mode.WHOLE)
        for name in SERVICES:
            self._city.signal(name, signal.SIGCONT)
        self._revive()
        self._city.wait_ready()
        until = time.monotonic() + SETTLE_SECONDS_MAX
        while self._clock_moved and time.monotonic() < until:
            self._settle_clock()
            self._later.clear()
            time.sleep(1.0)

    def _begin(self, fault: Fault) -> None:
        act: dict[Kind, Callable[[Fault], Step | None]] = {
            Kind.KILLED: self._kill,
            Kind.FROZEN: self._freeze,
            Kind.CUT: self._wire,
            Kind.SLOW: self._wire,
            Kind.STALLED: self._wire,
            Kind.BROKER_KILLED: self._kill_broker,
            Kind.BROKER_FROZEN: self._freeze_broker,
            Kind.LEADER: self._move_leader,
            Kind.DATABASE: self._kill_database,
            Kind.DISK: self._fill_disk,
            Kind.CLOCK: self._move_clock,
        }
        self._notes.write("fault", **asdict(fault))
        mend = act[fault.kind](fault)
        self.done[fault.kind] += 1
        if mend is not None:
            self._after(fault.lasts_s, mend)

    def _after(self, seconds: float, step: Step) -> None:
        self._later.append((time.monotonic() + seconds, step))

    def _mend(self, now: float) -> None:
        due = [entry for entry in self._later if entry[0] <= now]
        self._later = [entry for entry in self._later if entry[0] > now]
        for _, step in sorted(due, key=lambda entry: entry[0]):
            step()

    def _revive(self) -> None:
        """Start a server again that ended though nobody asked: Postgres may find leftovers of a killed one."""
        servers: list[KafkaBroker | PostgresServer] = [self._city.postgres, *self._city.cluster.brokers.values()]
        for server in servers:
            if server.pid is None and server not in self._down:
                self._notes.write("revived", server=type(server).__name__)
                server.start()

    def _watch_leader(self) -> None:
        """Count how often the protection log is led by another broker than before."""
        if (now := time.monotonic()) < self._look_at:
            return
        self._look_at = now + LOOK_EVERY_S
        leader = self._city.cluster.leader_of(PROTECTION_LOG)
        if leader not in {0, self._leader}:
            self.moves += bool(self._leader)
            self._leader = leader
            self._notes.write("leader", node=leader)

    def _kill(self, fault: Fault) -> None:
        self._city.signal(fault.target, signal.SIGKILL)

    def _freeze(self, fault: Fault) -> Step:
        self._city.signal(fault.target, signal.SIGSTOP)
        return lambda: self._city.signal(fault.target, signal.SIGCONT)

    def _wire(self, fault: Fault) -> Step:
        self._city.proxy.turn(fault.target, MODES[fault.kind], fault.amount)
        return lambda: self._city.proxy.turn(fault.target, Mode.WHOLE)

    def _kill_broker(self, fault: Fault) -> Step:
        broker = self._city.cluster.brokers[int(fault.target)]
        self._down.add(broker)
        broker.kill()
        return lambda: self._return(broker)

    def _freeze_broker(self, fault: Fault) -> Step:
        broker = self._city.cluster.brokers[int(fault.target)]
        _send(broker, signal.SIGSTOP)
        return lambda: _send(broker, signal.SIGCONT)

    def _move_leader(self, _fault: Fault) -> Step:
        leader = self._city.cluster.leader_of(PROTECTION_LOG) or 1
        broker = self._city.cluster.brokers[leader]
        self._down.add(broker)
        broker.stop()
        return lambda: self._return(broker)

    def _return(self, broker: KafkaBroker) -> None:
        self._down.discard(broker)
        broker.start()

    def _kill_database(self, _fault: Fault) -> Step:
        self._down.add(self._city.postgres)
        self._city.postgres.kill()
        return lambda: self._down.discard(self._city.postgres)

    def _fill_disk(self, _fault: Fault) -> Step:
        self._city.fill_disk()
        return self._city.free_disk

    def _move_clock(self, fault: Fault) -> Step:
        clock = self._city.clock
        assert clock is not None
        self._city.wait_ready()
        time.sleep(LOOKED_S)
        self._clock_moved = True
        clock.move(int(fault.amount))

        def back() -> None:
            clock.move(0)
            self._after(2.5, self._settle_clock)

        return back

    def _settle_clock(self) -> None:
        """Two persons say that the clock is right again, where the guard asks for that."""
        for account in TWO_PERSONS if self._clock_moved else ():
            try:
                clerk = Client(account, self._city.home.root)
                answer = clerk.post("retention", "/breaker/reset", {"camera_id": "clock"})
                self._notes.write("clock", account=account, state=answer["state"])
                self._clock_moved = answer["state"] != "reset"
            except CallRefused as refused:
                self._clock_moved = refused.problem.get("refusal") != "BreakerNotOpen"
            except NotReachable:
                break
        if self._clock_moved:
            self._after(2.0, self._settle_clock)


def _send(broker: KafkaBroker, number: signal.Signals) -> None:
    if pid := broker.pid:
        os.kill(pid, number)
