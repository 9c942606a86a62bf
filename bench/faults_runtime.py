"""Breaks the runtime on purpose while it works, and counts: lost, doubled, out of order, and how long work stood still.

A worker that reads two topics, two relays, a broker and a database of their own. Exits 1 if anything was lost, doubled
or out of order. ``make faults-runtime FAULTS_ARGS="--seconds 150 --rate 235"``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

from confluent_kafka import Producer

from bench.faults_report import Step, report
from services.kernel.topics import BY_NAME
from services.runtime.codec import Codec
from services.runtime.consumer import producer
from services.runtime.embedded import Stack
from services.runtime.embedded.kafka import KafkaBroker
from services.runtime.embedded.postgres import PostgresServer
from services.runtime.settings import Settings
from services.runtime.topics_admin import ensure_topics
from tests.fakes import ledger
from tests.fakes.ledger_world import World, until

KEYS = 40
RELAYS = 2
JUST_BEFORE = timedelta(seconds=0.5)  # the last batch before a fault is where its stand-still begins
SLEEP_S = 15.0  # past the session timeout twice over


@dataclass
class Load:
    """Writes inputs to both topics at a steady rate, and knows how many of each stream there are."""

    settings: Settings
    codec: Codec
    rate: float
    sent: dict[tuple[str, str], int] = field(default_factory=dict)
    stop: Event = field(default_factory=Event)
    failed: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Produce until stopped; the producer itself waits for a broker that is away."""
        out = producer(self.settings)
        began, total = monotonic(), 0
        while not self.stop.is_set():
            while total < (monotonic() - began) * self.rate:
                self._one(out, total)
                total += 1
            out.poll(0.01)
        if out.flush(120):
            self.failed.append("inputs were not delivered")

    def _one(self, out: Producer, number: int) -> None:
        topic = ledger.INPUTS[number % 2]
        camera = f"cam-{number // 2 % KEYS:02}"
        version = self.sent[topic, camera] = self.sent.get((topic, camera), 0) + 1
        fact = (ledger.card if number % 2 == 0 else ledger.mask)(camera, version)
        value = self.codec.encode(fact, "ingest")
        out.produce(self.settings.topic(topic), key=camera, value=value, on_delivery=self._reported)

    def _reported(self, error: object, _message: object) -> None:
        if error is not None:
            self.failed.append(str(error))


