"""Bit maps count from the left, as Postgres does: the rows of the wheel are read by both."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.retention.bits import bit, bits, everything, from_text, positions, to_text


def test_bit_0_is_the_leftmost() -> None:
    assert [to_text(3, bit(3, at)) for at in range(3)] == ["100", "010", "001"]


@given(st.integers(1, 70), st.data())
def test_the_positions_of_a_map_are_those_that_were_set(size: int, data: st.DataObject) -> None:
    wanted = data.draw(st.sets(st.integers(0, size - 1)))
    map_ = bits(size, wanted)
    assert list(positions(size, map_)) == sorted(wanted)
    assert from_text(to_text(size, map_)) == map_ == map_ & everything(size)
