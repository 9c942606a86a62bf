"""A1 and A2 as pure decisions: who may place, extend and release what, and in which words it is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.access.protections.commands import (
    EndRequestProtection,
    ExtendHold,
    PlaceHold,
    PlaceRescue,
    ProposeRelease,
    ProtectRequest,
    ReleaseHold,
    WriteAgain,
)
from services.access.protections.decider import decide
from services.access.protections.office import word_of
from services.access.protections.placing import Surroundings
from services.access.protections.store import in_flight
from services.access.refusals import NotEntitled, Unknown, Unusable
from services.kernel.batches import SEGMENT_HOURS_MAX, hour_of
from services.kernel.events import HoldExtended, HoldPlaced, HoldReleased, HoldReleaseProposed
from services.kernel.protection import Protection, evolve, folded, placed
from services.kernel.scope import Scope

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOLD = UUID(int=1)
SCOPE = Scope(cameras=("cam-19",), starts_at=NOW - timedelta(days=30))
WEEK = timedelta(days=7)


def around(**changes: object) -> Surroundings:
    values: dict[str, object] = {"seq": 5, "now": NOW, "recovery": WEEK, "known_cameras": {"cam-19"}} | changes
    return Surroundings(**values)  # type: ignore[arg-type]


def place(**changes: object) -> PlaceHold:
    values: dict[str, object] = {
        "hold_id": HOLD,
        "person": "p-wu",
        "hold_kind": "preservation",
        "scope": SCOPE,
        "matter": "115-7",
        "authority": "court",
        "review_by": NOW + timedelta(days=90),
    }
    return PlaceHold(**values | changes)  # type: ignore[arg-type]


def held() -> Protection:
    (event,) = decide(None, place(), around())
    assert isinstance(event, HoldPlaced)
    return placed(event)


def proposed() -> Protection:
    (event,) = decide(held(), ProposeRelease(hold_id=HOLD, person="p-wu"), around(seq=6))
    assert isinstance(event, HoldReleaseProposed)
    return evolve(held(), event)


def test_a_hold_has_no_end_until_it_is_released() -> None:
    assert held().protects_until is None
    assert held().seq == 5


def test_placing_it_again_writes_nothing() -> None:
    assert decide(held(), place(), around(seq=6)) == ()


def test_an_id_that_stands_for_something_else_is_refused_and_not_answered_as_if_it_were_held() -> None:
    elsewhere = replace(SCOPE, starts_at=SCOPE.starts_at - WEEK)
    rescue = PlaceRescue(hold_id=HOLD, person="p", scope=SCOPE, reason="r", until=NOW + WEEK)
    for other in (place(scope=elsewhere), rescue):
        with pytest.raises(Unusable, match="is the id of another hold"):
            decide(held(), other, around(seq=6))


def test_a_request_protects_to_the_end_of_its_term() -> None:
    term = NOW + timedelta(days=30)
    command = ProtectRequest(
        hold_id=HOLD, request_id="r", person="p", scope=SCOPE, matter="m", authority="a", term_ends_at=term
    )
    (event,) = decide(None, command, around())
    assert isinstance(event, HoldPlaced)
    assert (event.kind, event.protects_until) == ("request", term)


def test_the_proposer_can_not_release() -> None:
    with pytest.raises(NotEntitled, match="takes two persons"):
        decide(proposed(), ReleaseHold(hold_id=HOLD, person="p-wu"), around(seq=7))


def test_a_release_ends_the_hold_after_the_recovery_window() -> None:
    (event,) = decide(proposed(), ReleaseHold(hold_id=HOLD, person="p-lu"), around(seq=7))
    assert isinstance(event, HoldReleased)
    assert (event.protects_until, event.proposed_by, event.confirmed_by) == (NOW + WEEK, "p-wu", "p-lu")


def test_a_release_that_nobody_proposed_names_the_first_step() -> None:
    with pytest.raises(Unusable, match="nobody has proposed"):
        decide(held(), ReleaseHold(hold_id=HOLD, person="p-lu"), around(seq=6))


def test_an_extension_withdraws_a_proposed_release() -> None:
    more = Scope(cameras=("cam-19",), starts_at=NOW - timedelta(days=60))
    (event,) = decide(proposed(), ExtendHold(hold_id=HOLD, person="p", scope=more, review_by=None), around(seq=7))
    assert isinstance(event, HoldExtended)
    longer = evolve(proposed(), event)
    assert (longer.scopes, longer.proposed_by) == ((SCOPE, more), "")


def test_an_unknown_hold_is_not_extended() -> None:
    with pytest.raises(Unknown, match="no hold"):
        decide(None, ExtendHold(hold_id=HOLD, person="p", scope=SCOPE, review_by=None), around())


def test_a_hold_is_written_again_whole_from_its_own_row() -> None:
    more = Scope(cameras=("cam-19",), starts_at=NOW - timedelta(days=60))
    standing = replace(held(), scopes=(SCOPE, more), protects_until=NOW + WEEK, proposed_by="")
    written = decide(standing, WriteAgain(hold_id=HOLD, person="p"), around(seq=6, parked=True))
    assert [type(event) for event in written] == [HoldPlaced, HoldExtended]
    read: Protection | None = None
    for seq, event in enumerate(written, 6):
        read = folded(read, replace(event, seq=seq))
    assert read == replace(standing, seq=7)


def test_a_hold_that_has_ended_can_be_written_again_and_stays_ended() -> None:
    over = replace(held(), protects_until=NOW - WEEK)
    (event,) = decide(over, WriteAgain(hold_id=HOLD, person="p"), around(seq=6, parked=True))
    assert isinstance(event, HoldPlaced)
    assert event.protects_until == NOW - WEEK


def test_a_hold_that_custody_can_read_is_not_written_again() -> None:
    with pytest.raises(Unusable, match="nothing to write again"):
        decide(held(), WriteAgain(hold_id=HOLD, person="p"), around(seq=6))


def test_closing_a_request_never_lengthens_its_protection() -> None:
    soon = Protection(
        hold_id=HOLD,
        seq=5,
        kind="request",
        hold_kind="",
        scopes=(SCOPE,),
        matter="",
        authority="",
        review_by=None,
        protects_until=NOW + timedelta(days=2),
    )
    assert decide(soon, EndRequestProtection(hold_id=HOLD, person="p"), around(seq=6)) == ()


def test_a_rescue_may_not_end_after_the_maximum_less_the_allowance() -> None:
    late = PlaceRescue(hold_id=HOLD, person="p", scope=SCOPE, reason="r", until=NOW + timedelta(days=9))
    with pytest.raises(Unusable, match="the maximum less the time"):
        decide(None, late, around(rescue_ends_by=NOW + timedelta(days=8)))


def test_a_hold_on_everything_shows_the_count_and_asks() -> None:
    everything = Scope(starts_at=NOW)
    with pytest.raises(Unusable, match="it holds everything, 42 segments"):
        decide(None, place(scope=everything), around(count_in_scope=42))
    assert decide(None, place(scope=everything, confirmed_count=42), around(count_in_scope=42))


def test_a_confirmed_count_that_is_far_from_what_the_hold_would_cover_is_no_confirmation() -> None:
    everything = Scope(starts_at=NOW)
    with pytest.raises(Unusable, match="4200 segments today, not the 42 that were confirmed"):
        decide(None, place(scope=everything, confirmed_count=42), around(count_in_scope=4200))
    assert decide(None, place(scope=everything, confirmed_count=42), around(count_in_scope=45))


def test_a_hold_that_is_extended_to_everything_shows_the_count_and_asks_too() -> None:
    more = ExtendHold(hold_id=HOLD, person="p", scope=Scope(starts_at=NOW), review_by=None)
    with pytest.raises(Unusable, match="it holds everything, 42 segments"):
        decide(held(), more, around(count_in_scope=42))
    assert decide(held(), replace(more, confirmed_count=42), around(count_in_scope=42))


@pytest.mark.parametrize("kind", ["request", "rescue"])
def test_nobody_extends_what_a_request_or_a_rescue_covers(kind: str) -> None:
    standing = replace(held(), kind=kind, protects_until=NOW + WEEK)
    more = ExtendHold(hold_id=HOLD, person="p", scope=SCOPE, review_by=None)
    with pytest.raises(Unusable, match=f"is a {kind}, which covers what it was placed for"):
        decide(standing, more, around())
    assert decide(standing, replace(more, protects_until=NOW + 2 * WEEK), around())


def test_a_rescue_of_everything_is_refused() -> None:
    everything = PlaceRescue(hold_id=HOLD, person="p", scope=Scope(starts_at=NOW), reason="r", until=NOW + WEEK)
    with pytest.raises(Unusable, match="it would rescue everything"):
        decide(None, everything, around())


@pytest.mark.parametrize(
    ("hours_before", "named"), [(1, True), (SEGMENT_HOURS_MAX, True), (SEGMENT_HOURS_MAX + 1, False)]
)
def test_a_batch_in_flight_is_named_if_its_longest_recording_could_reach_into_the_hold(
    hours_before: int, named: bool
) -> None:
    begun = hour_of(SCOPE.starts_at) - hours_before
    row: Any = {"batch_id": HOLD, "seq": 3, "camera_id": "cam-19", "lines": [{"hour": begun}]}
    assert bool(in_flight([row], [SCOPE], before_seq=4)) is named


@pytest.mark.parametrize(
    ("seq", "published", "effective", "parked", "word"),
    [
        (5, 4, False, False, "received"),
        (5, 5, False, False, "accepted"),
        (5, 9, False, True, "parked"),
        (5, 9, True, False, "effective"),
    ],
)
def test_only_custody_makes_a_hold_effective(
    seq: int, published: int, effective: bool, parked: bool, word: str
) -> None:
    assert word_of(seq, published, effective=effective, parked=parked) == word
