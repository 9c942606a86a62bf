"""The body-worn cameras' clauses (npa-bwc) as people meet them: what a service allows, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.fakes.clause_city import CLIP, City, Footage, Json, iso, now

POLICY = "npa-bwc"
APPLICANT, HEAD, CUSTODIAN = "officer-lin", "head-chen", "sysman-wu"
CHAIN = (("sign", APPLICANT), ("unit_head", HEAD), ("review", "handling-su"), ("decide", "director-tsai"))
MEDIA = (CHAIN[0], CHAIN[1], ("pr_consult", "pr-yang"), CHAIN[2], CHAIN[3])


def form(footage: Footage, kind: str = "police", **asked: Any) -> Json:  # noqa: ANN401
    """The form of annex 2; every answer can be given another way."""
    requester = {"class": "police", "unit": "second precinct", "title": "officer", "name": "Lin (made up)"}
    request = {"kind": kind, "action": "view", "cameras": [footage.camera], "interval": footage.interval}
    request |= {"officer_on_duty": "p-0031", "duty_item": "patrol", "cause": "theft", "purpose": "identify a thief"}
    request |= {"purposes": ["criminal_case"], "time": iso(now())}
    return {"policy_id": POLICY, "requester": requester, "request": request | asked, "documents": []}


def asked(city: City, body: Json) -> str:
    return str(city.do(APPLICANT, "access", "/requests", body)["request_id"])


def granted(city: City, body: Json, chain: tuple[tuple[str, str], ...] = CHAIN) -> str:
    request = asked(city, body)
    assert city.sign(request, *chain)["state"] == "granted"
    return request


def test_a_private_device_is_treated_as_a_public_one_and_none_without_an_owner(city: City) -> None:
    log = city.see("admin-root", "access", "/log/status")["seq"]
    devices = [("bwc-private", "private"), ("bwc-nobodys", "")]
    city.do("admin-root", "access", f"/policies/{POLICY}/cameras", {"cameras": [name for name, _ in devices]})
    city.until(lambda: city.see("admin-root", "ingest", "/status")["protection_log"]["seq"] >= log + 2)
    for name, owner in devices:
        body = {"camera_id": name, "kind": "body_worn", "device_owner": owner}
        city.do("admin-root", "ingest", "/cameras", body)
    private = city.recorded("bwc-private")
    assert city.register("catalog", lambda row: row["camera"] == private.camera)["device_owner"] == "private"
    refused = city.refusal(city.upload("bwc-nobodys", private.start), "NPA-01")
    assert "device.owner" in refused["detail"]


def test_a_break_inside_a_shift_is_found_and_shown(city: City) -> None:
    camera, start = city.next(POLICY), now() - timedelta(hours=1)
    for at in (start, start + CLIP, start + timedelta(minutes=5)):
        assert city.upload(camera, at).status_code == 201
    shift = {"device_id": camera, "shift": "0816", "officer": "p-0031", "shift_from": iso(start)}
    city.do(CUSTODIAN, "ingest", "/shifts", shift | {"shift_to": iso(start + timedelta(minutes=5) + CLIP)})
    (gap,) = city.see("auditor-fong", "ingest", "/gaps", camera=camera)["gaps"]
    assert (gap["gap_from"], gap["gap_to"]) == (iso(start + 2 * CLIP), iso(start + timedelta(minutes=5)))


def test_the_custodian_keeps_the_footage_and_nobody_else(city: City) -> None:
    camera, start = city.next(POLICY), now() - timedelta(hours=1)
    refused = city.upload(camera, start, who=APPLICANT)
    assert (refused.status_code, refused.json()["refusal"]) == (403, "RoleMissing")
    assert city.upload(camera, start, who=HEAD).status_code == 201
    assert city.upload(camera, start + CLIP, who=CUSTODIAN).status_code == 201


def test_a_card_is_cleared_only_after_the_confirmed_backup(city: City) -> None:
    camera = city.next(POLICY)
    code, told = city.run("card", "clear", camera, "--card-id", "card-7", who=CUSTODIAN)
    assert (code, told["clauses"]) == (1, ["NPA-05"])
    city.refused(CUSTODIAN, "ingest", "/cards/card-7/clear", {"camera_id": camera}, "NPA-05")
    city.recorded(camera, card="card-7")
    path = "/cards/card-7/clear"
    cleared = city.answered(
        lambda: city.call(CUSTODIAN, "POST", "ingest", path, json={"camera_id": camera}), success=True
    )
    assert cleared.json()["segments"] == 1


def test_both_copies_are_verified_against_each_other(city: City) -> None:
    footage = city.recorded(city.next(POLICY))
    row = city.register("catalog", lambda row: row["camera"] == footage.camera and row["replicated_at"])
    second = city.installation.home.root / "second-volume"
    copies = [path for path in second.rglob("*") if path.is_file() and footage.camera in str(path)]
    assert [path.stat().st_size for path in copies] == [row["size_bytes"]]


def test_folders_are_year_month_and_date_and_the_name_is_shift_and_officer(city: City) -> None:
    footage = city.recorded(city.next(POLICY))
    day = footage.start.astimezone(ZoneInfo("Asia/Taipei"))
    name = city.register("catalog", lambda row: row["camera"] == footage.camera)["file_name"]
    assert name.startswith(f"{footage.camera}/{day:%Y/%m/%d}/0816_p-0031_")
    unnamed = city.upload(footage.camera, footage.start + CLIP, shift="", officer="")
    assert "footage.officer" in city.refusal(unnamed, "NPA-02")["detail"]


def test_footage_stays_a_month_and_longer_where_a_third_persons_interest_needs_it(city: City) -> None:
    camera = city.next(POLICY)
    hold = city.hold(camera, days=50, kind="third_party_interest")
    (young,), (due,), (held,) = city.old(camera, 20), city.old(camera, 45), city.old(camera, 50)
    assert "retention.month" in city.gone(due)["rule_ids"]
    assert city.explained(young)["state"] == "kept"
    told = city.explained(held)
    assert (told["state"], told["protections"][0]["hold_id"]) == ("held", hold)


def test_footage_goes_within_a_year_unless_an_investigation_needs_it(city: City) -> None:
    camera = city.next(POLICY)
    city.hold(camera, days=410, kind="investigation")
    (held,), (due,) = city.old(camera, 410), city.old(camera, 400)
    assert "retention.year" in city.gone(due)["rule_ids"]
    assert city.explained(held)["state"] == "past_maximum_protected"
    assert city.until(lambda: _past_maximum(city, camera)) == ["past_maximum_protected"]


def test_the_catalog_names_time_and_person_of_a_destruction(city: City) -> None:
    camera = city.next(POLICY)
    (kept,), (due,) = city.old(camera, 21), city.old(camera, 46)
    city.gone(due)

    def is_row(footage: Footage) -> Any:  # noqa: ANN401
        return lambda row: row["camera"] == camera and row["starts_at"][:19] == iso(footage.start)[:19]

    gone = city.until(lambda: (row := city.register("catalog", is_row(due)))["destroyed_at"] and row)
    assert "custodian" in gone["destroyed_by"]
    assert city.register("catalog", is_row(kept))["destroyed_at"] is None


def test_requests_stay_in_the_register_for_three_years_and_for_those_who_may_read_it(city: City) -> None:
    footage = city.recorded(city.cameras[POLICY][0])
    request = granted(city, form(footage))
    city.watch(APPLICANT, request, CUSTODIAN, "p-0003")
    closed = city.do(CUSTODIAN, "access", f"/requests/{request}/close")
    assert closed["register_until"][:4] == str(now().astimezone(ZoneInfo("Asia/Taipei")).year + 3)
    assert city.register("requests", lambda row: row["number"] == request and row["outcome"] == "fulfilled")
    assert city.call(APPLICANT, "GET", "analytics", "/registers/requests").status_code == 403
    paths = city.call(None, "GET", "analytics", "/openapi.json").json()["paths"]
    assert {method for path, methods in paths.items() if "registers" in path for method in methods} == {"get"}


def test_nothing_is_copied_before_the_precinct_chief_or_a_delegate_decides(city: City) -> None:
    footage = city.recorded(city.cameras[POLICY][0])
    request = asked(city, form(footage, action="copy"))
    early = city.call(APPLICANT, "POST", "access", f"/requests/{request}/copies", json={})
    assert (early.status_code, early.json()["refusal"]) == (403, "NoGrant")
    city.sign(request, *CHAIN[:3])
    step, approve = f"/requests/{request}/steps/decide", {"decision": "approve"}
    city.refused("supervisor-kao", "access", step, approve, "NPA-14")
    dated = {"valid_from": iso(now() - timedelta(hours=1)), "valid_to": iso(now() + timedelta(days=1))}
    city.do("director-tsai", "access", f"/requests/{request}/delegations", {"step": "decide", "to": "p-0004"} | dated)
    assert city.do("supervisor-kao", "access", step, approve)["state"] == "granted"
    assert city.do(APPLICANT, "access", f"/requests/{request}/copies")["copies"][0]["copy_number"]


def test_viewing_happens_together_and_a_copy_ends_with_a_signature(city: City) -> None:
    footage = city.recorded(city.cameras[POLICY][0])
    view = granted(city, form(footage))
    alone = city.viewing(APPLICANT, view)
    city.refused(APPLICANT, "access", f"/viewings/{alone}/open", {}, "NPA-15")
    assert len(city.watch(APPLICANT, view, CUSTODIAN, "p-0003")) == 1
    copy = granted(city, form(footage, action="copy"))
    made = city.do(APPLICANT, "access", f"/requests/{copy}/copies")["copy_id"]
    city.refused(CUSTODIAN, "access", f"/requests/{copy}/close", {}, "NPA-15")
    city.do(APPLICANT, "access", f"/copies/{made}/sign", {"role": "applicant"})
    assert city.do(CUSTODIAN, "access", f"/requests/{copy}/close")["state"] == "fulfilled"


def test_the_access_register_is_written_at_once_and_for_refusals_too(city: City) -> None:
    footage = city.recorded(city.cameras[POLICY][0])
    request = granted(city, form(footage))
    alone = city.viewing(APPLICANT, request)
    city.refused(APPLICANT, "access", f"/viewings/{alone}/open", {}, "NPA-15")
    city.watch(APPLICANT, request, CUSTODIAN, "p-0003")
    shown = city.register(
        "access", lambda row: row["request"] == request and row["act"] == "view" and not row["refusal"]
    )
    assert (shown["person"], shown["accompanied_by"], shown["cameras"]) == ("p-0001", "p-0003", [footage.camera])
    refused = city.register("access", lambda row: row["request"] == request and row["refusal"])
    assert "NPA-15" in refused["clauses"]


def test_use_for_the_media_is_decided_after_public_relations_and_with_the_secrecy_rule(city: City) -> None:
    footage = city.recorded(city.cameras[POLICY][0])
    media = form(footage, "publicity", action="copy", purposes=["media"], criminal_case=True)
    refused = city.refused(APPLICANT, "access", "/requests", media, "NPA-17")
    assert set(refused["missing"]) == {"request.secrecy_rule_cited", "request.secrecy_review"}
    whole = {"secrecy_rule_cited": "code of criminal procedure, article 245", "secrecy_review": "no names, no faces"}
    request = asked(city, media | {"request": media["request"] | whole})
    city.sign(request, *MEDIA[:2], MEDIA[3])
    early = city.refused(
        "director-tsai", "access", f"/requests/{request}/steps/decide", {"decision": "approve"}, "NPA-14"
    )
    assert "pr_consult" in early["detail"]
    assert city.sign(request, MEDIA[2], MEDIA[4])["state"] == "granted"


def test_the_form_of_annex_2_is_whole_or_refused(city: City) -> None:
    footage = city.recorded(city.cameras[POLICY][0])
    body = form(footage)
    for name in ("officer_on_duty", "duty_item", "cause", "purpose", "time"):
        without = body | {"request": body["request"] | {name: ""}}
        assert city.refused(APPLICANT, "access", "/requests", without, "NPA-21")["missing"] == [f"request.{name}"]
    assert city.do(APPLICANT, "access", "/requests", body)["steps"] == ["sign", "unit_head", "review", "decide"]


def _past_maximum(city: City, camera: str) -> list[str]:
    rows = city.see("auditor-fong", "retention", "/overdue")
    return [row["outcome"] for row in rows if row["camera_id"] == camera]
