"""Segments by camera, clock hour and offset: packed and unpacked they are the same, each in its own hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.kernel.batches import SegmentKey, hour_of, keys, lines

HOUR_US = 3_600_000_000
STARTS = st.integers(0, 40 * 24 * HOUR_US).map(lambda us: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))
KEYS = st.builds(SegmentKey, camera_id=st.sampled_from(["c1", "c2"]), started_at=STARTS, generation=st.integers(1, 2))


@given(st.sets(KEYS, max_size=20))
def test_what_is_packed_into_lines_comes_out_again(segments: set[SegmentKey]) -> None:
    assert sorted(keys(lines(segments))) == sorted(segments)


@given(STARTS)
def test_a_segment_stands_in_the_clock_hour_in_which_it_began(start: datetime) -> None:
    (line,) = lines([SegmentKey(camera_id="c1", started_at=start)])
    assert line.hour == hour_of(start) == int(start.timestamp() // 3600)
    assert 0 <= line.offsets_us[0] < HOUR_US