class Supervisor:
    """Starts a role again when it ends, as a platform would, and notes why it ended."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = Event()
        self.wanted: dict[str, subprocess.Popen[bytes]] = {}
        self.ended: list[tuple[str, int]] = []
        Thread(target=self._watch, daemon=True).start()

    def start(self, name: str) -> None:
        """Keep one process of the role that begins the name, such as ``worker-2``."""
        self.wanted[name] = self._world.start(name.partition("-")[0])

    def close(self) -> None:
        """Stop all with SIGTERM."""
        self._stop.set()
        for process in self.wanted.values():
            process.terminate()
        for process in self.wanted.values():
            process.wait(60)

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            for name, process in list(self.wanted.items()):
                if (code := process.poll()) is not None and not self._stop.is_set():
                    self.ended.append((name, code))
                    self.start(name)


class Scenario:
    """The faults, one after another, under load."""

    def __init__(self, stack: Stack, world: World, supervisor: Supervisor, pause_s: float) -> None:
        self._stack = stack
        self._world = world
        self._supervisor = supervisor
        self._pause_s = pause_s
        self._down_s = 0.0
        self.steps: list[Step] = []

    def run(self) -> None:
        """Do every fault, with a pause of undisturbed load behind each."""
        for name, fault in self._faults():
            self._all_at_work()
            print(f"  {name} ...", flush=True)
            with self._step(name):
                fault()

    def _faults(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("two more workers join", self._join),
            ("SIGTERM of a worker", lambda: self._signal(signal.SIGTERM, "worker-2")),
            ("SIGKILL of a worker", lambda: self._signal(signal.SIGKILL, "worker-3")),
            ("SIGSTOP of a worker past its session, then SIGCONT", lambda: self._freeze(SLEEP_S, "worker-2")),
            ("SIGKILL of the broker and restart", lambda: self._restart(self._stack.kafka)),
            ("immediate stop of Postgres and restart", lambda: self._restart(self._stack.postgres)),
            ("SIGKILL of one relay", lambda: self._signal(signal.SIGKILL, "relay-1")),
            ("SIGKILL of both relays", lambda: self._signal(signal.SIGKILL, "relay-1", "relay-2")),
            ("SIGSTOP of each relay for 8 s", lambda: self._freeze(8, "relay-1", "relay-2")),
        ]

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began, ended = datetime.now(UTC) - JUST_BEFORE, len(self._supervisor.ended)
        yield
        sleep(self._pause_s)
        exits = tuple(f"{who} {code}" for who, code in self._supervisor.ended[ended:])
        self.steps.append(Step(name=name, began=began, ended=datetime.now(UTC), exits=exits, down_s=self._down_s))
        self._down_s = 0.0

    def _join(self) -> None:
        for name in ("worker-2", "worker-3"):
            self._supervisor.start(name)

    def _all_at_work(self) -> None:
        """A fault that hits a process before it works proves nothing."""
        until(lambda: self._connected("retention.relay") >= RELAYS)
        workers = {p.pid for name, p in self._supervisor.wanted.items() if name.startswith("worker")}
        until(lambda: workers <= {row.pid for row in self._world.rows("SELECT DISTINCT pid FROM ledger")})

    def _connected(self, application: str) -> int:
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name"
        return int(self._world.rows(query, name=application)[0][0])

    def _signal(self, number: int, *names: str) -> None:
        for name in names:
            self._supervisor.wanted[name].send_signal(number)

    def _freeze(self, seconds: float, *names: str) -> None:
        for name in names:
            frozen = self._supervisor.wanted[name]
            frozen.send_signal(signal.SIGSTOP)
            sleep(seconds)
            frozen.send_signal(signal.SIGCONT)

    def _restart(self, server: KafkaBroker | PostgresServer) -> None:
        began = monotonic()
        server.kill()
        server.start()
        server.wait_ready()
        self._down_s = monotonic() - began


def drained(world: World, sent: int, within_s: float) -> int:
    """Wait until every input has its row and the outbox is empty; return what was still waiting when time was over."""
    end, rows = monotonic() + within_s, (0, 0)
    while monotonic() < end:
        rows = world.rows("SELECT (SELECT count(*) FROM ledger), (SELECT count(*) FROM outbox)")[0]
        if rows[0] >= sent and rows[1] == 0:
            return 0
        sleep(0.5)
    return int(max(0, sent - rows[0]) + rows[1])


def main() -> int:
    """Run the scenario once; return 0 if nothing was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults_runtime", description=__doc__)
    parser.add_argument("--rate", type=float, default=235.0, help="inputs a second over both topics")
    parser.add_argument("--pause", type=float, default=12.0, help="seconds of undisturbed load behind each fault")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clf-") as folder, Stack(Path(folder)) as stack:
        figures = one_run(stack, chosen.rate, chosen.pause)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0 if figures["clean"] else 1


def one_run(stack: Stack, rate: float, pause_s: float) -> dict[str, object]:
    """Run load and faults on a stack of their own and return the figures."""
    settings = Settings(service=ledger.SERVICE, kafka=stack.bootstrap_servers, database=stack.dsn, log_level="warning")
    os.environ["CAMLEDGER_LOG_LEVEL"] = "error"
    ensure_topics(settings, [BY_NAME[n] for n in (*ledger.INPUTS, "retention.events", "dead-letter.retention")])
    asyncio.run(ledger.create(settings))
    world = World(settings)
    supervisor = Supervisor(world)
    for name in ("worker-1", "relay-1", "relay-2"):
        supervisor.start(name)
    load = Load(settings, world.codec, rate)
    producing = Thread(target=load.run, daemon=True)
    producing.start()
    sleep(pause_s)
    scenario = Scenario(stack, world, supervisor, pause_s)
    scenario.run()
    load.stop.set()
    producing.join()
    waiting = drained(world, sum(load.sent.values()), within_s=240)
    supervisor.close()
    return report(world, load.sent, scenario.steps, {"inputs_failed": len(load.failed), "still_waiting": waiting})


if __name__ == "__main__":
    sys.exit(main())
