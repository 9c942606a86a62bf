"""Intervals, standings and terms that the packs' scenarios don't reach."""

from datetime import UTC, datetime, timedelta

from services.kernel.policy import (
    Pack,
    Pause,
    SegmentFacts,
    destroyable_from,
    execution_allowance,
    hold_kinds,
    interval,
    pack_from,
    protection_needs_a_person,
    recovery_window,
    request_term,
    segment,
)
from services.kernel.policy.change import amended
from services.kernel.policy.facts import sub

START = datetime(2025, 1, 1, 8, tzinfo=UTC)
ONE = SegmentFacts(START, START + timedelta(minutes=10))


def test_every_instant_is_in_utc(spd: Pack, npa: Pack) -> None:
    for pack in (spd, npa):
        found = interval(pack, ONE)
        assert {at.tzinfo for at in (found.queue_at, found.command_at, found.destroy_by) if at is not None} == {UTC}


def test_nothing_is_ever_destroyed_by_time_where_nothing_is_stored(live: Pack) -> None:
    assert destroyable_from(live, ONE) is None


def test_a_pack_that_never_disposes_by_time_lets_nothing_go_even_at_a_maximum(npa: Pack) -> None:
    kept = interval(amended(npa, {"retention": {"dispose": "none"}}), ONE)
    assert kept.destroy_by is not None
    assert kept.command_at is None


def test_a_minimum_beats_a_maximum_and_the_conflict_is_shown(npa: Pack) -> None:
    found = interval(amended(npa, {"retention.month": {"keep_at_least": "P2Y"}}), ONE)
    assert found.conflict
    assert found.command_at == found.keep_until


def test_the_recovery_window_ends_before_a_near_maximum(npa: Pack) -> None:
    near = amended(npa, {"retention.year": {"destroy_by": "P34D", "readings": ["instant"]}})
    found = interval(near, ONE)
    assert found.command_at is not None
    assert found.destroy_by is not None
    assert found.command_at == found.destroy_by - execution_allowance(near)
    assert found.queue_at == found.command_at - recovery_window(near)


def test_a_minimum_whose_condition_nobody_answered_stays_in_force(npa: Pack) -> None:
    fitted = amended(npa, {"retention.month": {"keep_at_least": "P2M", "when": {"shift.kind": ["traffic"]}}})
    unknown, other = interval(fitted, ONE), interval(fitted, SegmentFacts(START, ONE.end, "", {"shift": {"kind": "x"}}))
    assert unknown.missing == ("shift.kind",)
    assert unknown.keep_until is not None
    assert other.keep_until is None


def test_a_maximum_whose_condition_nobody_answered_hurries_nothing(spd: Pack) -> None:
    fitted = amended(spd, {"retention.max30": {"when": {"segment.class": ["street"]}}})
    assert interval(fitted, SegmentFacts(START, ONE.end)).command_at is None
    assert interval(fitted, SegmentFacts(START, ONE.end)).destroy_by is not None
    assert interval(fitted, SegmentFacts(START, ONE.end, "street")).command_at is not None


def test_a_minimum_from_a_fact_that_nobody_knows_has_not_run_out(npa: Pack) -> None:
    fitted = amended(npa, {"retention.month": {"clock": "case.closed_at"}})
    assert destroyable_from(fitted, ONE) is None
    known = SegmentFacts(START, ONE.end, "", {"case": {"closed_at": "2025-03-01T00:00:00Z"}})
    assert destroyable_from(fitted, known) is not None


def test_a_shortening_gives_older_footage_a_whole_recovery_window(spd: Pack) -> None:
    binds = START + timedelta(days=25)
    found = interval(amended(spd, {"retention.max30": {"destroy_by": "P10D"}}), ONE, shortened_at=binds)
    assert found.command_at == binds + recovery_window(spd)
    assert found.destroy_by == found.command_at + execution_allowance(spd)


def test_a_shortening_leaves_footage_made_after_it_to_its_own_interval(spd: Pack) -> None:
    assert interval(spd, ONE, shortened_at=START) == interval(spd, ONE)


def test_a_hold_without_a_kind_holds_too(npa: Pack) -> None:
    raw = {"start": ONE.start, "end": ONE.end}
    found = segment(npa, {"at": START + timedelta(days=100), "segment": raw, "holds": [{}]})
    assert (found.outcome, found.deletable, found.unknown_hold_kinds) == ("held", False, ("",))


def test_a_segment_without_its_times_is_not_judged(npa: Pack) -> None:
    assert segment(npa, {"at": START, "segment": {"start": START}}).outcome == "incomplete"
    assert not segment(npa, {"segment": {"start": START, "end": START}}).deletable


def test_holds_are_known_by_kind(spd: Pack) -> None:
    assert hold_kinds(spd)["court_order"].lifts_maximum
    assert not hold_kinds(spd)["records_request"].lifts_maximum


def test_pauses_count_for_named_reasons_and_no_longer_than_the_pack_lets_them(daan: Pack) -> None:
    end = request_term(daan, START)
    long = Pause("awaiting_letter", START + timedelta(days=1), START + timedelta(days=100))
    # Thirty days on top end on a Monday: an open day.
    assert request_term(daan, START, pauses=[long]) - end >= timedelta(days=30)
    assert request_term(daan, START, pauses=[long]) - end < timedelta(days=33)
    assert request_term(daan, START, pauses=[Pause("vacation", long.start, long.end)]) == end


def test_a_term_never_ends_on_a_closed_day(daan: Pack) -> None:
    for days in range(366):
        last = request_term(daan, START + timedelta(days=days)) - timedelta(microseconds=1)
        assert daan.calendar.is_open(last.astimezone(daan.zone).date())


def test_one_request_may_protect_so_much_and_more_with_a_persons_word(spd: Pack) -> None:
    assert not protection_needs_a_person(spd, 20, timedelta(days=3))
    assert protection_needs_a_person(spd, 20, timedelta(days=3, hours=1))
    assert protection_needs_a_person(spd, 21, timedelta(hours=1))


def test_the_longest_minimum_and_the_earliest_maximum_count_in_whatever_order(npa: Pack) -> None:
    long = {"id": "a", "clauses": ["NPA-10"], "title": {}, "clock": "end", "keep_at_least": "P3M", "destroy_by": "P2Y"}
    short = {**long, "id": "b", "keep_at_least": "P1D", "destroy_by": "P6M"}
    for rules in ([long, short], [short, long]):
        document = {**npa.document, "retention": {**sub(npa.document, "retention"), "rules": rules}}
        found = interval(pack_from(document, digest=""), ONE)
        assert found.keep_until == datetime(2025, 4, 1, 16, tzinfo=UTC)
        assert found.destroy_by == datetime(2025, 7, 1, 16, tzinfo=UTC)
