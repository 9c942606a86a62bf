"""A hold over many cameras while footage streams in: how long until it is accepted, and until custody has applied it.

``python -m bench.hold [--cameras 1000] [--rate 2000] [--rounds 5]``. Ingest with custody and access run as shipped, on
an embedded broker and database, over a catalog of their own; retention and analytics rest, for two cores are few.
Beside it, in the same database, what a table with a row per segment writes for such a hold: the bare statement, without
a log, a second service, or an answer that names the footage.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import asyncpg
from confluent_kafka import Producer

from bench.live import event
from bench.report import spread, tell
from services.cli.client import Client, NotReachable
from services.cli.up.children import Child
from services.cli.up.installation import Installation
from services.runtime.codec import Codec
from services.runtime.consumer import producer_settings
from services.runtime.registry import open_registry
from services.runtime.settings import Settings

TARGET_S = 2.0
POLICY, HALL = "daan-cctv", {"number": 1, "place": "hall", "direction": "north", "coverage": "public_space_inside"}
DAY = timedelta(days=1)
RESTS = ("retention", "analytics", "analytics.live")
PATIENCE_S = 300.0
ROWS = """
CREATE TABLE segment_row (camera_id text, started_at timestamptz, ended_at timestamptz, holds int2 NOT NULL DEFAULT 0,
  PRIMARY KEY (camera_id, started_at));
INSERT INTO segment_row SELECT 'camera-' || i % {cameras}, at, at + interval '1 minute'
  FROM generate_series(0, {segments} - 1) i,
       LATERAL (SELECT {until}::timestamptz - interval '1 day' * (i / {cameras} + 1) / ({each} + 1)
                       + interval '1 microsecond' * i AS at) a;
ANALYZE segment_row
"""
HOLD_ROWS = """
UPDATE segment_row SET holds = holds + 1 WHERE camera_id = ANY($1::text[]) AND started_at < $3 AND ended_at > $2
"""


class Taken(NamedTuple):
    """Seconds from the request to the answer, and to custody's word; and what writing to each row takes."""

    accepted: float
    effective: float
    rows: float


