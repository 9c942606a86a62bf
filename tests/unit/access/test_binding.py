"""Which pack judges a camera, as a pure decision: one that keeps less takes two persons and the notice period."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from services.access.policies.commands import Approval, BindCameras
from services.access.policies.decider import decide_binding
from services.kernel.policy import Pack
from services.kernel.policy.change import amended
from services.kernel.policy.periods import latest
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OLD = load_pack(REPOSITORY / "policies" / "daan-cctv")
LESS = replace(amended(OLD, {"retention.min90": {"keep_at_least": "P30D"}}), id="another", digest="3" * 64)
TWO = tuple(Approval(person=person, role="director") for person in ("p-1", "p-2"))


def test_binding_a_camera_to_a_pack_that_keeps_less_takes_two_persons_and_its_notice() -> None:
    command = BindCameras(policy_id=LESS.id, cameras=("cam-1",), retention_class="", approvals=TWO[:1])
    before: dict[str, Pack | None] = {"cam-1": OLD}
    assert decide_binding(LESS, before, command, 1, NOW).waits_for_a_second
    bound = decide_binding(LESS, before, replace(command, approvals=TWO), 1, NOW).events
    ends = latest(LESS.change_control.notice, NOW, LESS.zone, LESS.readings)
    assert [event.binding_from for event in bound] == [ends]
    assert ends > NOW
