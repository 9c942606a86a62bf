"""The live windows as a process that is killed under load: afterwards they equal a count over the registers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

from services.kernel.envelope import Recorded
from services.kernel.events import SegmentDestroyed, SegmentRecorded
from services.kernel.ids import event_id
from tests.fakes.facts import told
from tests.integration.analytics.conftest import Bench, until

KILLS = 2
PER_ROUND = 400
CAMERAS = 7

WINDOWS = "SELECT what, camera_id, begins_at, events FROM live_window WHERE events > 0 ORDER BY 1, 2, 3"
REGISTERS = """
SELECT 'deletion', camera_id, date_trunc('hour', destroyed_at, 'UTC'), count(*) FROM segment
WHERE destroyed_at IS NOT NULL GROUP BY 1, 2, 3
UNION ALL
SELECT 'segment', camera_id, date_trunc('minute', stored_at, 'UTC'), count(*) FROM segment
WHERE stored_at IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
COUNTED = "SELECT 1 FROM live_event"


def footage(first: int, number: int, now: datetime) -> list[Recorded]:
    """Segments that arrived within the last minutes; every fourth has been destroyed since."""
    facts = []
    for index in range(first, first + number):
        stream, arrived = f"live/{index}", now - timedelta(seconds=index % 300)
        key = {"camera_id": f"cam-{index % CAMERAS}", "started_at": now - timedelta(days=40, seconds=index)}
        for version, event, more in [(1, SegmentRecorded, {}), (2, SegmentDestroyed, {"destroyed_at": arrived})]:
            if version == 1 or index % 4 == 0:
                own = {"event_id": event_id(stream, version), "stream_id": stream, "stream_version": version}
                own |= {"recorded_at": arrived}
                facts.append(told(event, own, generation=1, **key, **more))
    return facts


@contextmanager
def live_process(bench: Bench) -> Iterator[subprocess.Popen[bytes]]:
    """Run the live windows as production does; whatever still runs at the end is ended."""
    environment = os.environ | {
        f"CAMLEDGER_{name.upper()}": str(getattr(bench.settings, name))
        for name in ("kafka", "topic_prefix", "database", "database_prefix", "people")
    }
    process = subprocess.Popen([sys.executable, "-m", "services.analytics.live"], env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_a_worker_killed_under_load_leaves_windows_that_equal_the_registers(bench: Bench) -> None:
    now = datetime.now(UTC)
    bench.tell_bytes("segment.events", None, key="stranger")
    bench.tell_bytes("segment.events", b"\x00\x00\x00\xff\xffnobody's event", key="stranger")
    seen = count(0, PER_ROUND)
    for _ in range(KILLS):
        with live_process(bench) as process:
            before = len(bench.ask(COUNTED))
            facts = footage(next(seen), PER_ROUND, now)
            bench.tell_spread(facts)
            bench.await_rows(COUNTED, before + len(facts) // 4)
            process.kill()
    with bench.running("worker"):
        bench.await_rows("SELECT 1 FROM segment WHERE stored_at IS NOT NULL", KILLS * PER_ROUND)
    # What Faust lost for good, and what a half-done write left: only the registers know better.
    bench.do("DELETE FROM live_event WHERE camera_id = 'cam-1'")
    bench.do("UPDATE live_window SET events = 99 WHERE camera_id = 'cam-2'")
    with live_process(bench) as process, bench.running("worker"):
        facts = footage(next(seen), PER_ROUND, now)
        bench.tell_spread(facts)
        bench.tell_spread(facts)
        bench.await_rows("SELECT 1 FROM segment WHERE stored_at IS NOT NULL", (KILLS + 1) * PER_ROUND)
        until(lambda: bench.ask(WINDOWS) == bench.ask(REGISTERS), "windows that equal the registers")
        bench.await_rows("SELECT 1 FROM live_worker WHERE rss_bytes BETWEEN 1 AND 200000000", 1)
        assert process.poll() is None
