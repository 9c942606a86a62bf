"""What simulating another version costs: reading, folding and judging footage, and the memory that it takes.

Footage is made up: ``--cameras`` record without a break for 90 days, holds lie on some of it. Prints CPU seconds, since
wall times say little on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid5

from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import CameraBound, Event, HoldPlaced, PolicyInForce, SegmentRecorded
from services.kernel.ids import NAMESPACE, PROTECTION_LOG, segment_stream
from services.kernel.policy import Pack
from services.kernel.policy.change import amended
from services.kernel.scope import Scope
from services.kernel.simulation import History, Question, simulate
from services.runtime.codec import Codec
from services.runtime.packs import load_pack
from services.runtime.registry import open_registry
from services.runtime.schemas.examples import example
from services.runtime.settings import REPOSITORY, Settings

T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 90
HOLDS = 100
DECODED = 20_000
ACTOR = Actor(id="bench", role="service:access")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """CPU seconds of each part, and the memory at the end."""

    segments: int
    cameras: int
    decode_us_a_record: float
    fold_s: float
    judge_s: float
    resident_mb: float
    earlier: int
    holds_hit: int
    load: float


def main() -> int:
    """Run once and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.simulation", description=__doc__)
    parser.add_argument("--segments", type=int, default=200_000)
    parser.add_argument("--cameras", type=int, default=100)
    asked = parser.parse_args()
    sys.stdout.write(json.dumps(asdict(measure(asked.segments, asked.cameras)), indent=1) + "\n")
    return 0


def measure(segments: int, cameras: int) -> Figures:
    """Fold and judge a history of this size."""
    pack = load_pack(REPOSITORY / "policies" / "daan-cctv")
    shorter = replace(amended(pack, {"retention.min90": {"keep_at_least": "P30D"}}), version=99, digest="9" * 64)
    history, per = History(), segments // cameras
    for record in _protections(pack, cameras):
        history.apply("hold.events", record)
    decode = _decoding(per)
    begun = time.process_time()
    for camera in range(cameras):
        for record in _footage(f"cam-{camera}", per):
            history.apply("segment.events", record)
    folded = time.process_time()
    report = simulate(history, Question(pack=shorter, as_of=T0 + DAYS * DAY), lambda _binding: pack)
    judged = time.process_time()
    totals, holds = _at(report, "totals"), report["holds"]
    assert isinstance(holds, list)
    return Figures(
        segments=per * cameras,
        cameras=cameras,
        decode_us_a_record=round(decode * 1e6, 1),
        fold_s=round(folded - begun, 2),
        judge_s=round(judged - folded, 2),
        resident_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        earlier=totals["earlier"]["segments"],
        holds_hit=sum(1 for each in holds if each["lost"]["segments"]),
        load=round(os.getloadavg()[0], 1),
    )


def _at(report: dict[str, object], name: str) -> dict[str, dict[str, int]]:
    found = report[name]
    assert isinstance(found, dict)
    return found


def _decoding(per: int) -> float:
    codec = Codec(open_registry(Settings()))
    values = [codec.encode(record, "ingest") for record in _footage("cam-0", min(per, DECODED))]
    begun = time.process_time()
    for value in values:
        codec.decode(value)
    return (time.process_time() - begun) / len(values)


def _protections(pack: Pack, cameras: int) -> Iterator[Recorded]:
    yield _told(1, _in_force(pack), T0 - DAY)
    for seq, camera in enumerate(range(cameras), start=2):
        bound = CameraBound(
            seq=seq, policy_id=pack.id, camera_id=f"cam-{camera}", retention_class="", binding_from=T0 - DAY
        )
        yield _told(seq, bound, T0 - DAY)
    for number in range(HOLDS):
        seq = 2 + cameras + number
        yield _told(seq, _hold(seq, number, cameras), T0 + (30 + number % 60) * DAY)


def _in_force(pack: Pack) -> PolicyInForce:
    return PolicyInForce(
        seq=1,
        policy_id=pack.id,
        version=pack.version,
        digest=pack.digest,
        binding_from=T0 - DAY,
        shortens=False,
    )


def _hold(seq: int, number: int, cameras: int) -> HoldPlaced:
    starts = T0 + (number % 30) * DAY
    return HoldPlaced(
        hold_id=uuid5(NAMESPACE, f"hold-{number}"),
        seq=seq,
        kind="hold",
        hold_kind="preservation",
        scope=Scope(cameras=(f"cam-{number % cameras}",), starts_at=starts, ends_at=starts + DAY),
        matter=f"case-{number}",
        authority="bench",
        review_by=None,
        protects_until=None,
        request_id="",
    )


def _told(seq: int, event: Event, at: datetime) -> Recorded:
    return recorded(event, stream_id=PROTECTION_LOG, stream_version=seq, at=at, actor=ACTOR)


def _footage(camera_id: str, count: int) -> Iterator[Recorded]:
    event = example(SegmentRecorded, "segment.events").event
    assert isinstance(event, SegmentRecorded)
    same = replace(event, camera_id=camera_id, generation=1, officer="", retention_class="", recovery_from=T0 - DAY)
    length = DAYS * DAY / count
    for number in range(count):
        start = T0 + number * length
        one = replace(same, started_at=start, ended_at=start + length)
        stream = segment_stream(camera_id, start, 1)
        yield recorded(one, stream_id=stream, stream_version=1, at=start + length, actor=ACTOR)


if __name__ == "__main__":
    sys.exit(main())
