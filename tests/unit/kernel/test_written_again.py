"""A record that nobody could read, and the hold that is written again: what the log's fold makes of both (C1p, C2)."""

from __future__ import annotations

from dataclasses import replace

from services.kernel.protection import ProtectionLog
from services.kernel.scope import FootageFacts, Scope
from tests.unit.kernel.test_protection import DAY, HOLD, ON_C1, SHOT, T0, extend, log, place, release

ON_C2 = Scope(cameras=("c2",), starts_at=T0)
ON_TWO = FootageFacts(camera_id="c2", started_at=T0, ended_at=T0 + DAY)


def without(first: int) -> ProtectionLog:
    """A reader for whom the records before this one were unreadable."""
    return ProtectionLog(seq=first - 1)


def test_a_hold_that_is_written_again_keeps_all_that_it_covered() -> None:
    folded = log(place(1, ON_C1), extend(2, ON_C2), place(3, ON_C1))
    assert folded.covering(SHOT, T0)
    assert folded.covering(ON_TWO, T0)
    assert folded.protections[HOLD].scopes == (ON_C1, ON_C2)


def test_the_newest_word_on_the_end_wins_by_the_order_of_the_log() -> None:
    until = T0 + 7 * DAY
    assert log(place(1, ON_C1), place(2, ON_C1, until)).covering(SHOT, until) == ()
    assert log(place(1, ON_C1, until), place(2, ON_C1)).covering(SHOT, until)
    assert log(place(1, ON_C1), release(2, T0), place(3, ON_C1, until)).covering(SHOT, until - DAY)


def test_a_hold_written_again_is_the_same_however_much_of_it_was_read_before() -> None:
    records = (place(1, ON_C1), extend(2, ON_C2), place(3, ON_C1), extend(4, ON_C2))
    whole = log(*records).protections[HOLD]
    for first in (2, 3):
        late = without(first)
        for record in records[first - 1 :]:
            late.apply(record)
        found = late.protections[HOLD]
        assert replace(found, scopes=whole.scopes) == whole
        assert set(found.scopes) == set(whole.scopes)


def test_an_extension_whose_hold_was_never_readable_protects_its_own_scope() -> None:
    folded = without(2)
    folded.apply(extend(2, ON_C2))
    assert [(p.hold_id, p.kind) for p in folded.covering(ON_TWO, T0 + 400 * DAY)] == [(HOLD, "hold")]
    assert folded.covering(SHOT, T0) == ()


def test_a_release_of_a_hold_that_was_never_readable_frees_nothing() -> None:
    folded = without(2)
    folded.apply(release(2, T0))
    assert folded.protections == {}
    folded.apply(place(3, ON_C1))
    assert folded.covering(SHOT, T0 + 400 * DAY)


def test_an_extension_by_a_scope_that_is_held_already_adds_none() -> None:
    assert log(place(1, ON_C1), extend(2, ON_C1)).protections[HOLD].scopes == (ON_C1,)
