"""The breaker and the clock guard: too much at once, or a clock that nobody should believe, stops proposals."""

from __future__ import annotations

from datetime import timedelta

from services.retention.breaker import Fill, trips
from services.retention.clock import Look, look
from services.retention.limits import Limits
from tests.unit.retention.given import at

LIMITS = Limits(camera_percent=50, camera_least=10, hourly=1_000)
NOON = at("2025-01-10T12:00:00+00:00")


def test_more_than_its_share_of_a_camera_trips_that_camera_alone() -> None:
    fills = {"a": Fill(stored=100, commanded=20), "b": Fill(stored=100)}
    assert [t.camera_id for t in trips({"a": 31, "b": 50}, fills, 20, LIMITS)] == ["a"]
    assert trips({"a": 30, "b": 50}, fills, 20, LIMITS) == ()


def test_a_camera_with_little_footage_does_not_trip_below_the_least_number() -> None:
    assert trips({"a": 10}, {"a": Fill(stored=10)}, 0, LIMITS) == ()
    assert [t.counted for t in trips({"a": 11}, {"a": Fill(stored=11)}, 0, LIMITS)] == [11]


def test_more_than_the_hourly_limit_trips_for_everything() -> None:
    assert [t.camera_id for t in trips({"a": 1}, {}, 1_000, LIMITS)] == [""]


def test_a_clock_behind_the_last_instant_swept_halts() -> None:
    halt = look(NOON, None, Look(database=NOON - timedelta(microseconds=1), steady_s=0))
    assert halt is not None
    assert halt.why == "behind"


def test_a_clock_that_jumps_more_than_the_margin_ahead_halts() -> None:
    last = Look(database=NOON, steady_s=100)
    later = Look(database=NOON + timedelta(minutes=5, seconds=3), steady_s=102)
    halt = look(NOON, last, later)
    assert halt is not None
    assert halt.why == "ahead"
    assert look(NOON, last, Look(database=NOON + timedelta(minutes=6), steady_s=102 + 60)) is None


def test_a_service_that_was_down_for_days_is_no_jump() -> None:
    assert look(NOON, None, Look(database=NOON + timedelta(days=9), steady_s=0)) is None
