"""The live project's clauses (taipei-live) as people meet them: five decisions, one camera, live, and nothing after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fakes.clause_city import City, Json, iso, now
from tests.fakes.live_project import OFFICES, RECORD, says
from tests.fakes.streaming import PICTURE, Streaming

POLICY = "taipei-live"
CAMERAS = ["taipei-live-0", "taipei-live-1"]
OTHER_CAMERA = "taipei-live-2"
MEMBER = "officer-lin"
HERE = "10.9.0.7"
PERIOD = (iso(now() - timedelta(minutes=5)), iso(now() + timedelta(days=2)))
DECISIONS = says(CAMERAS, PERIOD, ("p-0001", "p-0002"), ("10.9.0.0/24",))
STATED: Json = {"ground": "statutory_duty", "legal_basis": "Local Government Act art. 18"}


def path(project: str = "") -> str:
    return f"/projects/{project or f'project-{uuid4().hex[:8]}'}/decisions"


def decided(city: City, up_to: str = "set_permissions") -> str:
    """Have the five offices decide, as far as a test wants it; return the project."""
    project = f"project-{uuid4().hex[:8]}"
    for decision, body in DECISIONS.items():
        city.do(OFFICES[decision], "access", path(project), body)
        if decision == up_to:
            return project
    raise AssertionError(up_to)


@pytest.fixture(scope="module")
def project(city: City, streams: Streaming) -> str:
    streams.show(*CAMERAS, OTHER_CAMERA)
    return decided(city)


def ask(city: City, project: str, who: str = MEMBER, at: str = HERE, **more: Any) -> httpx.Response:  # noqa: ANN401
    body = {"camera": CAMERAS[0], "project": project, "replace": True, **STATED, **more}
    token = {"authorization": f"Bearer {city.installation.tokens[who]}", "x-forwarded-for": at}
    return city.http.post(f"{city.installation.urls['access']}/api/v1/live", json=body, headers=token)


def get(city: City, where: str, who: str = MEMBER, at: str = HERE) -> httpx.Response:
    token = {"authorization": f"Bearer {city.installation.tokens[who]}", "x-forwarded-for": at}
    return city.http.get(f"{city.installation.urls['access']}{where}", headers=token)


def opened(city: City, project: str, **more: Any) -> Json:  # noqa: ANN401
    answer = ask(city, project, **more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def closed(city: City, picture: Json) -> str:
    """Wait until a picture is over; return why."""

    def why() -> str:
        answer = get(city, picture["playlist"], at=HERE)
        return str(answer.json()["why"]) if answer.status_code == 403 and "why" in answer.json() else ""

    return city.until(why)


def test_five_decisions_come_in_their_order(city: City) -> None:
    project = f"project-{uuid4().hex[:8]}"
    for number, (decision, body) in enumerate(DECISIONS.items()):
        for later, needs in [*DECISIONS.items()][number + 1 :]:
            city.refused(OFFICES[later], "access", path(project), needs, "LIVE-03")
        told = city.do(OFFICES[decision], "access", path(project), body)
        assert told["open_steps"] == [*DECISIONS][number + 1 :]


def test_a_picture_opens_only_after_all_five_decisions(city: City, project: str) -> None:
    half = decided(city, "members")
    assert city.refusal(ask(city, half), "LIVE-03")["refusal"] == "StepsOpen"
    assert opened(city, project)["camera"] == CAMERAS[0]
    city.refusal(ask(city, project, camera=OTHER_CAMERA), "LIVE-03")


def test_members_are_named_and_the_period_has_two_ends(city: City) -> None:
    project = decided(city, "police_consent")
    city.refused("lead-ong", "access", path(project), {"decision": "members"}, "LIVE-03")
    city.do("lead-ong", "access", path(project), DECISIONS["members"])
    endless = {**DECISIONS["set_permissions"], "period_to": None}
    city.refused("dashboard-yen", "access", path(project), endless, "LIVE-04")
    assert city.do("dashboard-yen", "access", path(project), DECISIONS["set_permissions"])["open_steps"] == []


def test_access_ends_with_the_project_and_open_pictures_are_cut(city: City, project: str) -> None:
    own = decided(city)
    picture = opened(city, own)
    assert picture["ends_at"] == PERIOD[1]
    city.refusal(ask(city, own, who="auditor-fong"), "LIVE-04")
    longer = {**DECISIONS["set_permissions"], "period_to": iso(now() + timedelta(days=30))}
    city.refused("dashboard-yen", "access", path(own), longer, "LIVE-04")
    city.do("dashboard-yen", "access", path(own), {**DECISIONS["set_permissions"], "period_to": iso(now())})
    assert closed(city, picture) == "period_ended"
    city.refusal(ask(city, own), "LIVE-04")
    assert opened(city, project)["project"] == project


def test_only_live_pictures_are_shown_and_nothing_of_them_is_stored(city: City, project: str) -> None:
    picture = opened(city, project)
    played = get(city, picture["playlist"])
    assert played.headers["cache-control"] == "no-store"
    names = [line for line in played.text.splitlines() if not line.startswith("#")]
    folder = picture["playlist"].rpartition("/")[0]
    assert get(city, f"{folder}/{names[-1]}").content == PICTURE
    home = city.installation.home.root
    kept = [each for each in home.rglob("*") if each.is_file() and each.stat().st_size >= len(PICTURE)]
    assert [each for each in kept if PICTURE[:4_096] in each.read_bytes()] == []


def test_the_map_shows_points_and_a_stream_opens_for_one_selected_camera(city: City, project: str) -> None:
    points = {each["camera_id"]: each for each in city.see(MEMBER, "access", "/map")["points"]}
    assert points[CAMERAS[0]]["live"]
    assert "url" not in str(points[CAMERAS[0]])
    first = opened(city, project)
    city.refusal(ask(city, project, camera=CAMERAS[1], replace=False), "LIVE-02")
    opened(city, project, camera=CAMERAS[1])
    assert closed(city, first) == "replaced"


def test_only_listed_addresses_reach_a_stream(city: City, project: str) -> None:
    city.refusal(ask(city, project, at="192.0.2.9"), "LIVE-05")
    # What stands left of the hop that our proxy heard was written by whoever asks.
    city.refusal(ask(city, project, at=f"{HERE}, 192.0.2.9"), "LIVE-05")
    everywhere = {**DECISIONS["set_permissions"], "networks": ["0.0.0.0/0"]}
    half = decided(city, "members")
    city.refused("dashboard-yen", "access", path(half), everywhere, "LIVE-05")
    picture = opened(city, project)
    assert get(city, picture["playlist"], at="10.9.0.8").json()["why"] == "address_changed"


def test_a_ground_and_its_legal_basis_are_named_and_stand_in_the_register(city: City, project: str) -> None:
    for lacking in ({"ground": ""}, {"legal_basis": ""}, {"ground": "imminent_danger"}, {"ground": "interest"}):
        city.refusal(ask(city, project, **lacking), "LIVE-06")
    danger = {"ground": "imminent_danger", "danger_to": "life", "legal_basis": f"point 5, {uuid4().hex}"}
    picture = opened(city, project, **danger)
    row = city.register(
        "access", lambda row: row["ground"] == danger["legal_basis"] or danger["legal_basis"] in str(row)
    )
    assert (picture["person"], "imminent_danger" in str(row)) == ("p-0001", True)


def test_live_pictures_are_in_no_register_of_footage_and_in_no_open_list(city: City, project: str) -> None:
    picture = opened(city, project)
    assert city.call(None, "GET", "access", "/live").status_code == 401
    assert city.see("citizen-lai", "access", "/live")["live"] == []
    assert get(city, picture["playlist"], "citizen-lai").status_code == 403
    rows = city.see("auditor-fong", "analytics", "/registers/catalog", limit="5000")["rows"]
    assert [row for row in rows if CAMERAS[0] in str(row)] == []


def test_each_office_decides_its_own_and_nobody_decides_for_another(city: City) -> None:
    project = f"project-{uuid4().hex[:8]}"
    for decision, body in DECISIONS.items():
        for other in {"dashboard-yen", "consent-hsu", "admin-root"} - {OFFICES[decision]}:
            city.refused(other, "access", path(project), body, "LIVE-08")
        city.do(OFFICES[decision], "access", path(project), body)


def test_nothing_is_outsourced_and_the_administrator_watches_nothing(city: City, project: str) -> None:
    outsourced = {"decision": "group", "record": {**RECORD, "outsourced": True}}
    city.refused("lead-ong", "access", path(), outsourced, "LIVE-08")
    city.refusal(ask(city, project, who="dashboard-yen"), "LIVE-04")


def test_a_project_is_for_a_large_event_or_a_disaster(city: City) -> None:
    for purpose in ("traffic_study", ""):
        city.refused(
            "lead-ong", "access", path(), {"decision": "group", "record": {**RECORD, "purpose": purpose}}, "LIVE-09"
        )
    told = city.do(
        "lead-ong", "access", path(), {"decision": "group", "record": {**RECORD, "purpose": "disaster_response"}}
    )
    assert told["record"]["purpose"] == "disaster_response"


def test_history_is_no_part_of_the_plan(city: City) -> None:
    interval = [iso(now() - timedelta(hours=1)), iso(now())]
    for action in ("view", "copy", "preserve"):
        request = {"kind": "history", "action": action, "cameras": CAMERAS[:1], "interval": interval}
        body = {"policy_id": POLICY, "requester": {"class": "project_member"}, "request": request}
        assert city.refused("officer-lin", "access", "/requests", body, "LIVE-01")["override"] == "never"


def test_nothing_of_a_live_camera_is_stored(city: City) -> None:
    refused = city.refusal(city.upload(CAMERAS[0], now() - timedelta(minutes=1)), "LIVE-07")
    assert (refused["refusal"], "LIVE-01" in refused["clauses"]) == ("PolicyRefuses", True)
    asked = {"camera": CAMERAS[0], "from": iso(now() - timedelta(days=1))}
    assert city.see("auditor-fong", "ingest", "/segments", **asked)["segments"] == []


def test_a_project_is_decided_and_listed_from_the_command_line(city: City, project: str) -> None:
    own = f"project-{uuid4().hex[:8]}"
    record = [f"--value={name}={value}" for name, value in (RECORD | {"outsourced": "false"}).items()]
    code, told = city.run("project", "decide", own, "group", *record, who="lead-ong")
    assert (code, told["record"]) == (0, RECORD)
    code, problem = city.run("project", "decide", own, "members", "--member", "p-0001", who="lead-ong")
    assert (code, "LIVE-03" in problem["clauses"]) == (1, True)
    assert own in str(city.run("project", "list", who="lead-ong")[1])
    code, problem = city.run("live", "open", CAMERAS[0], "--project", project, "--ground", "statutory_duty", who=MEMBER)
    assert (code, "LIVE-06" in problem["clauses"]) == (1, True)
    assert city.run("live", "list", who="auditor-fong")[0] == 0
