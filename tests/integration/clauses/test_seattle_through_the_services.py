"""Seattle's clauses (spd-cctv) as people meet them: what a service allows, and what it refuses with its clause."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import av
import pytest

from services.access.bundle import verify
from tests.fakes.clause_city import ATTESTED, City, Footage, Json, iso, now
from tests.fakes.packaging import segment
from tests.fakes.streaming import Streaming

POLICY = "spd-cctv"
CHAIN = (("review", "records-reed"), ("decide", "captain-diaz"))
MASK = {"mask_version": "m1", "areas": ["window-1"], "valid_from": iso(now() - timedelta(days=365))}


def form(camera: str, interval: list[str], kind: str = "internal", **asked: Any) -> Json:  # noqa: ANN401
    """A request as its form has it; every answer can be given another way."""
    requester = {"class": asked.pop("of_class", kind), "on_behalf_of": asked.pop("on_behalf_of", ["nobody"])}
    documents = asked.pop("documents", [])
    request = {"kind": kind, "action": "view", "cameras": [camera], "interval": interval, "subjects": ["homicide"]}
    request |= {"asks": ["footage"], "purpose": "identify a suspect", "case_number": "26-0001"} | asked
    return {"policy_id": POLICY, "requester": requester, "request": request, "documents": documents}


def agency(camera: str, interval: list[str], **asked: Any) -> Json:  # noqa: ANN401
    return form(camera, interval, "agency", of_class="law_enforcement", **asked)


def an_hour() -> list[str]:
    return [iso(now() - timedelta(hours=2)), iso(now() - timedelta(hours=1))]


def masked(city: City, **how: Any) -> Footage:  # noqa: ANN401
    """Footage of a camera whose window is masked by attestation."""
    camera = city.next(POLICY)
    city.do("admin-root", "ingest", f"/cameras/{camera}/mask", MASK)
    return city.recorded(camera, **how)


def granted(city: City, who: str, body: Json) -> str:
    request = str(city.do(who, "access", "/requests", body)["request_id"])
    assert city.sign(request, *CHAIN)["state"] == "granted"
    return request


def test_a_camera_states_its_site_its_reason_and_its_public_location(city: City) -> None:
    body = {"camera_id": "spd-new-1", "kind": "fixed", "policy_id": POLICY}
    told = city.do("admin-root", "ingest", "/cameras", body | {"values": {"camera_id": "spd-new-1", **ATTESTED}})
    assert "gun_violence" in str(told["values"])
    other = {"camera_id": "spd-new-2", **ATTESTED, "justification": "litter"}
    city.refused("admin-root", "ingest", "/cameras", body | {"camera_id": "spd-new-2", "values": other}, "SPD-01")


def test_a_camera_that_is_bound_is_held_to_its_pack_whatever_the_form_names(city: City) -> None:
    city.do("admin-root", "access", f"/policies/{POLICY}/cameras", {"cameras": ["spd-new-3"]})
    log = city.see("admin-root", "access", "/log/status")["seq"]
    city.until(lambda: city.see("admin-root", "ingest", "/status")["protection_log"]["seq"] >= log)
    city.refused("admin-root", "ingest", "/cameras", {"camera_id": "spd-new-3", "kind": "fixed"}, "SPD-10")


def test_a_camera_points_only_at_public_space(city: City) -> None:
    body = {"camera_id": "spd-new-4", "kind": "fixed", "policy_id": POLICY}
    inward = {"camera_id": "spd-new-4", **ATTESTED, "faces_public_space_only": False}
    city.refused("admin-root", "ingest", "/cameras", body | {"values": inward}, "SPD-10")
    told = city.do("admin-root", "ingest", "/cameras", body | {"values": {"camera_id": "spd-new-4", **ATTESTED}})
    assert told["camera_id"] == "spd-new-4"


def test_a_programme_that_ended_takes_in_nothing_and_what_is_left_runs_out(city: City) -> None:
    camera = city.next("spd-pilot")
    before = city.recorded(camera)
    due = city.explained(before)["destroy_by"]
    city.do("admin-root", "access", "/policies/spd-pilot/end", {"decision": "no effect was found"})
    start = now() - timedelta(minutes=20)
    answer = city.answered(lambda: city.upload(camera, start), success=False)
    assert city.refusal(answer, "SPD-02")["refusal"] == "ProgrammeEnded"
    assert city.explained(before)["destroy_by"] == due


def test_a_version_names_the_instrument_that_enacts_it(city: City) -> None:
    body = {"policy_id": "spd-late", "instrument": " "}
    refused = city.refused("admin-root", "access", "/policies/adopt", body, "SPD-03")
    assert refused["remedy"] == "name the instrument that enacts it"
    adopted = city.do("admin-root", "access", "/policies/adopt", body | {"instrument": "ordinance of 2024"})
    assert adopted["state"] == "in_force"


def test_sound_is_removed_before_anything_is_stored(city: City) -> None:
    footage = masked(city, sound=True)
    assert footage.taken["treatment"] == "audio_removed"
    assert city.segment(footage)["has_audio"] is False
    request = granted(city, "detective-oya", form(footage.camera, footage.interval))
    (shown,) = city.watch("detective-oya", request)
    with av.open(io.BytesIO(shown)) as clip:
        assert [stream.type for stream in clip.streams] == ["video"]


def test_footage_goes_at_thirty_days_with_a_receipt_and_not_before(city: City) -> None:
    camera = city.next(POLICY)
    (young,), (old,) = city.old(camera, days=20), city.old(camera, days=40)
    receipt = city.gone(old)
    assert ("retention.max30" in receipt["destroyed_by"], receipt["rule_ids"]) == (True, ["retention.max30"])
    assert city.explained(young)["state"] == "kept"
    assert city.explained(young)["destroy_by"] == iso(young.start + timedelta(days=30))


def test_a_clip_that_shows_a_crime_is_asked_for_with_its_case_number_before_it_goes(city: City) -> None:
    (footage,) = city.old(city.next(POLICY), days=29.5)
    ask = form(footage.camera, footage.interval, action="transfer")
    city.refused(
        "detective-oya", "access", "/requests", ask | {"request": ask["request"] | {"case_number": ""}}, "SPD-07"
    )
    granted(city, "detective-oya", ask)
    assert city.until(lambda: city.explained(footage)["state"] == "blocked_by_request")


def test_object_recognition_may_be_asked_for_by_an_own_investigation(city: City) -> None:
    camera = city.next(POLICY)
    told = city.do("detective-oya", "access", "/requests", form(camera, an_hour(), asks=["object_search"]))
    assert told["state"] == "in_chain"
    city.refused("citizen-lai", "access", "/requests", form(camera, an_hour(), of_class="public"), "SPD-07")


def test_footage_may_come_with_found_objects(city: City) -> None:
    assert city.recorded(city.next(POLICY), analytics=["object"]).taken["outcome"] == "recorded"


@pytest.mark.parametrize(
    ("clause", "asks", "brings"),
    [
        ("SPD-08", "face_recognition", "face"),
        ("SPD-08", "biometric", "biometric"),
        ("SPD-09", "plate_recognition", "plate"),
    ],
)
def test_recognition_of_faces_and_plates_is_neither_asked_for_nor_taken_in(
    city: City, clause: str, asks: str, brings: str
) -> None:
    camera = city.cameras[POLICY][0]
    refused = city.refused("detective-oya", "access", "/requests", form(camera, an_hour(), asks=[asks]), clause)
    assert (refused["override"], refused["reason"]) == ("never", "forbidden")
    start = now() - timedelta(hours=3)
    assert city.refusal(city.upload(camera, start, analytics=[brings]), clause)["refusal"] == "PolicyRefuses"
    listed = city.see("auditor-fong", "ingest", "/refusals", camera=camera)["refusals"]
    assert any(clause in each["body"]["clause"] for each in listed)


def test_nothing_leaves_without_an_attested_mask_over_every_window(city: City) -> None:
    footage = city.recorded(city.next(POLICY))
    request = granted(city, "detective-oya", form(footage.camera, footage.interval))
    viewing = city.viewing("detective-oya", request)
    city.refused("detective-oya", "access", f"/viewings/{viewing}/open", {}, "SPD-11")
    half = MASK | {"areas": ["door"]}
    city.do("admin-root", "ingest", f"/cameras/{footage.camera}/mask", half)
    assert city.refused("detective-oya", "access", f"/viewings/{viewing}/open", {}, "SPD-11")
    city.do("admin-root", "ingest", f"/cameras/{footage.camera}/mask", MASK | {"mask_version": "m2"})
    path = f"/viewings/{viewing}/open"
    opened = city.answered(lambda: city.call("detective-oya", "POST", "access", path), success=True)
    assert len(opened.json()["footage"]) == 1


def test_another_agency_asks_with_a_ground_and_its_reference(city: City) -> None:
    camera = city.cameras[POLICY][0]
    warrant = {"ground": "warrant", "reference": "W-1", "documents": ["warrant_copy"]}
    assert city.do("agency-novak", "access", "/requests", agency(camera, an_hour(), **warrant))["state"] == "in_chain"
    bare = agency(camera, an_hour(), ground="warrant", reference="W-1")
    refused = city.refused("agency-novak", "access", "/requests", bare, "SPD-12")
    assert refused["missing"] == ["document:warrant_copy"]
    city.refused("agency-novak", "access", "/requests", agency(camera, an_hour()), "SPD-12")


@pytest.mark.parametrize("who", ["ice-doe", "agency-novak"])
def test_immigration_enforcement_is_decided_by_counsel_alone(city: City, who: str) -> None:
    camera, own = city.cameras[POLICY][0], who == "ice-doe"
    of_class = "immigration_enforcement" if own else "law_enforcement"
    behalf = ["nobody"] if own else ["immigration_enforcement"]
    asked = {"of_class": of_class, "on_behalf_of": behalf, "ground": "joint_investigation", "reference": "J-1"}
    told = city.do(who, "access", "/requests", form(camera, an_hour(), "agency", **asked))
    assert (told["state"], told["routed_to"], "SPD-13" in told["clauses"]) == ("routed", "mayor_counsel", True)
    step = f"/requests/{told['request_id']}/steps/decide"
    city.refused("captain-diaz", "access", step, {"decision": "approve"}, "SPD-13")
    assert city.do("counsel-ames", "access", step, {"decision": "deny", "note": "no warrant"})["state"] == "denied"


def test_whoever_is_known_as_immigration_enforcement_cannot_ask_as_somebody_else(city: City) -> None:
    body = agency(city.cameras[POLICY][0], an_hour(), ground="joint_investigation", reference="J-1")
    answer = city.call("ice-doe", "POST", "access", "/requests", json=body)
    assert (answer.status_code, answer.json()["rule"]) == (403, "requester.class")


@pytest.mark.parametrize(
    ("clause", "subject"),
    [("SPD-14", "abortion"), ("SPD-14", "gender_affirming_care"), ("SPD-21", "traffic_violation")],
)
def test_what_the_cameras_are_never_used_for_is_refused_whatever_the_warrant_says(
    city: City, clause: str, subject: str
) -> None:
    camera = city.cameras[POLICY][0]
    warrant = {"ground": "warrant", "reference": "W-2", "documents": ["warrant_copy"]}
    body = agency(camera, an_hour(), subjects=[subject], **warrant)
    assert city.refused("agency-novak", "access", "/requests", body, clause)["override"] == "never"
    other = agency(camera, an_hour(), subjects=["human_trafficking"], **warrant)
    assert city.do("agency-novak", "access", "/requests", other)["state"] == "in_chain"


def test_immigration_status_has_no_field_in_a_form_or_in_the_registry(city: City) -> None:
    camera = city.cameras[POLICY][0]
    body = form(camera, an_hour())
    asked = body | {"requester": body["requester"] | {"person_seen": {"immigration_status": "unknown"}}}
    assert city.refused("detective-oya", "access", "/requests", asked, "SPD-15")["rule"] == "forbid.status"
    values = {"camera_id": "spd-new-5", **ATTESTED, "nationality": "none"}
    registration = {"camera_id": "spd-new-5", "kind": "fixed", "policy_id": POLICY, "values": values}
    city.refused("admin-root", "ingest", "/cameras", registration, "SPD-15")
    assert city.do("detective-oya", "access", "/requests", body)["state"] == "in_chain"


def test_no_anonymous_route_leads_to_footage(city: City) -> None:
    open_to_all = set()
    for service in ("ingest", "retention", "access", "analytics"):
        for path, methods in city.call(None, "GET", service, "/openapi.json").json()["paths"].items():
            asked = path.removeprefix("/api/v1").replace("{", "").replace("}", "")
            answers = {city.call(None, method.upper(), service, asked).status_code for method in methods}
            open_to_all |= {(service, path)} if answers - {401, 404, 422} else set()
    assert open_to_all <= {("access", "/")}


def test_only_a_granted_request_opens_footage(city: City) -> None:
    footage = masked(city)
    request = str(city.do("detective-oya", "access", "/requests", form(footage.camera, footage.interval))["request_id"])
    path = f"/requests/{request}/viewings"
    early = city.call("detective-oya", "POST", "access", path, json={"agreed_time": iso(now())})
    assert (early.status_code, early.json()["refusal"]) == (403, "NoGrant")
    city.sign(request, *CHAIN)
    assert len(city.watch("detective-oya", request)) == 1
    bytes_path = f"/segments/{footage.camera}/{iso(footage.start)}/bytes"
    assert city.call("detective-oya", "GET", "ingest", bytes_path).status_code == 403


def test_defence_counsel_gets_a_copy_in_discovery_and_signs_for_it(city: City) -> None:
    footage = masked(city)
    ask = form(footage.camera, footage.interval, "discovery", of_class="defence_counsel", action="copy")
    without = ask | {"request": ask["request"] | {"case_number": ""}}
    assert city.refused("defence-ruiz", "access", "/requests", without, "SPD-17")["missing"] == ["request.case_number"]
    request = granted(city, "defence-ruiz", ask)
    copy = city.do("defence-ruiz", "access", f"/requests/{request}/copies")["copy_id"]
    assert city.call("defence-ruiz", "GET", "access", f"/copies/{copy}/media").status_code == 200
    city.refused("records-reed", "access", f"/requests/{request}/close", {}, "SPD-17")
    city.do("defence-ruiz", "access", f"/copies/{copy}/sign", {"role": "recipient"})
    assert city.do("records-reed", "access", f"/requests/{request}/close")["state"] == "fulfilled"


def test_a_discovery_bundle_shows_where_its_copies_come_from_and_is_receipted(city: City, tmp_path: Path) -> None:
    footage = masked(city)
    ask = form(footage.camera, footage.interval, "discovery", of_class="defence_counsel", action="copy")
    request = granted(city, "defence-ruiz", ask)
    copy = city.do("defence-ruiz", "access", f"/requests/{request}/copies")["copies"][0]
    city.do("defence-ruiz", "access", f"/copies/{copy['copy_id']}/marked")
    sent = city.call("defence-ruiz", "POST", "access", f"/requests/{request}/bundle")
    assert sent.status_code == 200, sent.text
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(sent.content)
    root = city.see("auditor-fong", "analytics", "/audit/root")["root"]
    told = [json.loads(each) for each in texts_of(bundle, "audit.json", "receipt.json", "lineage.json")]
    assert verify.check(verify.Bundle(bundle)) == []
    # The proofs are the audit tree's own: every event of this request that it had by then, none missing.
    assert {"RequestGranted", "CopyMade"} <= {each["event_type"] for each in told[0]["extracts"][0]["entries"]}
    assert (told[0]["absent"], told[1]["case_number"]) == ([], ask["request"]["case_number"])
    assert copy["native_sha256"] == city.segment(footage)["sha256"]
    assert root == told[0]["extracts"][0]["root"] or "no extract" in verify.check(verify.Bundle(bundle), root)[0]
    city.refused("records-reed", "access", f"/requests/{request}/close", {}, "SPD-17")
    city.do("defence-ruiz", "access", f"/requests/{request}/receipt", {"role": "recipient"})
    assert city.do("records-reed", "access", f"/requests/{request}/close")["state"] == "fulfilled"


def texts_of(bundle: Path, *names: str) -> list[bytes]:
    with ZipFile(bundle) as opened:
        return [opened.read(name) for name in names]


def watch(city: City, camera: str, who: str = "officer-lin", **said: str) -> Any:  # noqa: ANN401
    return city.call(who, "POST", "access", "/live", json={"camera": camera, "replace": True, **said})


def test_a_live_view_names_one_ground_and_it_is_recorded(city: City, streams: Streaming) -> None:
    camera = city.next(POLICY)
    streams.show(camera)
    call = {"ground": "emergency_call", "reference": f"911-{camera}"}
    city.refusal(watch(city, camera, **call), "SPD-11")
    city.do("admin-root", "ingest", f"/cameras/{camera}/mask", MASK)
    answer = city.answered(lambda: watch(city, camera, **call), success=True)
    city.refusal(watch(city, camera), "SPD-04")
    city.refusal(watch(city, camera, ground="emergency_call"), "SPD-04")
    city.refusal(watch(city, camera, ground="curiosity", reference="none"), "SPD-04")
    city.refusal(watch(city, camera, "agency-novak", **call), "SPD-04")
    row = city.register("access", lambda row: answer.json()["live_id"] in str(row) or camera in str(row))
    assert "emergency_call" in str(row)


def test_nobody_listens_to_a_live_picture(city: City, streams: Streaming) -> None:
    camera = city.next(POLICY)
    streams.show(camera)
    city.do("admin-root", "ingest", f"/cameras/{camera}/mask", MASK)
    said = {"ground": "large_event", "reference": "parade"}
    playlist = city.answered(lambda: watch(city, camera, **said), success=True).json()["playlist"]
    played: dict[bool, int] = {}
    for sound in (False, True):
        streams.says[f"/{camera}/seg-8.ts"] = segment(city.loud, sound=sound)
        listed = city.call("officer-lin", "GET", "access", playlist.removeprefix("/api/v1")).text.splitlines()
        part = f"{playlist.removeprefix('/api/v1').rpartition('/')[0]}/{listed[-1]}"
        played[sound] = city.call("officer-lin", "GET", "access", part).status_code
    assert played == {False: 200, True: 502}
