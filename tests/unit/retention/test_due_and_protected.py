"""Holds, requests and rescues against what is due: born held, the window given back, past a maximum and lawful."""

from __future__ import annotations

from datetime import timedelta

from services.kernel.events import ProtectionKind
from services.kernel.mark import CLOCK_MARGIN
from services.retention.bits import bit
from tests.unit.retention.given import HOLD, at, footage, hold

DAY = timedelta(days=1)
START = at("2025-01-10T09:00:00+08:00")


def test_a_hold_placed_during_the_recovery_window_stops_the_deletion() -> None:
    queued = footage("daan-cctv", START).when(START + 92 * DAY)
    held = queued.protected(hold()).when(START + 93 * DAY)
    assert (held.last.unqueue, held.last.held_by) == (held.whole, frozenset({HOLD}))
    assert held.when(START + 400 * DAY).last.command == 0


def test_late_footage_is_born_held() -> None:
    late = footage("daan-cctv", START).protected(hold(cameras=("plaza-1",))).when(START + 400 * DAY)
    assert (late.last.command, late.last.queue, late.last.stage) == (0, (), "held")
    assert late.last.next_at is None


def test_only_the_covered_segments_of_an_hour_stay() -> None:
    partly = hold(starts_at=START + timedelta(minutes=4), ends_at=START + timedelta(hours=5))
    seen = footage("daan-cctv", START).protected(partly).when(START + 120 * DAY)
    assert seen.last.command == bit(3, 0) | bit(3, 1)
    assert seen.last.held_by == {HOLD}


def test_a_release_gives_the_whole_window_back() -> None:
    until = START + 207 * DAY
    released = footage("daan-cctv", START).protected(hold(until=until)).when(START + 200 * DAY)
    assert (released.last.command, [q.until for q in released.last.queue]) == (0, [until])
    assert released.when(until).last.command == 0
    assert released.when(until + CLOCK_MARGIN).last.command == released.whole


def test_an_open_request_keeps_footage_until_its_term_and_is_asked_for_then() -> None:
    term = START + 130 * DAY
    blocked = footage("daan-cctv", START).protected(hold(ProtectionKind.REQUEST, term)).when(START + 120 * DAY)
    assert (blocked.last.command, blocked.last.queue) == (0, ())
    assert blocked.last.next_at == term + CLOCK_MARGIN


def test_what_nobody_filed_counts_as_covered() -> None:
    for unknown in (hold(officer="p-0007"), hold(incident="114-9")):
        assert footage("daan-cctv", START).protected(unknown).when(START + 120 * DAY).last.command == 0
    elsewhere = footage("daan-cctv", START).protected(hold(area="B")).when(START + 120 * DAY)
    assert elsewhere.last.command == elsewhere.whole


def test_protected_past_its_maximum_is_lawful_and_named() -> None:
    start = at("2025-01-01T08:00:00-08:00")
    held = footage("spd-cctv", start).protected(hold()).when(at("2025-02-01T09:00:00-08:00"))
    assert held.last.overdue == ()
    assert {report.protected_by for report in held.last.past_maximum} == {(str(HOLD),)}
    assert held.last.stage == "held"


def test_an_open_request_protects_past_the_maximum_too_and_the_report_names_it() -> None:
    start, term = at("2025-01-01T08:00:00-08:00"), at("2025-04-01T08:00:00-07:00")
    asked = (
        footage("spd-cctv", start).protected(hold(ProtectionKind.REQUEST, term)).when(at("2025-02-01T09:00:00-08:00"))
    )
    assert (asked.last.command, asked.last.overdue) == (0, ())
    assert {report.protected_by for report in asked.last.past_maximum} == {(str(HOLD),)}


def test_a_release_past_the_maximum_moves_it_by_the_window_and_the_time_to_carry_it_out() -> None:
    """Decision 8: destroy_by' is the end of the last protection and the execution allowance."""
    start, until = at("2025-01-01T08:00:00-08:00"), at("2025-03-01T08:00:00-08:00")
    held = footage("spd-cctv", start).protected(hold()).when(at("2025-02-20T08:00:00-08:00"))
    released = held.protected(hold(until=until))
    assert released.when(until + timedelta(hours=1)).last.overdue == ()
    late = released.when(until + DAY)
    assert [report.destroy_by for report in late.last.overdue] == [until + DAY]
