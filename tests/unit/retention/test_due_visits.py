"""What a visit finds: kept, queued, proposed, overdue; by the shipped packs, over month ends and changes of clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.mark import CLOCK_MARGIN
from services.retention.decider import Wait
from services.retention.timing import segment_command_at, segment_interval, timing
from tests.unit.retention.given import Given, at, footage, rules

DAY = timedelta(days=1)
START = at("2025-01-10T09:00:00+08:00")


def kept_90_days() -> Given:
    return footage("daan-cctv", START)


def test_inside_its_minimum_footage_is_kept_and_looked_at_again_when_its_window_begins() -> None:
    seen = kept_90_days().when(START + 10 * DAY)
    assert (seen.last.queue, seen.last.command, seen.last.stage) == ((), 0, "kept")
    assert seen.last.timing is not None
    assert seen.last.next_at == seen.last.timing.queue_at


def test_footage_is_queued_for_its_whole_recovery_window_before_it_is_proposed() -> None:
    queued = kept_90_days().when(START + 92 * DAY)
    assert [q.map for q in queued.last.queue] == [queued.whole]
    assert queued.last.queue[0].until - START > 97 * DAY
    later = queued.when(START + 94 * DAY)
    assert (later.last.queue, later.last.command) == ((), 0)
    due = later.when(queued.last.queue[0].until + CLOCK_MARGIN)
    assert (due.last.command, due.last.stage) == (due.whole, "commanded")


def test_nothing_is_proposed_inside_the_clock_margin() -> None:
    queued = kept_90_days().when(START + 92 * DAY)
    until = queued.last.queue[0].until
    assert queued.when(until + CLOCK_MARGIN - timedelta(microseconds=1)).last.command == 0


@pytest.mark.parametrize(
    ("policy", "start"),
    [
        ("npa-bwc", "2025-01-31T23:40:00+08:00"),
        ("npa-bwc", "2025-02-28T09:00:00+08:00"),
        ("npa-bwc", "2024-02-29T22:50:00+08:00"),
        ("spd-cctv", "2025-10-20T01:30:00-07:00"),
        ("spd-cctv", "2025-11-02T01:30:00-07:00"),
        ("spd-cctv", "2025-03-09T01:50:00-08:00"),
        ("daan-cctv", "2024-12-31T23:59:00+08:00"),
    ],
)
def test_the_hour_is_never_proposed_before_any_of_its_segments_may_go(policy: str, start: str) -> None:
    """Month ends, leap days and both changes of clocks: the bucket's instant is early for none of its segments."""
    given = footage(policy, at(start), minutes=50)
    assert given.rules is not None
    whole = timing(given.bucket, given.rules).command_at
    each = [segment_command_at(given.bucket, p, given.rules) for p in range(given.bucket.size)]
    assert whole is not None
    assert all(one is not None and one <= whole for one in each)
    maxima = [segment_interval(given.bucket, p, given.rules).destroy_by for p in range(given.bucket.size)]
    assert all(maximum is None or whole < maximum for maximum in maxima)


def test_a_segment_is_proposed_once() -> None:
    due = kept_90_days().when(START + 120 * DAY)
    assert due.when(START + 121 * DAY).last.command == 0


def test_what_custody_gave_back_is_proposed_again_only_after_its_instant_and_position() -> None:
    due = kept_90_days().when(START + 120 * DAY)
    given_back = replace(due, bucket=due.bucket._replace(commanded=0))
    everyone = frozenset(due.bucket.offsets_us)
    refused = replace(given_back, waits=(Wait(offsets_us=everyone, seq=11, not_before=START + 130 * DAY),))
    early = refused.when(START + 125 * DAY)
    assert (early.last.command, early.last.next_at) == (0, START + 130 * DAY)
    unread = refused.when(START + 131 * DAY)
    assert (unread.last.command, unread.last.next_at) == (0, START + 131 * DAY + timedelta(seconds=5))
    assert replace(refused, read_seq=11).when(START + 131 * DAY).last.command == refused.whole


def test_who_was_refused_waits_and_its_neighbours_of_the_same_hour_go() -> None:
    first = Wait(offsets_us=frozenset(kept_90_days().bucket.offsets_us[:1]), seq=10, not_before=START + 130 * DAY)
    seen = replace(kept_90_days(), waits=(first,)).when(START + 120 * DAY)
    assert (seen.last.command, seen.last.next_at) == (0b011, START + 130 * DAY)
    assert seen.when(START + 130 * DAY).last.command == 0b100


def test_an_open_breaker_proposes_nothing_and_waits_for_its_reset() -> None:
    stopped = replace(kept_90_days(), breaker_open=True).when(START + 120 * DAY)
    assert (stopped.last.command, stopped.last.next_at, stopped.last.stage) == (0, None, "due")


def test_footage_that_no_policy_binds_is_neither_queued_nor_proposed() -> None:
    queued = kept_90_days().when(START + 92 * DAY)
    unbound = replace(queued, rules=None).when(START + 120 * DAY)
    assert (unbound.last.command, unbound.last.unqueue, unbound.last.next_at) == (0, unbound.whole, None)


def test_unprotected_past_its_maximum_is_overdue_and_told_once() -> None:
    late = footage("spd-cctv", at("2025-01-01T08:00:00-08:00")).when(at("2025-02-01T09:00:00-08:00"))
    assert [report.protected_by for report in late.last.overdue] == [(), (), ()]
    assert late.last.stage == "overdue"
    assert late.when(at("2025-02-02T09:00:00-08:00")).last.overdue == ()


def test_taken_over_footage_keeps_a_recovery_window_from_its_arrival() -> None:
    arrived = START + 200 * DAY
    old = footage("daan-cctv", START, recovery_from=arrived).when(arrived + DAY)
    assert (old.last.command, [q.until for q in old.last.queue]) == (0, [arrived + 7 * DAY])
    assert old.when(arrived + 7 * DAY + CLOCK_MARGIN).last.command == old.whole


def test_a_shortening_never_cuts_a_recovery_window() -> None:
    """Decision 9: footage recorded before the shorter version bound keeps a whole window from that instant."""
    bound = START + 120 * DAY
    short = Given(bucket=kept_90_days().bucket, rules=rules("daan-cctv", binding_from=bound, shortens=True))
    seen = short.when(bound + DAY)
    assert (seen.last.command, [q.until for q in seen.last.queue]) == (0, [bound + 7 * DAY])


def test_a_longer_policy_takes_footage_out_of_the_queue() -> None:
    start = at("2025-01-10T09:00:00+08:00")
    queued = footage("npa-bwc", start).when(at("2025-02-13T00:00:00+08:00"))
    assert queued.last.queue
    longer = replace(queued, rules=rules("daan-cctv")).when(at("2025-02-13T01:00:00+08:00"))
    assert (longer.last.unqueue, longer.last.why_unqueued) == (longer.whole, "a longer policy binds")


def test_a_bucket_whose_segments_are_gone_is_never_looked_at_again() -> None:
    gone = kept_90_days()
    closed = replace(gone, bucket=gone.bucket._replace(destroyed=gone.whole)).when(START + 200 * DAY)
    assert (closed.last.stage, closed.last.next_at) == ("gone", None)
