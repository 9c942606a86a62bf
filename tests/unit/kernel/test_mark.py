"""Every guard of C3 refuses alone, and only all of them together let a segment go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid5

import pytest

from services.kernel.binding import PolicyBinding
from services.kernel.ids import EPOCH, NAMESPACE
from services.kernel.mark import (
    CLOCK_MARGIN,
    Guard,
    Mark,
    MarkCase,
    Parked,
    Refused,
    SegmentState,
    decide_mark,
    destroy_by_with_protection,
    destroyable_from,
)
from services.kernel.protection import Protection
from services.kernel.scope import FootageFacts, Scope

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DUE = NOW - timedelta(days=1)
WEEK = timedelta(days=7)
FOOTAGE = FootageFacts(
    camera_id="plaza-1",
    started_at=NOW - timedelta(days=100),
    ended_at=NOW - timedelta(days=100) + timedelta(minutes=1),
    area="hall",
    officers=frozenset(),
    incidents=frozenset(),
)
EVERYTHING = Scope(starts_at=EPOCH)


def hold(scope: Scope = EVERYTHING, until: datetime | None = None) -> Protection:
    return Protection(
        hold_id=uuid5(NAMESPACE, "hold"),
        seq=3,
        kind="hold",
        hold_kind="preservation",
        scopes=(scope,),
        matter="115-7",
        authority="court",
        review_by=None,
        protects_until=until,
    )


def case(**changes: object) -> MarkCase:
    free = MarkCase(
        start_id_is_mine=True,
        cleared_and_open=True,
        state=SegmentState.KEPT,
        facts=FOOTAGE,
        parked=(),
        protections=(),
        destroyable_from=DUE,
        refused_by_rule="",
        read_seq=9,
        now=NOW,
    )
    return replace(free, **changes)  # type: ignore[arg-type]


def test_a_segment_goes_when_every_guard_lets_it() -> None:
    assert decide_mark(case()) == Mark(mark_seq=9)


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"start_id_is_mine": False}, Guard.START_GATE),
        ({"cleared_and_open": False}, Guard.NOT_CLEARED),
        ({"state": SegmentState.DESTROYING}, Guard.NOT_KEPT),
        ({"state": SegmentState.GONE}, Guard.NOT_KEPT),
        ({"parked": (Parked(offset=4, scope=None),)}, Guard.PARKED),
        ({"parked": (Parked(offset=4, scope=EVERYTHING),)}, Guard.PARKED),
        ({"protections": (hold(),)}, Guard.PROTECTED),
        ({"destroyable_from": None}, Guard.NO_POLICY),
        ({"destroyable_from": NOW + timedelta(days=1)}, Guard.TOO_EARLY),
        ({"refused_by_rule": "act.overwrite"}, Guard.RULE),
    ],
)
def test_each_guard_refuses_alone(changes: dict[str, object], guard: Guard) -> None:
    verdict = decide_mark(case(**changes))
    assert isinstance(verdict, Refused)
    assert (verdict.guard, verdict.seq) == (guard, 9)


def test_nothing_goes_inside_the_clock_margin() -> None:
    early = decide_mark(case(destroyable_from=NOW - CLOCK_MARGIN + timedelta(microseconds=1)))
    assert isinstance(early, Refused)
    assert early.not_before == NOW + timedelta(microseconds=1)
    assert decide_mark(case(destroyable_from=NOW - CLOCK_MARGIN)) == Mark(mark_seq=9)


def test_a_released_hold_protects_to_the_end_of_its_window() -> None:
    ended = NOW - CLOCK_MARGIN
    assert decide_mark(case(protections=(hold(until=ended),))) == Mark(mark_seq=9)
    still = decide_mark(case(protections=(hold(until=ended + timedelta(microseconds=1)),)))
    assert isinstance(still, Refused)
    assert still.guard is Guard.PROTECTED


def test_an_unfiled_wearer_counts_as_covered() -> None:
    by_officer = hold(Scope(officer="p-0031", starts_at=EPOCH))
    unfiled = replace(FOOTAGE, officers=None)
    assert isinstance(decide_mark(case(facts=unfiled, protections=(by_officer,))), Refused)
    assert decide_mark(case(protections=(by_officer,))) == Mark(mark_seq=9)


def test_a_parked_record_stops_only_the_cameras_on_its_envelope() -> None:
    elsewhere = Parked(offset=4, scope=Scope(cameras=("gate-2",), starts_at=EPOCH))
    assert decide_mark(case(parked=(elsewhere,))) == Mark(mark_seq=9)


def binding(*, shortens: bool) -> PolicyBinding:
    return PolicyBinding(
        policy_id="daan-cctv", version=3, digest="d", binding_from=NOW, shortens=shortens, seq=2, recorded_at=DUE
    )


def test_a_shortening_never_cuts_a_running_recovery_window() -> None:
    floor = destroyable_from(DUE, binding=binding(shortens=True), recovery_from=EPOCH, recovery=WEEK, recorded_at=DUE)
    assert floor == NOW + WEEK
    later = destroyable_from(DUE, binding=binding(shortens=True), recovery_from=EPOCH, recovery=WEEK, recorded_at=NOW)
    assert later == DUE


def test_footage_taken_over_keeps_a_window_from_its_arrival() -> None:
    at = destroyable_from(DUE, binding=binding(shortens=False), recovery_from=NOW, recovery=WEEK, recorded_at=NOW)
    assert at == NOW + WEEK


def test_a_policy_without_disposal_never_lets_go() -> None:
    at = destroyable_from(None, binding=binding(shortens=False), recovery_from=EPOCH, recovery=WEEK, recorded_at=NOW)
    assert at is None


def test_protection_moves_the_maximum_and_an_open_end_suspends_it() -> None:
    allowance = timedelta(days=1)
    assert destroy_by_with_protection(DUE, (), allowance) == DUE
    assert destroy_by_with_protection(DUE, (hold(until=NOW),), allowance) == NOW + allowance
    assert destroy_by_with_protection(DUE, (hold(),), allowance) is None
    assert destroy_by_with_protection(None, (hold(until=NOW),), allowance) is None
