"""Permits of five years and inspections every thirty days: in time, overdue, or never recorded (DAAN-01)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.access.console import duties
from services.runtime.packs import load_pack

POLICIES = Path(__file__).parents[4] / "policies"
DAAN, SPD = load_pack(POLICIES / "daan-cctv"), load_pack(POLICIES / "spd-cctv")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
REGISTERED = "2026-11-01T00:00:00Z"


def rows(permit: str = "", inspected: str = "") -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    if inspected:
        body = {"inspected_at": inspected, "result": "in order"}
        found.append({"kind": "InspectionRecorded", "body": body})
    if permit:
        found.append({"kind": "PermitRecorded", "body": {"issued_on": permit, "permit_number": "1103057066"}})
    head = {"camera_id": "daan-1", "registered_at": REGISTERED}
    return [head | each for each in found] or [head | {"kind": None, "body": None}]


def judged(permit: str = "", inspected: str = "", at: datetime = NOW) -> dict[str, tuple[bool, bool]]:
    camera = duties.told(rows(permit, inspected))["daan-1"]
    found = duties.standings(DAAN, camera, at)
    return {each.title["en"]: (each.is_overdue, each.is_recorded) for each in found}


@pytest.mark.parametrize(
    ("permit", "inspected", "late_permit", "late_inspection"),
    [
        ("2022-02-20", "2026-11-10T00:00:00Z", False, False),
        ("2021-02-20", "2026-11-10T00:00:00Z", True, False),
        ("2022-02-20", "2026-10-01T00:00:00Z", False, True),
    ],
)
def test_five_years_and_thirty_days_are_counted_from_the_newest_record(
    permit: str,
    inspected: str,
    late_permit: bool,
    late_inspection: bool,
) -> None:
    found = judged(permit, inspected)
    assert found == {
        "Permit of five years": (late_permit, True),
        "Inspection every 30 days": (late_inspection, True),
    }


def test_a_camera_that_was_never_inspected_is_overdue_thirty_days_after_its_registration() -> None:
    assert judged()["Inspection every 30 days"] == (False, False)
    assert judged(at=NOW + timedelta(days=15))["Inspection every 30 days"] == (True, False)


def test_a_policy_without_such_duties_says_nothing_of_a_camera() -> None:
    assert duties.standings(SPD, duties.told(rows())["daan-1"], NOW) == []
