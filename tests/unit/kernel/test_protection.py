"""The protection log folds to the same state for everybody, and its order decides between policy versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import CameraBound, HoldEvent, HoldExtended, HoldPlaced, HoldReleased, PolicyInForce
from services.kernel.ids import EPOCH, NAMESPACE, PROTECTION_LOG
from services.kernel.protection import OutOfOrder, ProtectionLog
from services.kernel.scope import (
    FootageFacts,
    Scope,
    ScopeRefused,
    check_scope,
    is_everything,
    scope_from_json,
    scope_to_json,
)

DAY = timedelta(days=1)
T0 = datetime(2026, 1, 1, tzinfo=UTC)
HOLD: UUID = uuid5(NAMESPACE, "hold-1")
ACCESS = Actor(id="access", role="service:access")
SHOT = FootageFacts(camera_id="c1", started_at=T0, ended_at=T0 + DAY / 24, area="hall")


def at(seq: int, event: HoldEvent, when: datetime = T0) -> Recorded:
    return recorded(event, stream_id=PROTECTION_LOG, stream_version=seq, at=when, actor=ACCESS)


def place(seq: int, scope: Scope, until: datetime | None = None) -> Recorded:
    event = HoldPlaced(
        hold_id=HOLD,
        seq=seq,
        kind="hold",
        hold_kind="preservation",
        scope=scope,
        matter="m",
        authority="court",
        review_by=None,
        protects_until=until,
        request_id="",
    )
    return at(seq, event)


def release(seq: int, until: datetime) -> Recorded:
    return at(seq, HoldReleased(hold_id=HOLD, seq=seq, proposed_by="p-1", confirmed_by="p-2", protects_until=until))


def extend(seq: int, scope: Scope) -> Recorded:
    return at(seq, HoldExtended(hold_id=HOLD, seq=seq, scope=scope, review_by=None, protects_until=None))


def version(seq: int, number: int, binding_from: datetime, when: datetime, *, shortens: bool = False) -> Recorded:
    event = PolicyInForce(
        seq=seq, policy_id="p", version=number, digest="d", binding_from=binding_from, shortens=shortens
    )
    return at(seq, event, when)


def log(*records: Recorded) -> ProtectionLog:
    folded = ProtectionLog()
    for record in records:
        folded.apply(record)
    return folded


ON_C1 = Scope(cameras=("c1",), starts_at=T0 - DAY, ends_at=T0 + DAY)


def test_a_hold_covers_its_cameras_in_its_interval() -> None:
    folded = log(place(1, ON_C1))
    assert [p.hold_id for p in folded.covering(SHOT, T0)] == [HOLD]
    other = FootageFacts(camera_id="c2", started_at=T0, ended_at=T0)
    assert folded.covering(other, T0) == ()


def test_the_end_of_an_interval_is_open() -> None:
    folded = log(place(1, Scope(starts_at=T0 - DAY, ends_at=T0)))
    assert folded.covering(SHOT, T0) == ()


def test_a_segment_that_runs_into_an_interval_is_covered_and_one_that_ends_there_is_not() -> None:
    inside = log(place(1, Scope(starts_at=SHOT.ended_at - DAY / 1440)))
    assert [p.hold_id for p in inside.covering(SHOT, T0)] == [HOLD]
    behind = log(place(1, Scope(starts_at=SHOT.ended_at)))
    assert behind.covering(SHOT, T0) == ()


def test_a_released_hold_protects_until_its_end() -> None:
    folded = log(place(1, ON_C1), release(2, T0 + 7 * DAY))
    assert folded.covering(SHOT, T0 + 7 * DAY - DAY)
    assert folded.covering(SHOT, T0 + 7 * DAY) == ()


def test_an_extension_adds_to_the_scope_and_reopens_the_end() -> None:
    folded = log(place(1, ON_C1), release(2, T0), extend(3, Scope(cameras=("c2",), starts_at=T0)))
    other = FootageFacts(camera_id="c2", started_at=T0, ended_at=T0 + DAY)
    assert folded.covering(other, T0 + 400 * DAY)
    assert folded.covering(SHOT, T0 + 400 * DAY)


def test_a_repeat_changes_nothing_and_a_gap_stops() -> None:
    folded = log(place(1, ON_C1))
    assert folded.apply(place(1, ON_C1)) is False
    with pytest.raises(OutOfOrder, match="seq 3 after 1"):
        folded.apply(release(3, T0))


def test_a_later_version_cancels_a_shortening_that_does_not_bind_yet() -> None:
    folded = log(
        version(1, 1, T0, T0),
        version(2, 2, T0 + 30 * DAY, T0 + DAY, shortens=True),
        version(3, 3, T0 + 2 * DAY, T0 + 2 * DAY),
    )
    bound = folded.binding("p", T0 + 60 * DAY)
    assert bound is not None
    assert bound.version == 3


def test_a_shortening_binds_after_its_notice() -> None:
    folded = log(version(1, 1, T0, T0), version(2, 2, T0 + 30 * DAY, T0 + DAY, shortens=True))
    before, after = folded.binding("p", T0 + 29 * DAY), folded.binding("p", T0 + 30 * DAY)
    assert before is not None
    assert after is not None
    assert (before.version, after.version) == (1, 2)


def bind(seq: int, policy: str, camera: str, retention_class: str = "") -> Recorded:
    event = CameraBound(seq=seq, policy_id=policy, camera_id=camera, retention_class=retention_class, binding_from=T0)
    return at(seq, event)


def test_a_camera_has_exactly_one_pack_and_its_own_binding_beats_its_class() -> None:
    folded = log(bind(1, "by-class", "", "general"), bind(2, "first", "c1"), bind(3, "second", "c1"))
    assert folded.policy_of("c1", "general", T0) == "second"
    assert folded.policy_of("c9", "general", T0) == "by-class"
    assert folded.policy_of("c9", "other", T0) is None


def test_a_scope_survives_its_json() -> None:
    assert scope_from_json(scope_to_json(ON_C1)) == ON_C1


def test_a_scope_that_ends_before_it_starts_is_refused_with_both_values() -> None:
    with pytest.raises(ScopeRefused, match="not after its start"):
        check_scope(Scope(starts_at=T0, ends_at=T0))


def test_a_scope_names_the_cameras_that_nobody_registered() -> None:
    with pytest.raises(ScopeRefused, match="unknown camera c7"):
        check_scope(Scope(cameras=("c1", "c7"), starts_at=EPOCH), known_cameras=["c1"])


def test_a_scope_names_an_area_where_no_camera_stands_if_all_areas_are_known() -> None:
    cellar = Scope(area="cellar", starts_at=EPOCH)
    with pytest.raises(ScopeRefused, match="unknown area cellar"):
        check_scope(cellar, known_areas=["hall"])
    check_scope(cellar, known_areas=["hall", "cellar"])
    check_scope(cellar, known_areas=None)


def test_a_scope_without_any_dimension_is_everything() -> None:
    assert is_everything(Scope(starts_at=EPOCH))
    assert not is_everything(ON_C1)
