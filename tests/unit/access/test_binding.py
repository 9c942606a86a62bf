"""Which pack judges a camera, as a pure decision: one that keeps less takes a report, two persons and the notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.access.policies.commands import Approval, BindCameras
from services.access.policies.decider import Cited, Rebinding, decide_binding
from services.access.policies.judging import judged_by
from services.access.refusals import Unusable
from services.kernel.binding import CameraBinding, bound_now, policy_of
from services.kernel.events import SimulationReported
from services.kernel.policy.change import amended
from services.kernel.policy.periods import latest, parse_period
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OLD = load_pack(REPOSITORY / "policies" / "daan-cctv")
LESS = replace(amended(OLD, {"retention.min90": {"keep_at_least": "P30D"}}), id="another", digest="3" * 64)
TWO = tuple(Approval(person=person, role="director") for person in ("p-1", "p-2"))


REPORT = Cited(
    event=SimulationReported(
        policy_id=LESS.id,
        version=LESS.version,
        digest=LESS.digest,
        against=OLD.digest,
        as_of=NOW,
        report_digest="d" * 64,
        segments=1,
        size_bytes=1,
        cameras=1,
        requests=0,
        holds=0,
    ),
    reported_at=NOW,
)
COMMAND = BindCameras(
    policy_id=LESS.id, cameras=("cam-1",), retention_class="", simulation_digest="d" * 64, approvals=TWO
)
CHANGE = Rebinding(new=LESS, before={"cam-1": (OLD,)})


def test_binding_a_camera_to_a_pack_that_keeps_less_takes_two_persons_and_its_notice() -> None:
    assert decide_binding(CHANGE, replace(COMMAND, approvals=TWO[:1]), REPORT, 1, NOW).waits_for_a_second
    bound = decide_binding(CHANGE, COMMAND, REPORT, 1, NOW).events
    ends = latest(LESS.change_control.notice, NOW, LESS.zone, LESS.readings)
    assert [event.binding_from for event in bound] == [ends]
    assert ends > NOW


def test_binding_a_camera_to_a_pack_that_keeps_less_takes_a_report_about_that_very_pack() -> None:
    for report in (None, replace(REPORT, event=replace(REPORT.event, against="8" * 64))):
        with pytest.raises(Unusable, match="report") as refused:
            decide_binding(CHANGE, COMMAND, report, 1, NOW)
        assert f"simulate {LESS.id} --replaces {OLD.id}" in str(refused.value.remedy)


def test_a_camera_that_nobody_bound_is_bound_at_once_by_one_person_without_a_report() -> None:
    first = replace(COMMAND, simulation_digest="", approvals=TWO[:1])
    (bound,) = decide_binding(Rebinding(new=LESS, before={"cam-1": ()}), first, None, 1, NOW).events
    assert bound.binding_from == NOW


def test_a_pack_that_asks_for_nothing_does_not_do_away_with_what_the_one_that_is_left_asks_for() -> None:
    lax = replace(LESS, change_control=replace(OLD.change_control, notice=parse_period("P0D"), approvals=1, roles=()))
    change, two_admins = replace(CHANGE, new=lax), tuple(replace(each, role="platform_admin") for each in TWO)
    assert decide_binding(change, replace(COMMAND, approvals=two_admins), REPORT, 1, NOW).waits_for_a_second
    (bound,) = decide_binding(change, COMMAND, REPORT, 1, NOW).events
    assert bound.binding_from == latest(OLD.change_control.notice, NOW, OLD.zone, OLD.readings)


def test_a_camera_is_bound_back_at_once_before_its_shorter_pack_begins_to_bind() -> None:
    back = Rebinding(new=OLD, before={"cam-1": (OLD, LESS)})
    (bound,) = decide_binding(back, replace(COMMAND, policy_id=OLD.id, approvals=TWO[:1]), None, 1, NOW).events
    assert (bound.policy_id, bound.binding_from) == (OLD.id, NOW)
    renamed = tuple(replace(rule, id=f"{rule.id}.other") for rule in LESS.retention.rules)
    other = replace(LESS, retention=replace(LESS.retention, rules=renamed))
    weaker = replace(OLD, retention=replace(OLD.retention, holds={}))
    taken = Rebinding(new=weaker, before={"cam-1": (weaker, other)}, kept=frozenset({"cam-1"}))
    (bound,) = decide_binding(taken, replace(COMMAND, policy_id=OLD.id, approvals=TWO[:1]), None, 1, NOW).events
    assert (bound.policy_id, bound.binding_from) == (OLD.id, NOW)
    with pytest.raises(Unusable):
        decide_binding(replace(taken, kept=frozenset()), replace(COMMAND, approvals=TWO[:1]), None, 1, NOW)
    both = Rebinding(new=LESS, before={"cam-1": (OLD,), "cam-2": (LESS, OLD)}, kept=frozenset({"cam-2"}))
    assert [each.binding_from > NOW for each in decide_binding(both, COMMAND, REPORT, 1, NOW).events] == [True, False]
    only = Rebinding(new=OLD, before={"cam-1": (OLD,)})
    assert decide_binding(only, COMMAND, None, 1, NOW).events == ()


def test_a_camera_is_bound_with_all_of_its_footage_and_never_with_a_class_of_it() -> None:
    with pytest.raises(Unusable, match="bound with all of its footage"):
        decide_binding(CHANGE, replace(COMMAND, retention_class="event"), REPORT, 1, NOW)


def bound(seq: int, policy_id: str, camera_id: str = "", retention_class: str = "", days: int = 0) -> CameraBinding:
    """A binding on the log, in force or for a day to come."""
    binding_from = NOW + timedelta(days=days)
    return CameraBinding(
        policy_id=policy_id, camera_id=camera_id, retention_class=retention_class, binding_from=binding_from, seq=seq
    )


def test_a_camera_is_judged_by_its_own_newest_pack_by_what_is_set_for_later_or_by_those_of_classes() -> None:
    of_classes = [bound(1, "hall", retention_class="hall"), bound(2, "event", retention_class="event")]
    assert judged_by(of_classes, "cam-1", "", NOW) == {"hall", "event"}
    assert judged_by(of_classes, "", "event", NOW) == {"event"}
    own = [*of_classes, bound(3, "old", "cam-1"), bound(4, "kept", "cam-1"), bound(5, "less", "cam-1", days=30)]
    assert judged_by(own, "cam-1", "", NOW) == {"kept", "less"}
    assert judged_by(own, "cam-1", "", NOW + timedelta(days=31)) == {"less"}


def test_of_what_binds_a_camera_only_the_newest_that_has_begun_is_told() -> None:
    log = [bound(3, "kept", "cam-1"), bound(1, "old", "cam-1"), bound(5, "less", "cam-1", days=30), bound(6, "cls")]
    assert bound_now(log, NOW) == {"cam-1": "kept"}
    assert bound_now(log, NOW + timedelta(days=30)) == {"cam-1": "less"}
    assert bound_now(log, NOW + timedelta(days=29)) == {"cam-1": policy_of(log, "cam-1", "", NOW)}
