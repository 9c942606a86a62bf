"""The live project's clauses (taipei-live) as far as they are built: five decisions, and nothing of history."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from tests.fakes.clause_city import City, Json, iso, now

POLICY = "taipei-live"
PERIOD = {"period_from": iso(now()), "period_to": iso(now() + timedelta(days=2))}
DECISIONS: tuple[tuple[str, str, Json], ...] = (
    ("group", "lead-ong", {}),
    ("lead_decision", "executive-jian", {}),
    ("police_consent", "consent-hsu", {}),
    ("members", "lead-ong", {"members": ["p-0001", "p-0002"]}),
    ("set_permissions", "dashboard-yen", PERIOD),
)


def path() -> str:
    return f"/projects/project-{uuid4().hex[:8]}/decisions"


def test_five_decisions_come_in_their_order(city: City) -> None:
    project = path()
    for number, (decision, who, more) in enumerate(DECISIONS):
        for later, other, needs in DECISIONS[number + 1 :]:
            city.refused(other, "access", project, {"decision": later, **needs}, "LIVE-03")
        told = city.do(who, "access", project, {"decision": decision, **more})
        assert told["open_steps"] == [each for each, _, _ in DECISIONS[number + 1 :]]


def test_members_are_named_and_the_period_has_two_ends(city: City) -> None:
    project = path()
    for decision, who, more in DECISIONS[:3]:
        city.do(who, "access", project, {"decision": decision, **more})
    unnamed = city.call("lead-ong", "POST", "access", project, json={"decision": "members"})
    assert (unnamed.status_code, unnamed.json()["clauses"]) == (422, ["LIVE-03"])
    city.do("lead-ong", "access", project, {"decision": "members", "members": ["p-0001"]})
    endless = city.call("dashboard-yen", "POST", "access", project, json={"decision": "set_permissions"})
    assert (endless.status_code, endless.json()["clauses"]) == (422, ["LIVE-04"])
    assert city.do("dashboard-yen", "access", project, {"decision": "set_permissions", **PERIOD})["open_steps"] == []


def test_each_office_decides_its_own_and_nobody_decides_for_another(city: City) -> None:
    project = path()
    for decision, who, more in DECISIONS:
        for other in {"dashboard-yen", "consent-hsu", "admin-root"} - {who}:
            city.refused(other, "access", project, {"decision": decision, **more}, "LIVE-08")
        city.do(who, "access", project, {"decision": decision, **more})


def test_history_is_no_part_of_the_plan(city: City) -> None:
    camera = city.cameras[POLICY][0]
    interval = [iso(now() - timedelta(hours=1)), iso(now())]
    for action in ("view", "copy", "preserve"):
        request = {"kind": "history", "action": action, "cameras": [camera], "interval": interval}
        body = {"policy_id": POLICY, "requester": {"class": "project_member"}, "request": request}
        assert city.refused("officer-lin", "access", "/requests", body, "LIVE-01")["override"] == "never"


def test_nothing_of_a_live_camera_is_stored(city: City) -> None:
    camera = city.cameras[POLICY][0]
    refused = city.refusal(city.upload(camera, now() - timedelta(minutes=1)), "LIVE-07")
    assert (refused["refusal"], "LIVE-01" in refused["clauses"]) == ("PolicyRefuses", True)
    asked = {"camera": camera, "from": iso(now() - timedelta(days=1))}
    assert city.see("auditor-fong", "ingest", "/segments", **asked)["segments"] == []
