"""Segment events as they happen: from produce to committed row, p50 and p99, beside Faust and one by one.

``python -m bench.live [--rate 2000] [--seconds 10] [--rounds 3] [--json]``. Each contender gets a fresh topic, the same
real events and a process of its own, in turn; the broker and the database are shared and embedded.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from confluent_kafka import Producer

from bench.live_side import READY
from bench.report import percentile, spread, tell
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import SegmentRecorded, Sha256
from services.kernel.ids import EPOCH, segment_stream
from services.kernel.topics import BY_NAME
from services.retention.worker import TOPICS
from services.runtime import database
from services.runtime.codec import Codec
from services.runtime.consumer import producer_settings
from services.runtime.embedded import Stack
from services.runtime.migrate import migrate
from services.runtime.registry import open_registry
from services.runtime.settings import Settings
from services.runtime.topics_admin import ensure_topics

CONTENDERS = ("read-alone", "ours", "faust", "one-by-one")
CAMERAS = 1_000
WARM_UP = 6_000
PATIENCE_S = 120.0
ACTOR = Actor(id="bench", role="bench")
TABLE = """
CREATE TABLE IF NOT EXISTS live_row (camera_id text, started_at timestamptz, generation int2, ended_at timestamptz,
  retention_class text, recorded_at timestamptz, PRIMARY KEY (camera_id, started_at, generation))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many events a second, for how long."""

    rate: int
    seconds: int

    @property
    def events(self) -> int:
        return self.rate * self.seconds


def camera(number: int) -> str:
    return f"camera-{number % CAMERAS}"


def event(number: int, now: datetime) -> Recorded:
    """Return the recording of a minute by one of the cameras."""
    camera_id, started_at = camera(number), now - timedelta(minutes=1) + timedelta(microseconds=number)
    fact = SegmentRecorded(
        camera_id=camera_id,
        started_at=started_at,
        ended_at=now,
        generation=1,
        retention_class="standard",
        size_bytes=9_000_000,
        sha256=Sha256(number.to_bytes(32, "big")),
        container="mp4",
        codec="h264",
        width=1920,
        height=1080,
        has_audio=False,
        clock_source="metadata",
        source_id="bench",
        arrived_at=now,
        recovery_from=EPOCH,
        treatment="",
        location=f"{camera_id}/{started_at:%Y/%m/%d/%H%M%S}.mp4",
        shift="",
        officer="",
        mask_version="",
    )
    return recorded(fact, stream_id=segment_stream(camera_id, started_at, 1), stream_version=1, at=now, actor=ACTOR)


class Recorder:
    """Puts events on the topic of one contender at a steady rate, with the producer that services have.

    The events are encoded ahead: elsewhere that is the work of other machines, and here there are two cores.
    """

    def __init__(self, settings: Settings, load: Load) -> None:
        codec, self._topic, self._load = Codec(open_registry(settings)), settings.topic("segment.events"), load
        self._producer = Producer(producer_settings(settings))
        now = datetime.now(UTC)
        facts = [event(number, now) for number in range(WARM_UP + load.events)]
        self._records = [(camera(number), codec.encode(fact, "ingest")) for number, fact in enumerate(facts)]

    def produce(self, numbers: range) -> list[float]:
        """Return when each was handed to the producer (seconds since 1970), once the broker has them all."""
        handed, begun = list[float](), time.perf_counter()
        for number in numbers:
            if (ahead := begun + len(handed) / self._load.rate - time.perf_counter()) > 0:
                time.sleep(ahead)
            key, value = self._records[number]
            handed.append(time.time())
            self._producer.produce(self._topic, key=key, value=value)
            self._producer.poll(0)
        assert self._producer.flush(60) == 0
        return handed


def run(name: str, settings: Settings, load: Load) -> dict[str, Any]:
    """Let one contender take one load; a contender that falls behind gets some time to catch up."""
    fresh = settings.model_copy(update={"topic_prefix": f"{name}{time.time_ns()}."})
    ensure_topics(fresh, [BY_NAME[topic] for topic in (*TOPICS, "dead-letter.retention")])
    dsn = database.dsn(fresh, "retention")
    asyncio.run(_clean(dsn))
    fields = ("kafka", "topic_prefix", "database")
    environment = {f"CAMLEDGER_{field.upper()}": str(getattr(fresh, field)) for field in fields}
    command = [sys.executable, "-m", "bench.live_side", name, str(WARM_UP), str(load.events), dsn]
    side = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | environment)
    try:
        handed, told = _fed(name, side, fresh, load)
    finally:
        side.kill()
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    committed = {int(number): at for number, at in found.pop("committed").items()}
    latencies = [(committed[number] - at) * 1000 for number, at in enumerate(handed, WARM_UP)]
    return found | {
        "p50_ms": percentile(latencies, 0.5),
        "p99_ms": percentile(latencies, 0.99),
        "events_a_second": round(load.events / (max(committed.values()) - handed[0])),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _fed(name: str, side: subprocess.Popen[bytes], settings: Settings, load: Load) -> tuple[list[float], bytes]:
    # Joining a group, a producer's first contact and code that Java has yet to compile are none of the figure: what
    # comes first only has to arrive, through the same producer.
    recorder = Recorder(settings, load)
    recorder.produce(range(WARM_UP))
    assert side.stdout is not None
    while (line := side.stdout.readline()).strip() != READY.encode():
        assert line, f"{name} ended before it was ready"
    return recorder.produce(range(WARM_UP, WARM_UP + load.events)), side.communicate(timeout=PATIENCE_S)[0]


async def _clean(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(TABLE)
        await connection.execute("TRUNCATE segment_hot, live_row, consumer_offset, consumer_topic")
    finally:
        await connection.close()


def main() -> None:
    """Run all contenders in turn on an embedded stack of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=CONTENDERS, action="append", help="run this contender alone")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    load = Load(rate=asked.rate, seconds=asked.seconds)
    with tempfile.TemporaryDirectory(prefix="camledger-bench-") as folder, Stack(Path(folder)) as stack:
        settings = Settings(service="retention", kafka=stack.bootstrap_servers, database=stack.dsn)
        migrate(settings, "retention")
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in asked.only or CONTENDERS}
        for _ in range(asked.rounds):
            for name, runs in found.items():
                runs.append(run(name, settings, load))
    report(asked, load, found)


def report(asked: argparse.Namespace, load: Load, found: dict[str, list[dict[str, Any]]]) -> None:
    """Print medians, ranges and ratios."""
    names = ("p50_ms", "p99_ms", "rss_mb", "cpu_s", "events_a_second")
    figures = {side: {name: spread([one[name] for one in runs]) for name in names} for side, runs in found.items()}
    ratios = {
        f"{side} / ours, {name}": round(figures[side][name]["median"] / figures["ours"][name]["median"], 1)
        for side in figures
        for name in ("p50_ms", "p99_ms")
        if side != "ours" and "ours" in figures
    }
    lines = [f"{'':<12}" + "".join(f"{name:>26}" for name in names)]
    lines += [
        f"{side:<12}" + "".join(f"{e['median']:>11} ({e['least']} to {e['most']})".rjust(26) for e in each.values())
        for side, each in figures.items()
    ]
    lines += [f"{name:<30} {value:>7} x" for name, value in ratios.items()]
    title = f"live: {load.rate} segment events a second for {load.seconds} s, {asked.rounds} rounds in turn"
    tell(title, lines, {"figures": figures, "ratios": ratios, "runs": found}, as_json=asked.json)


if __name__ == "__main__":
    main()
