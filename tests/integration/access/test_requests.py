"""Requests at the HTTP API of the running service, on real Kafka and Postgres: both outcomes, refusals, four eyes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.kernel.events import ActRefused, HoldPlaced, HoldReleased, RequestGranted, RequestRefused
from tests.integration.access.conftest import City

INTERVAL = ["2026-11-01T08:00:00Z", "2026-11-01T08:25:00Z"]
DAAN_CHAIN = {
    "sign": "officer-lin",
    "applicant_supervisor": "head-chen",
    "system_manager": "sysman-wu",
    "manager_supervisor": "supervisor-kao",
    "secretary": "secretary-ho",
    "director": "director-tsai",
}


def daan(action: str = "view", kind: str = "internal", **changes: Any) -> dict[str, object]:  # noqa: ANN401
    request = {
        "kind": kind,
        "action": action,
        "legal_basis": "point_6_1",
        "purposes": ["investigation"],
        "purpose": "a theft at the counter",
        "cameras": ["cam-19"],
        "interval": INTERVAL,
    }
    requester = {"class": "internal", "name": "Lin Mei-ling", "unit": "household office", "telephone": "02-555-0101"}
    return {"policy_id": "daan-cctv", "requester": requester, "request": request | changes}


def spd(**changes: object) -> dict[str, object]:
    request = {
        "kind": "agency",
        "action": "copy",
        "subjects": ["homicide"],
        "asks": ["footage"],
        "purpose": "identify a suspect",
        "cameras": ["spd-1"],
        "interval": INTERVAL,
        "ground": "warrant",
        "reference": "W-1",
    }
    requester = {"class": "law_enforcement", "on_behalf_of": ["nobody"], "name": "A. Novak"}
    body: dict[str, object] = {"policy_id": "spd-cctv", "requester": requester, "request": request | changes}
    return body | {"documents": ["warrant_copy"]}


def signed(city: City, body: dict[str, object], chain: dict[str, str], until: str = "") -> Any:  # noqa: ANN401
    request_id = city.do("officer-lin", "/requests", body)["request_id"]
    for step, who in chain.items():
        if step == until:
            break
        city.do(who, f"/requests/{request_id}/steps/{step}", {"decision": "approve"})
    return city.see("sysman-wu", f"/requests/{request_id}")


def test_a_request_of_daan_is_granted_by_its_last_signature(city: City) -> None:
    told = signed(city, daan(), DAAN_CHAIN)
    assert told["state"] == "granted"
    assert told["grant"]["actions"] == ["view"]
    assert [each["step"] for each in told["signatures"]] == list(DAAN_CHAIN)
    assert city.told("approval.events", RequestGranted, lambda e: str(e.request_id) == told["request_id"])


def test_an_admitted_request_protects_from_the_moment_it_is_accepted(city: City) -> None:
    told = city.do("officer-lin", "/requests", daan())
    assert told["protection"]["state"] == "accepted"
    assert told["protection"]["kind"] == "request"
    assert told["protection"]["protects_until"] == told["term_ends_at"]


def test_a_denied_request_closes_and_its_protection_ends_with_the_window(city: City) -> None:
    told = signed(city, daan(), DAAN_CHAIN, until="director")
    told = city.do("director-tsai", f"/requests/{told['request_id']}/steps/director", {"decision": "deny"})
    assert told["state"] == "denied"
    assert told["protection"]["protects_until"] < told["term_ends_at"]


def test_a_step_out_of_order_names_what_comes_first(city: City) -> None:
    request_id = city.do("officer-lin", "/requests", daan())["request_id"]
    answer = city.call("secretary-ho", "POST", f"/requests/{request_id}/steps/secretary", {"decision": "approve"})
    assert answer.status_code == 409
    assert "waiting for sign, applicant_supervisor" in answer.json()["detail"]
    assert answer.json()["clauses"] == ["DAAN-11"]


def test_a_refused_step_is_an_event(city: City) -> None:
    request_id = city.do("officer-lin", "/requests", daan())["request_id"]
    city.call("ethics-lu", "POST", f"/requests/{request_id}/steps/sign", {"decision": "approve"})
    events = city.until(
        lambda: [e for e in city.custody.events("access.events", ActRefused) if e.subject == request_id]
    )
    assert (events[0].act, events[0].refusal) == ("request.step.sign", "NotEntitled")


def test_a_preservation_request_becomes_a_hold_in_the_name_of_who_decided(city: City) -> None:
    told = signed(city, daan("preserve", "preservation"), DAAN_CHAIN)
    assert told["state"] == "fulfilled"
    hold = told["hold"]
    assert (hold["kind"], hold["placed_by"], hold["hold_kind"]) == ("hold", "p-tsai", "preservation")
    kinds = [type(r.recorded.event) for r in city.custody.log() if told["request_id"] in str(r.recorded.event)]
    assert kinds.index(HoldPlaced) < len(kinds) - 1 or HoldReleased not in kinds


def test_the_hold_of_a_preservation_is_effective_when_custody_says_so(city: City) -> None:
    hold = signed(city, daan("preserve", "preservation"), DAAN_CHAIN)["hold"]
    assert hold["state"] == "accepted"
    city.custody.apply_hold(UUID(hold["hold_id"]), hold["seq"], secured=2)
    city.until(lambda: city.see("sysman-wu", f"/holds/{hold['hold_id']}")["state"] == "effective")
    effective = city.see("sysman-wu", f"/holds/{hold['hold_id']}")
    assert effective["secured_segments"] == 2


def test_a_warrant_of_another_agency_is_taken_in(city: City) -> None:
    told = city.do("agency-novak", "/requests", spd())
    assert (told["outcome"], told["chain"], told["steps"]) == ("accepted", "chain.spd", ["review", "decide"])


def test_immigration_enforcement_is_routed_to_counsel_whatever_the_form_says(city: City) -> None:
    body = spd() | {"requester": {"name": "J. Doe"}}
    told = city.do("ice-doe", "/requests", body)
    assert (told["outcome"], told["routed_to"], told["state"]) == ("routed", "mayor_counsel", "routed")
    answer = city.call("captain-diaz", "POST", f"/requests/{told['request_id']}/steps/decide", {"decision": "approve"})
    assert answer.status_code == 403
    assert "mayor_counsel" in answer.json()["detail"]


def test_an_agent_can_not_call_himself_an_ordinary_officer(city: City) -> None:
    answer = city.call("ice-doe", "POST", "/requests", spd())
    assert answer.status_code == 403
    assert "immigration_enforcement" in answer.json()["detail"]


def test_face_recognition_is_refused_for_ever_with_its_clause(city: City) -> None:
    answer = city.call("agency-novak", "POST", "/requests", spd(asks=["face_recognition"]))
    assert answer.status_code == 403
    problem = answer.json()
    assert (problem["rule"], problem["clauses"], problem["override"]) == ("forbid.face", ["SPD-08"], "never")
    assert city.told("request.events", RequestRefused, lambda e: str(e.request_id) == problem["request_id"])


def test_an_incomplete_form_names_the_open_question(city: City) -> None:
    answer = city.call("agency-novak", "POST", "/requests", spd(ground=""))
    assert answer.status_code == 422
    assert answer.json()["missing"] == ["request.ground"]


def test_an_unknown_camera_is_named(city: City) -> None:
    answer = city.call("officer-lin", "POST", "/requests", daan(cameras=["cam-99"]))
    assert answer.status_code == 422
    assert "cam-99" in answer.json()["detail"]


def test_two_accounts_of_one_person_do_not_make_four_eyes(city: City) -> None:
    request = {
        "kind": "police",
        "action": "view",
        "officer_on_duty": "o",
        "duty_item": "patrol",
        "interval": INTERVAL,
        "cameras": ["cam-19"],
        "cause": "c",
        "purpose": "p",
        "purposes": ["criminal_case"],
        "time": "t",
    }
    requester = {"class": "police", "unit": "u", "title": "t", "name": "n"}
    body = {"policy_id": "npa-bwc", "requester": requester, "request": request}
    request_id = city.do("cop-hsu", "/requests", body)["request_id"]
    city.do("cop-hsu", f"/requests/{request_id}/steps/sign", {"decision": "approve"})
    answer = city.call("cop-hsu-second", "POST", f"/requests/{request_id}/steps/unit_head", {"decision": "approve"})
    assert answer.status_code == 403
    assert "one person would act twice" in answer.json()["detail"]


def test_a_withdrawn_request_takes_no_more_signatures(city: City) -> None:
    request_id = city.do("officer-lin", "/requests", daan())["request_id"]
    assert city.do("officer-lin", f"/requests/{request_id}/withdraw")["state"] == "withdrawn"
    answer = city.call("officer-lin", "POST", f"/requests/{request_id}/steps/sign", {"decision": "approve"})
    assert "is withdrawn" in answer.json()["detail"]


def test_a_name_never_stands_on_the_log(city: City) -> None:
    city.do("officer-lin", "/requests", daan())
    topics = ("request.events", "approval.events", "hold.events", "access.events")
    written = b"".join(record.raw for topic in topics for record in city.custody.log(topic))
    assert b"Lin Mei-ling" not in written
    assert b"555-0101" not in written
    assert b"a theft at the counter" in written


def test_a_request_sent_back_is_corrected_by_its_applicant_and_signed_anew(city: City) -> None:
    told = signed(city, daan(), DAAN_CHAIN, until="secretary")
    request_id, before = told["request_id"], told["term_ends_at"]
    back = city.do(
        "secretary-ho", f"/requests/{request_id}/steps/secretary", {"decision": "return", "note": "too wide"}
    )
    assert (back["state"], back["returned_by"], back["paused"]) == ("returned", "p-ho", "returned_for_correction")
    # While it waits for its applicant the footage stays protected, to the end of the longest pause.
    assert back["protection"]["protects_until"] == back["term_ends_at"] > before
    assert (
        city.call("sysman-wu", "POST", f"/requests/{request_id}/steps/sign", {"decision": "approve"}).status_code == 409
    )
    form = daan(cameras=["cam-20"], purpose="the same theft")
    body = {"requester": form["requester"], "request": form["request"]}
    assert city.call("head-chen", "POST", f"/requests/{request_id}/correct", body).status_code == 403
    again = city.do("officer-lin", f"/requests/{request_id}/correct", body)
    assert (again["state"], again["scope"]["cameras"], again["paused"]) == ("in_chain", ["cam-20"], "")
    assert again["open_steps"] == list(DAAN_CHAIN)
    assert {camera for scope in again["protection"]["scopes"] for camera in scope["cameras"]} == {"cam-19", "cam-20"}
    assert city.see("officer-lin", f"/requests/{request_id}")["personal"]["requester.name"] == '"Lin Mei-ling"'
    assert city.call("officer-lin", "POST", f"/requests/{request_id}/correct", body).status_code == 422


def test_a_correction_that_leaves_a_question_open_is_refused_and_the_request_stays_sent_back(city: City) -> None:
    told = signed(city, daan(), DAAN_CHAIN, until="system_manager")
    path = f"/requests/{told['request_id']}"
    city.do("sysman-wu", f"{path}/steps/system_manager", {"decision": "return"})
    body = {"requester": daan()["requester"], "request": daan(purpose="")["request"]}
    answer = city.call("officer-lin", "POST", f"{path}/correct", body)
    assert (answer.status_code, answer.json()["missing"]) == (422, ["request.purpose"])
    for wrong in ({"purpose": "x" * 5_000}, {"interval": ["now", "then"]}, {"cameras": ["<script>"]}):
        body["request"] = daan(**wrong)["request"]
        assert city.call("officer-lin", "POST", f"{path}/correct", body).status_code == 422
    assert city.see("officer-lin", path)["state"] == "returned"
    assert city.do("officer-lin", f"{path}/withdraw")["state"] == "withdrawn"
    assert city.call("officer-lin", "POST", f"{path}/correct", body).status_code == 422


def test_the_clock_of_a_term_stands_still_and_runs_on_and_its_protection_follows(city: City) -> None:
    told = city.do("officer-lin", "/requests", daan())
    path, before = f"/requests/{told['request_id']}", told["term_ends_at"]
    assert city.call("officer-lin", "POST", f"{path}/term", {"change": "extended"}).status_code == 403
    paused = city.do("sysman-wu", f"{path}/term", {"change": "paused", "reason": "awaiting_letter"})
    assert (paused["paused"], paused["protection"]["protects_until"]) == ("awaiting_letter", paused["term_ends_at"])
    refused = city.call("officer-lin", "POST", f"{path}/steps/sign", {"decision": "approve"})
    assert (refused.status_code, refused.json()["refusal"]) == (409, "TermPaused")
    resumed = city.do("sysman-wu", f"{path}/term", {"change": "resumed"})
    ends = [datetime.fromisoformat(each) for each in (before, resumed["term_ends_at"], paused["term_ends_at"])]
    assert ends == sorted(ends)
    assert ends[2] - ends[1] > timedelta(days=25)
    longer = city.do("sysman-wu", f"{path}/term", {"change": "extended"})
    assert longer["protection"]["protects_until"] == longer["term_ends_at"]
    assert datetime.fromisoformat(longer["term_ends_at"]) - ends[1] >= timedelta(days=29)
    for wrong in ({"change": "extended"}, {"change": "resumed"}, {"change": "'; DROP TABLE fact; --"}):
        assert city.call("sysman-wu", "POST", f"{path}/term", wrong).status_code == 422


def test_more_footage_than_the_incident_needs_is_explained_or_not_taken_in(city: City) -> None:
    happened = ["2026-11-01T08:00:00Z", "2026-11-01T08:10:00Z"]
    wide: dict[str, Any] = {"incident": happened, "interval": ["2026-11-01T02:00:00Z", "2026-11-01T08:10:00Z"]}
    answer = city.call("officer-lin", "POST", "/requests", daan(**wide))
    assert (answer.status_code, answer.json()["missing"]) == (422, ["request.necessity"])
    assert answer.json()["clauses"] == ["DAAN-03", "DAAN-05", "DAAN-11"]
    taken = city.do("officer-lin", "/requests", daan(**wide, necessity="he waited there since two"))
    assert taken["state"] == "in_chain"
