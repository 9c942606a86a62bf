"""Which pack judges a camera, as a pure decision: one that keeps less takes a report, two persons and the notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.access.policies.commands import Approval, BindCameras
from services.access.policies.decider import Cited, Rebinding, decide_binding
from services.access.refusals import Unusable
from services.kernel.events import SimulationReported
from services.kernel.policy.change import amended
from services.kernel.policy.periods import latest
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
CHANGE = Rebinding(new=LESS, before={"cam-1": OLD})


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
    (bound,) = decide_binding(Rebinding(new=LESS, before={"cam-1": None}), first, None, 1, NOW).events
    assert bound.binding_from == NOW
