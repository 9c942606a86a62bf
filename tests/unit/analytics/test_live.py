"""Windows and the watchdog, with clocks of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from services.analytics.live.stream import Live, build
from services.analytics.live.watchdog import Position, Watchdog
from services.analytics.live.windows import DELETION, SEGMENT, seen
from services.kernel.events import CameraRegistered, SegmentDestroyed, SegmentRecorded
from services.runtime.codec import Codec
from services.runtime.registry import open_registry
from services.runtime.settings import Settings
from tests.fakes.facts import told

AT = datetime(2026, 3, 1, 8, 59, 59, 999_999, tzinfo=UTC)


def test_a_segment_counts_in_the_minute_of_its_arrival() -> None:
    found = seen(told(SegmentRecorded, {"recorded_at": AT}, camera_id="cam-1"))
    assert found is not None
    assert (found.what, found.camera_id, found.begins_at) == (SEGMENT, "cam-1", AT.replace(second=0, microsecond=0))


def test_a_deletion_counts_in_the_hour_of_its_receipt() -> None:
    found = seen(told(SegmentDestroyed, destroyed_at=AT))
    assert found is not None
    assert (found.what, found.begins_at) == (DELETION, AT.replace(minute=0, second=0, microsecond=0))


def test_an_event_told_twice_is_the_same_one_in_the_same_window() -> None:
    assert seen(told(SegmentRecorded)) == seen(told(SegmentRecorded))


def test_other_events_count_nowhere() -> None:
    assert seen(told(CameraRegistered)) is None


class Looks:
    """A broker's answers one after the other, and whether the watchdog ended the process."""

    def __init__(self, *answers: Position) -> None:
        self._answers = iter(answers)
        self.ended = 0
        self.dog = Watchdog(lambda: next(self._answers), self._end, stalled_after_s=60.0)

    def at(self, *seconds: float) -> int:
        for second in seconds:
            self.dog.look(second)
        return self.ended

    def _end(self) -> None:
        self.ended += 1


def test_records_that_wait_while_nothing_moves_end_the_process() -> None:
    assert Looks((5, 100), (7, 100), (9, 100)).at(0, 50, 61) == 1


def test_a_worker_that_moves_may_be_behind_for_as_long_as_it_takes() -> None:
    assert Looks((900, 100), (950, 101), (990, 102)).at(0, 61, 122) == 0


def test_a_quiet_topic_is_no_stall() -> None:
    looks = Looks((0, 100), (0, 100), (3, 100), (0, 103))
    assert looks.at(0, 300, 310, 320) == 0
    assert looks.dog.lag == 0


def test_the_stream_keeps_its_folder_inside_the_home(tmp_path: Path) -> None:
    settings = Settings(service="analytics", home=tmp_path)
    watchdog = Watchdog(lambda: (0, 0), lambda: None, 60.0)
    app = build(settings, Live(settings, Codec(open_registry(settings))), watchdog)
    assert Path(app.conf.datadir).is_relative_to(tmp_path)
