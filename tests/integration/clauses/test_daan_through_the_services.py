"""The district office's clauses (daan-cctv) as people meet them: what a service allows, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.clause_city import INSIDE, City, Footage, Json, iso, now
from tests.integration.access.console.browsing import Browser

POLICY = "daan-cctv"
APPLICANT, AGENCY, KEEPER = "officer-lin", "agency-novak", "sysman-wu"
SIGNERS = (
    ("applicant_supervisor", "head-chen"),
    ("system_manager", "sysman-wu"),
    ("manager_supervisor", "supervisor-kao"),
    ("secretary", "secretary-ho"),
    ("director", "director-tsai"),
)
WITNESSES = ["p-0003", "p-0007"]


def form(camera: str, interval: list[str], kind: str = "internal", **asked: Any) -> Json:  # noqa: ANN401
    """The form of annex 3; every answer can be given another way."""
    requester = {"class": asked.pop("of_class", kind), "name": "made up", "unit": "registration", "telephone": "555"}
    documents = asked.pop("documents", [])
    request = {"kind": kind, "action": "view", "cameras": [camera], "interval": interval, "legal_basis": ["point_6_1"]}
    request |= {"purposes": ["public_order"], "purpose": "dispute at the counter"} | asked
    return {"policy_id": POLICY, "requester": requester, "request": request, "documents": documents}


def an_hour() -> list[str]:
    return [iso(now() - timedelta(hours=2)), iso(now() - timedelta(hours=1))]


def asked(city: City, body: Json, who: str = APPLICANT) -> str:
    return str(city.do(who, "access", "/requests", body)["request_id"])


def granted(city: City, body: Json, who: str = APPLICANT) -> str:
    request = asked(city, body, who)
    assert city.sign(request, ("sign", who), *SIGNERS)["state"] == "granted"
    return request


def test_a_camera_has_number_place_and_direction_and_there_are_twenty_two(city: City) -> None:
    body = {"camera_id": "daan-new-1", "kind": "fixed", "policy_id": POLICY}
    over = city.refused("admin-root", "ingest", "/cameras", body | {"values": INSIDE | {"number": 23}}, "DAAN-01")
    assert (over["refusal"], "number" in over["detail"]) == ("RecordRefused", True)
    city.refused("admin-root", "ingest", "/cameras", body | {"values": INSIDE | {"place": ""}}, "DAAN-01")
    assert city.do("admin-root", "ingest", "/cameras", body | {"values": INSIDE | {"number": 22}})


def test_permits_and_inspections_are_kept_with_the_camera(city: City) -> None:
    camera = city.cameras[POLICY][0]
    permit = {"permit_number": "1103057066", "issued_on": "2021-02-20", "expires_on": "2026-02-19"}
    city.do("admin-root", "ingest", f"/cameras/{camera}/permit", permit)
    city.do("admin-root", "ingest", f"/cameras/{camera}/inspection", {"result": "in order", "inspected_at": iso(now())})
    notes = city.see("auditor-fong", "ingest", f"/cameras/{camera}")["notes"]
    assert {"1103057066" in str(each) or "in order" in str(each) for each in notes} == {True}
    nobody = city.call(APPLICANT, "POST", "ingest", f"/cameras/{camera}/permit", json=permit)
    assert nobody.status_code == 403


def test_an_overdue_permit_is_shown_with_its_camera_and_on_the_first_page(city: City) -> None:
    camera, renewed = city.cameras[POLICY][1], city.cameras[POLICY][2]
    for name, issued in ((camera, "2019-02-20"), (renewed, now().date().isoformat())):
        permit = {"permit_number": "1083057066", "issued_on": issued, "expires_on": "2031-02-19"}
        city.do("admin-root", "ingest", f"/cameras/{name}/permit", permit)
        body = {"result": "in order", "inspected_at": iso(now())}
        city.do("admin-root", "ingest", f"/cameras/{name}/inspection", body)
    keeper = Browser(city.installation.urls["access"], KEEPER)
    row = {name: keeper.get("/console/cameras").text.partition(f">{name}</a>")[2].partition("</tr>")[0]
           for name in (camera, renewed)}  # fmt: skip
    assert "overdue since 2024-02-" in row[camera]
    assert "DAAN-01" in row[camera]
    assert "overdue" not in row[renewed]
    assert "Permits and inspections overdue: " in keeper.get("/console").text
    keeper.client.close()


def test_footage_stays_ninety_days_and_then_the_oldest_goes_first(city: City) -> None:
    camera = city.next(POLICY)
    (young,) = city.old(camera, days=80)
    old = city.old(camera, days=120, how_many=3)
    gone = [city.gone(each)["destroyed_at"] for each in old]
    assert gone == sorted(gone)
    told = city.explained(young)
    assert (told["state"], told["rules"][0]["clauses"]) == ("kept", ["DAAN-02"])


def test_footage_opens_for_a_stated_purpose_and_no_wider_than_granted(city: City) -> None:
    camera = city.next(POLICY)
    first, other = city.recorded(camera), city.recorded(camera)
    wrong = city.call(
        APPLICANT, "POST", "access", "/requests", json=form(camera, first.interval, purposes=["curiosity"])
    )
    assert (wrong.status_code, wrong.json()["missing"]) == (422, ["request.purposes=curiosity"])
    request = granted(city, form(camera, first.interval))
    viewing = city.viewing(APPLICANT, request)
    assert len(city.do(APPLICANT, "access", f"/viewings/{viewing}/open")["footage"]) == 1
    beyond = {"camera": camera, "start": iso(other.start)}
    refused = city.call(APPLICANT, "GET", "access", f"/viewings/{viewing}/media", params=beyond)
    assert refused.status_code in (403, 404), refused.text


def test_nobody_views_without_an_approved_request(city: City) -> None:
    camera = city.cameras[POLICY][0]
    request = asked(city, form(camera, an_hour()))
    early = city.call(APPLICANT, "POST", "access", f"/requests/{request}/viewings", json={"agreed_time": iso(now())})
    assert (early.status_code, early.json()["refusal"]) == (403, "NoGrant")


@pytest.mark.parametrize(
    ("act", "more"),
    [
        ("maintenance", {"work": "a new disk", "done_at": iso(now())}),
        ("move", {"area": "hall", "place": "stairs", "direction": "east", "moved_at": iso(now())}),
    ],
)
def test_maintenance_and_moving_happen_with_the_ethics_office(city: City, act: str, more: Json) -> None:
    path = f"/cameras/{city.cameras[POLICY][0]}/{act}"
    for witnesses in ([], ["p-0003"], ["p-0003", "p-0004"], ["p-0007", "p-9999"]):
        city.refused(KEEPER, "ingest", path, {**more, "witnesses": witnesses}, "DAAN-04")
    assert city.do(KEEPER, "ingest", path, {**more, "witnesses": WITNESSES})["witnesses"] == WITNESSES


def test_an_internal_request_comes_on_the_form(city: City) -> None:
    camera = city.cameras[POLICY][0]
    refused = city.refused(APPLICANT, "access", "/requests", form(camera, an_hour(), purpose=""), "DAAN-05")
    assert refused["missing"] == ["request.purpose"]
    assert city.do(APPLICANT, "access", "/requests", form(camera, an_hour()))["rule"] == "request.internal"


def test_a_party_brings_the_certificate_of_the_report(city: City) -> None:
    camera = city.cameras[POLICY][0]
    refused = city.refused("citizen-lai", "access", "/requests", form(camera, an_hour(), "party"), "DAAN-06")
    assert refused["message"]["zh-Hant"].startswith("請先至轄區分局或派出所報案")
    brought = form(camera, an_hour(), "party", documents=["police_report_certificate"])
    assert city.do("citizen-lai", "access", "/requests", brought)["state"] == "in_chain"


@pytest.mark.parametrize("lacking", ["statute", "purpose", "use"])
def test_another_agency_writes_with_statute_purpose_scope_and_use(city: City, lacking: str) -> None:
    camera = city.cameras[POLICY][0]
    whole = form(camera, an_hour(), "agency", statute="criminal procedure", use="evidence", documents=["letter"])
    without = whole | {"request": whole["request"] | {lacking: ""}}
    assert city.refused(AGENCY, "access", "/requests", without, "DAAN-07")["missing"] == [f"request.{lacking}"]
    city.refused(AGENCY, "access", "/requests", whole | {"documents": []}, "DAAN-07")
    assert city.do(AGENCY, "access", "/requests", whole)["state"] == "in_chain"


def test_a_copy_is_numbered_and_its_applicants_alone(city: City) -> None:
    footage = city.recorded(city.next(POLICY))
    view = granted(city, form(footage.camera, footage.interval))
    refused = city.call(APPLICANT, "POST", "access", f"/requests/{view}/copies", json={})
    assert refused.status_code == 403, refused.text
    copy = granted(city, form(footage.camera, footage.interval, action="copy"))
    (made,) = city.do(APPLICANT, "access", f"/requests/{copy}/copies")["copies"]
    assert (made["person"], made["copy_number"]) == ("p-0001", f"daan-cctv-{copy[:8]}-1")
    other = city.call(AGENCY, "GET", "access", f"/copies/{made['copy_id']}/media")
    assert other.status_code == 403
    assert city.call(APPLICANT, "GET", "access", f"/copies/{made['copy_id']}/media").status_code == 200


def test_a_preservation_holds_what_is_due_and_two_persons_release_it(city: City) -> None:
    camera = city.next(POLICY)
    start = now() - timedelta(days=119)
    interval = [iso(start - timedelta(hours=1)), iso(start + timedelta(hours=1))]
    ask = form(camera, interval, "preservation", of_class="agency", action="preserve", legal_basis=["point_7_2"])
    request = asked(city, ask, AGENCY)
    (held,), (due,) = city.old(camera, days=119), city.old(camera, days=125)
    city.sign(request, ("sign", AGENCY), *SIGNERS)
    shown = f"/requests/{request}"
    city.until(lambda: (city.see(KEEPER, "access", shown)["hold"] or {}).get("state") == "effective")
    city.gone(due)
    assert city.explained(held)["state"] == "held"
    hold = str(city.see(KEEPER, "access", shown)["hold"]["hold_id"])
    city.do(KEEPER, "access", f"/holds/{hold}/propose-release")
    city.refused("secretary-ho", "access", f"/holds/{hold}/release", {}, "DAAN-09")
    assert city.do("ethics-lu", "access", f"/holds/{hold}/release")["protects_until"]


def test_forms_are_kept_three_years_after_the_viewing_and_the_result_is_co_signed(city: City) -> None:
    footage = city.recorded(city.next(POLICY))
    request = granted(city, form(footage.camera, footage.interval))
    city.watch(APPLICANT, request)
    city.refused(KEEPER, "access", f"/requests/{request}/close", {}, "DAAN-11")
    _sign_result(city, request, footage)
    closed = city.do(KEEPER, "access", f"/requests/{request}/close")
    assert closed["register_until"][:4] == str((now() + timedelta(hours=8)).year + 3)
    row = city.register("requests", lambda each: each["number"] == request and each["outcome"] == "fulfilled")
    assert len(row["steps"]) == 6
    assert city.call(APPLICANT, "GET", "analytics", "/registers/requests").status_code == 403


def test_six_persons_sign_in_the_order_of_annex_3(city: City) -> None:
    request = asked(city, form(city.cameras[POLICY][0], an_hour()))
    step, approve = f"/requests/{request}/steps/director", {"decision": "approve"}
    early = city.refused("director-tsai", "access", step, approve, "DAAN-11")
    assert "applicant_supervisor" in early["detail"]
    city.refused("secretary-ho", "access", f"/requests/{request}/steps/sign", approve, "DAAN-11")
    told = city.sign(request, ("sign", APPLICANT), *SIGNERS)
    assert (told["state"], len({each["person"] for each in told["signatures"]})) == ("granted", 6)


def test_coverage_is_the_buildings_public_space(city: City) -> None:
    body = {"camera_id": "daan-new-2", "kind": "fixed", "policy_id": POLICY}
    outside = body | {"values": INSIDE | {"coverage": "sidewalk"}}
    city.refused("admin-root", "ingest", "/cameras", outside, "DAAN-12")
    assert city.do("admin-root", "ingest", "/cameras", body | {"values": INSIDE})["camera_id"] == "daan-new-2"


def _sign_result(city: City, request: str, footage: Footage) -> None:
    body = {"act": "view", "cameras": [footage.camera], "from": footage.interval[0], "to": footage.interval[1]}
    for who, role in ((KEEPER, "system_manager"), ("ethics-lu", "ethics_office")):
        city.do(who, "access", f"/requests/{request}/result", body | {"role": role})
