"""What consumers have read beyond the end of a topic is lost, whichever of them read it."""

from __future__ import annotations

from services.runtime.moment import beyond


def test_a_topic_that_reaches_as_far_as_was_read_has_lost_nothing() -> None:
    assert beyond({("a", "hold.events", 0): 7}, {"hold.events": {0: (0, 7)}}) == {}


def test_the_reader_that_came_farthest_says_how_much_is_lost() -> None:
    read = {("a", "hold.events", 0): 7, ("b", "hold.events", 0): 9, ("a", "hold.events", 1): 2}
    assert beyond(read, {"hold.events": {0: (0, 4), 1: (0, 2)}}) == {"hold.events": {0: 5}}


def test_a_partition_that_is_no_more_has_lost_all_and_other_topics_are_not_asked_for() -> None:
    assert beyond({("a", "t", 3): 2, ("a", "other", 0): 5}, {"t": {0: (0, 9)}}) == {"t": {3: 2}}
