"""One bad deletion, planted by hand in a log of a million events: ``camledger fsck`` must name it, and no other.

``python -m bench.needle [--events 1000000]``. The log is made here, on an embedded broker: cameras under an office's 90
days, a hold over one hour of one of them, batches that were cleared, marks and receipts. One mark is under the hold.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from bench.report import tell
from services.kernel.batches import SegmentKey, lines
from services.kernel.envelope import Actor, recorded
from services.kernel.events import (
    CameraBound,
    CameraRegistered,
    DeletionCleared,
    DestructionStarted,
    HoldPlaced,
    PolicyInForce,
    ProtectionKind,
    SegmentDestroyed,
    SegmentRecorded,
)
from services.kernel.ids import EPOCH, PROTECTION_LOG, segment_id, segment_stream
from services.kernel.policy import Pack
from services.kernel.scope import Scope
from services.kernel.topics import topic_of
from services.runtime.codec import Codec
from services.runtime.consumer import producer_settings
from services.runtime.embedded import Stack
from services.runtime.packs import load_pack
from services.runtime.registry import open_registry
from services.runtime.schemas.examples import example
from services.runtime.settings import REPOSITORY, Settings
from services.runtime.topics_admin import ensure_topics

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SEGMENTS_AN_HOUR, EVENTS_AN_HOUR = 60, 181
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
MARKED = BEGAN + timedelta(days=300)
HELD = "camera-0"
PLANTED = SegmentKey(camera_id=HELD, started_at=BEGAN + 30 * MINUTE)
ACTOR = Actor(id="bench", role="bench")
POLICY = "daan-cctv"


class City:
    """Writes the log of a city, each event in the name of the service that writes it."""

    def __init__(self, settings: Settings, pack: Pack) -> None:
        self.settings, self.pack, self.events, self.seq = settings, pack, 0, 0
        self._codec, self._producer = Codec(open_registry(settings)), Producer(producer_settings(settings))

    def write(self, hours: int) -> None:
        """Write camera hours that came, were cleared and went; what the hold covers stays, but for the planted one."""
        cameras = [f"camera-{number}" for number in range(max(2, hours // 100))]
        pack = {"policy_id": self.pack.id, "version": self.pack.version, "digest": self.pack.digest}
        self._protect(PolicyInForce, **pack, binding_from=BEGAN, shortens=False)
        for camera_id in cameras:
            self._put(CameraRegistered, (f"camera/{camera_id}", 1), BEGAN, "ingest", camera_id=camera_id, area="hall")
            where = {"policy_id": self.pack.id, "camera_id": camera_id, "retention_class": ""}
            self._protect(CameraBound, **where, binding_from=BEGAN)
        scope = Scope(cameras=(HELD,), starts_at=BEGAN, ends_at=BEGAN + HOUR)
        self._protect(HoldPlaced, scope=scope, kind=ProtectionKind.HOLD, protects_until=None, request_id="")
        for number in range(hours):
            self._hour(cameras[number % len(cameras)], BEGAN + HOUR * (number // len(cameras)))
        assert self._producer.flush(600) == 0

    def _hour(self, camera_id: str, begins: datetime) -> None:
        starts = [begins + MINUTE * number for number in range(SEGMENTS_AN_HOUR)]
        keys = [SegmentKey(camera_id=camera_id, started_at=at) for at in starts]
        batch_id = segment_id(camera_id, begins, 0)
        self._protect(
            DeletionCleared, batch_id=batch_id, camera_id=camera_id, lines=lines(keys), policy_id=self.pack.id
        )
        for key in keys:
            self._segment(
                SegmentRecorded, key, 1, key.started_at + 2 * MINUTE, ended_at=key.started_at + MINUTE, officer=""
            )
            if key == PLANTED or (camera_id, begins) != (HELD, BEGAN):
                self._segment(DestructionStarted, key, 2, MARKED, batch_id=batch_id, mark_seq=self.seq)
                self._segment(SegmentDestroyed, key, 3, MARKED + MINUTE, batch_id=batch_id)

    def _segment(self, kind: Any, key: SegmentKey, version: int, at: datetime, **fields: Any) -> None:  # noqa: ANN401
        stream = segment_stream(key.camera_id, key.started_at, key.generation)
        same = {"camera_id": key.camera_id, "started_at": key.started_at, "generation": key.generation}
        more = {"recovery_from": EPOCH, "retention_class": "routine"} if kind is SegmentRecorded else {}
        self._put(kind, (stream, version), at, "ingest", **same, **more, **fields)

    def _protect(self, of: Any, **fields: Any) -> None:  # noqa: ANN401 - any event of the protection log
        self.seq += 1
        self._put(of, (PROTECTION_LOG, self.seq), BEGAN, "access", seq=self.seq, **fields)

    def _put(self, of: Any, stream: tuple[str, int], at: datetime, writer: str, **fields: Any) -> None:  # noqa: ANN401
        topic = topic_of(of, writer).name
        event = replace(example(of, topic).event, **fields)
        fact = recorded(event, stream_id=stream[0], stream_version=stream[1], at=at, actor=ACTOR)
        key = fields.get("camera_id", stream[0])
        while True:
            try:
                self._producer.produce(self.settings.topic(topic), key=key, value=self._codec.encode(fact, writer))
                break
            except BufferError:
                self._producer.poll(0.1)
        self.events += 1


def faults(settings: Settings) -> list[dict[str, Any]]:
    """Return what ``camledger fsck --service log`` finds, as its own process tells it."""
    own = {"CAMLEDGER_KAFKA": settings.kafka, "CAMLEDGER_DATABASE": settings.database}
    own |= {"CAMLEDGER_TOPIC_PREFIX": settings.topic_prefix}
    command = [sys.executable, "-m", "services.cli", "fsck", "--service", "log", "--json"]
    done = subprocess.run(command, env=os.environ | own, stdout=subprocess.PIPE, check=False)
    return [line for line in json.loads(done.stdout)["lines"] if line["fault"]]


def is_planted(found: list[dict[str, Any]]) -> bool:
    """Tell whether the planted deletion alone was found, and named."""
    named = f"{PLANTED.camera_id} {PLANTED.started_at.isoformat()}"
    return len(found) == 1 and named in found[0]["fault"] and found[0]["fault"].count("marked") == 1


def main(given: list[str] | None = None) -> int:
    """Return 0 if the planted deletion alone was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.needle", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="camledger-needle-") as folder, Stack(Path(folder)) as stack:
        settings = Settings(service="operations", kafka=stack.bootstrap_servers, database=stack.dsn)
        ensure_topics(settings)
        city = City(settings, load_pack(REPOSITORY / "policies" / POLICY))
        city.write(asked.events // EVENTS_AN_HOUR + 1)
        begun = time.perf_counter()
        found = faults(settings)
        seconds = time.perf_counter() - begun
    figures = {"events": city.events, "seconds": round(seconds, 1), "found": [line["fault"] for line in found]}
    told = [f"{line['table']}: {line['fault']}" for line in found] or ["nothing was found"]
    title = f"one bad deletion among {city.events:,} events: fsck took {seconds:.0f} s"
    tell(title, told, figures, as_json=asked.json)
    return 0 if is_planted(found) else 1


if __name__ == "__main__":
    sys.exit(main())