class City:
    """The part of an installation that a hold goes through."""

    def __init__(self, installation: Installation, home: Path, cameras: int) -> None:
        self.installation = installation
        self.cameras = [f"camera-{number}" for number in range(cameras)]
        self.until = datetime.now(UTC)
        self.root, self.counsel = Client("admin-root", home), Client("counsel-ames", home)
        self.settings = Settings(service="ingest", kafka=installation.kafka, database=installation.database)
        self._codec, self._producer = Codec(open_registry(self.settings)), Producer(producer_settings(self.settings))

    def child(self, name: str) -> Child:
        return next(child for child in self.installation.children if child.name == name)

    def stop(self, *names: str) -> None:
        for name in names:
            self.child(name).ask_to_stop()
            self.child(name).wait_stopped()

    def settle(self, segments: int) -> None:
        """Register every camera, and let ingest find a history of theirs on its own log, as after a restore."""
        self.root.post("access", "/policies/adopt", {"policy_id": POLICY, "instrument": "bench"})
        self.root.post("access", f"/policies/{POLICY}/cameras", {"cameras": self.cameras})
        for camera_id in self.cameras:
            body = {"camera_id": camera_id, "agency": "bench", "area": "hall", "policy_id": POLICY, "values": HALL}
            self.root.post("ingest", "/cameras", body)
        self.stop("ingest")
        each = segments // len(self.cameras)
        starts = [self.until - DAY * (number + 1) / (each + 1) for number in range(each)]
        for number in range(each * len(self.cameras)):
            self.produce(number, starts[number // len(self.cameras)])
        self._producer.flush(PATIENCE_S)
        self.child("ingest").start()
        until(lambda: self._known() >= each * len(self.cameras))

    def _known(self) -> int:
        with suppress(NotReachable):
            return int(self.root.get("ingest", "/status").get("segments", 0))
        return 0

    def produce(self, number: int, now: datetime) -> None:
        fact = event(number, now)
        key = self.cameras[number % len(self.cameras)]
        self._producer.produce(self.settings.topic("segment.events"), key=key, value=self._codec.encode(fact, "ingest"))
        self._producer.poll(0)

    @contextmanager
    def streaming(self, rate: int) -> Iterator[None]:
        """Put new footage of all cameras on the log meanwhile, at a steady rate."""
        over = Event()

        def stream() -> None:
            begun, sent = time.monotonic(), 0
            while not over.is_set():
                while sent < rate * (time.monotonic() - begun):
                    self.produce(sent, datetime.now(UTC))
                    sent += 1
                time.sleep(0.005)

        thread = Thread(target=stream)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self._producer.flush(PATIENCE_S)

    def hold(self) -> Taken:
        """Place a hold over all cameras and the day before the bench began: every hold answers for as much footage."""
        scope = {"cameras": self.cameras, "from": (self.until - DAY).isoformat(), "to": self.until.isoformat()}
        review = self.until + 30 * DAY
        body = {"scope": scope, "matter": "bench", "authority": "bench", "review_by": review.isoformat()}
        begun = time.perf_counter()
        told: dict[str, Any] = self.counsel.post("access", "/holds", body)
        accepted = time.perf_counter()
        until(lambda: self.counsel.get("access", f"/holds/{told['hold_id']}")["state"] == "effective", every_s=0.01)
        return Taken(accepted - begun, time.perf_counter() - begun, asyncio.run(self._hold_rows()))

    async def lay_out_rows(self, segments: int) -> None:
        """Put the same segments into a table with a row for each."""
        cameras, connection = len(self.cameras), await asyncpg.connect(self.installation.database)
        each, until = segments // cameras, f"'{self.until.isoformat()}'"
        try:
            await connection.execute(ROWS.format(cameras=cameras, segments=each * cameras, each=each, until=until))
        finally:
            await connection.close()

    async def _hold_rows(self) -> float:
        connection = await asyncpg.connect(self.installation.database)
        try:
            begun = time.perf_counter()
            await connection.execute(HOLD_ROWS, self.cameras, self.until - DAY, self.until)
            return time.perf_counter() - begun
        finally:
            await connection.close()


def until(told: Any, every_s: float = 0.2) -> None:  # noqa: ANN401 - whatever is true or not
    ends = time.monotonic() + PATIENCE_S
    while not told():
        if time.monotonic() > ends:
            raise TimeoutError(f"not within {PATIENCE_S:.0f} s")
        time.sleep(every_s)


def main(given: list[str] | None = None) -> int:
    """Return 0 if every hold was effective in time."""
    parser = argparse.ArgumentParser(prog="python -m bench.hold", description=__doc__)
    parser.add_argument("--cameras", type=int, default=1_000)
    parser.add_argument("--segments", type=int, default=50_000)
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="camledger-hold-") as folder:
        home = Path(folder)
        with Installation(home, say=lambda _: None) as installation:
            city = City(installation, home, asked.cameras)
            city.stop(*RESTS)
            city.settle(asked.segments)
            asyncio.run(city.lay_out_rows(asked.segments))
            with city.streaming(asked.rate):
                time.sleep(5)
                taken = [city.hold() for _ in range(asked.rounds)]
    report(asked, taken)
    return 0 if max(one.effective for one in taken) <= TARGET_S else 1


def report(asked: argparse.Namespace, taken: list[Taken]) -> None:
    """Print medians, ranges and the target."""
    figures = {name: spread([getattr(one, name) for one in taken]) for name in Taken._fields}
    lines = [f"{name:<12}{e['median']:>8.2f} s ({e['least']} to {e['most']})" for name, e in figures.items()]
    ratio = round(figures["rows"]["median"] / figures["effective"]["median"], 2)
    lines.append(f"rows / effective {ratio:>8.2f} x")
    lines.append(f"{'target':<12}{TARGET_S:>8.2f} s, ratio {figures['effective']['most'] / TARGET_S:.2f}")
    title = (
        f"a hold over {asked.cameras} cameras, and a day, {asked.segments} segments in it, {asked.rate} more a second, "
        f"{asked.rounds} rounds"
    )
    tell(title, lines, {"figures": figures, "rows / effective": ratio, "target_s": TARGET_S}, as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main())
