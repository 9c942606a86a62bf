"""Who may see which camera now: by the camera's own policy, whatever agency wrote it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.access.live.decider import Asked, Case, Point, judge, needs_project, opened
from services.access.policies.project_file import ProjectFile
from services.access.refusals import AccessRefusal
from services.runtime.identity import Person
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY
from tests.unit.access.test_projects import NOW, Desk
from tests.unit.access.test_projects import PACK as TAIPEI

SEATTLE = load_pack(REPOSITORY / "policies" / "spd-cctv")
DAAN = load_pack(REPOSITORY / "policies" / "daan-cctv")
PROJECT = Desk().up_to("set_permissions").file
MEMBER = Person(person_id="p-1", account="m", name="", roles=frozenset({"clerk"}))
OFFICER = Person(person_id="p-9", account="o", name="", roles=frozenset({"internal"}))
STATED = {"ground": "statutory_duty", "legal_basis": "Local Government Act art. 18"}
MASKED = Point(
    camera_id="s1",
    mask_areas=("window-1",),
    masks=({"version": "m1", "areas": ["window-1"], "valid_from": NOW.isoformat()},),
)
CALL = {"ground": "emergency_call", "reference": "911-0042"}


def taipei(**changes: Any) -> Case:  # noqa: ANN401
    answers = changes.pop("answers", STATED)
    asked = Asked(camera_id=changes.pop("camera", "c1"), project_id="flood", answers=answers)
    case = Case(
        asked=asked,
        person=MEMBER,
        address="10.9.0.7",
        point=Point(camera_id=asked.camera_id),
        project=PROJECT,
        others=0,
        now=NOW + timedelta(hours=1),
    )
    return replace(case, **changes)


def seattle(**changes: Any) -> Case:  # noqa: ANN401
    asked = Asked(camera_id="s1", answers=changes.pop("answers", CALL))
    case = Case(asked=asked, person=OFFICER, address="203.0.113.9", point=MASKED, project=None, others=0, now=NOW)
    return replace(case, **changes)


def refused(pack: Any, case: Case) -> AccessRefusal:  # noqa: ANN401
    with pytest.raises(AccessRefusal) as found:
        judge(pack, case)
    return found.value


def test_a_member_sees_one_camera_until_the_project_ends() -> None:
    verdict = judge(TAIPEI, taipei())
    event = opened(taipei(), verdict, UUID(int=1))
    assert (event.camera_id, event.person, event.address, event.ground) == ("c1", "p-1", "10.9.0.7", "statutory_duty")
    assert event.ends_at == NOW + timedelta(days=2)


@pytest.mark.parametrize(
    ("changed", "reason", "clause"),
    [
        ({"answers": {"legal_basis": "act 18"}}, "Missing", "LIVE-06"),
        ({"answers": {"ground": "statutory_duty"}}, "Missing", "LIVE-06"),
        ({"answers": {**STATED, "ground": "curiosity"}}, "Missing", "LIVE-06"),
        ({"answers": {**STATED, "ground": "imminent_danger"}}, "Missing", "LIVE-06"),
        ({"address": "10.9.1.7"}, "NotListed", "LIVE-05"),
        ({"address": ""}, "NotListed", "LIVE-05"),
        ({"person": replace(MEMBER, person_id="p-3")}, "NotListed", "LIVE-04"),
        ({"now": NOW - timedelta(seconds=1)}, "OutsidePeriod", "LIVE-04"),
        ({"now": NOW + timedelta(days=2)}, "OutsidePeriod", "LIVE-04"),
        ({"others": 1}, "ConditionNotMet", "LIVE-02"),
        ({"camera": "c3"}, "CameraOfAnotherProject", "LIVE-03"),
        ({"project": None}, "Missing", "LIVE-09"),
        ({"project": Desk().up_to("members").file}, "StepsOpen", "LIVE-03"),
        ({"project": Desk().file}, "CameraOfAnotherProject", ""),
    ],
)
def test_outside_the_plan_nobody_sees_anything(changed: dict[str, Any], reason: str, clause: str) -> None:
    refusal = refused(TAIPEI, taipei(**changed))
    assert refusal.kind == reason
    assert not clause or clause in refusal.clauses
    assert not clause or refusal.message["zh-Hant"]


def test_averting_danger_names_what_is_in_danger() -> None:
    danger = {"ground": "imminent_danger", "danger_to": "life", "legal_basis": "directions point 5"}
    assert judge(TAIPEI, taipei(answers=danger)).allowed
    assert refused(TAIPEI, taipei(answers=danger | {"danger_to": "prestige"})).more == {
        "missing": ["live.danger_to=prestige"]
    }


def test_seattle_asks_for_a_ground_and_no_project() -> None:
    verdict = judge(SEATTLE, seattle())
    assert (verdict.until, needs_project(SEATTLE), needs_project(TAIPEI)) == (None, False, True)


@pytest.mark.parametrize(
    ("changed", "clause"),
    [
        ({"answers": {}}, "SPD-04"),
        ({"answers": {"ground": "emergency_call"}}, "SPD-04"),
        ({"answers": {"ground": "other_factor", "reference": "x"}}, "SPD-04"),
        ({"person": replace(OFFICER, roles=frozenset({"law_enforcement"}))}, "SPD-04"),
        ({"person": replace(OFFICER, roles=frozenset({"internal", "law_enforcement"}))}, "SPD-04"),
        ({"person": replace(OFFICER, roles=frozenset())}, "SPD-04"),
        ({"point": replace(MASKED, masks=())}, "SPD-11"),
        ({"point": replace(MASKED, mask_areas=("window-1", "window-2"))}, "SPD-11"),
        ({"now": NOW - timedelta(seconds=1)}, "SPD-11"),
    ],
)
def test_in_seattle_nobody_watches_without_ground_class_and_mask(changed: dict[str, Any], clause: str) -> None:
    assert clause in refused(SEATTLE, seattle(**changed)).clauses


def test_one_camera_at_a_time_also_where_no_clause_says_so() -> None:
    assert refused(SEATTLE, seattle(others=1)).kind == "OneCameraAtATime"


def test_a_policy_without_live_pictures_opens_none() -> None:
    assert refused(DAAN, seattle()).kind == "NoRule"


def test_a_retired_camera_shows_nothing() -> None:
    assert refused(TAIPEI, taipei(point=Point(camera_id="c1", retired=True))).rule == "live.camera"


def test_a_project_of_another_policy_opens_nothing() -> None:
    elsewhere = ProjectFile(project_id="flood", policy_id="taipei-live")
    assert refused(SEATTLE, seattle(project=elsewhere)).kind == "CameraOfAnotherProject"


assert datetime(2026, 11, 22, tzinfo=UTC) == NOW
