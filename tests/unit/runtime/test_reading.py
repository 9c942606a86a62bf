"""A worker takes the records of a partition one after the other, or none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.runtime.received import Position
from services.runtime.worker import Fenced, Reading

HERE = Position("segment.events", 0)


def message(offset: int) -> Any:  # noqa: ANN401 - stands for a Message of the client
    return SimpleNamespace(error=lambda: None, position=HERE, offset=offset)


def as_it_is(each: Any) -> Any:  # noqa: ANN401 - as above
    return each


def reading_at(offset: int) -> Reading:
    reading = object.__new__(Reading)
    reading._expected = {HERE: offset}
    reading._understood = as_it_is  # type: ignore[method-assign, assignment]
    return reading


def test_a_record_that_the_broker_leaves_out_stops_the_worker() -> None:
    assert [each.offset for each in reading_at(5)._checked([message(5), message(6)])] == [5, 6]
    with pytest.raises(Fenced, match="offset 6 comes next, got 7"):
        reading_at(5)._checked([message(5), message(7)])
