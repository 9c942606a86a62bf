"""The registers' columns, clause by clause: what each clause asks to be written down stands there after the act."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from services.analytics.registers.columns import ACCESS, CATALOG, REQUESTS
from services.cli.application import app
from tests.fakes.clause_city import City, Footage, Json, iso, now
from tests.fakes.printed import Printed
from tests.integration.clauses.test_body_worn_through_the_services import form as annex_2
from tests.integration.clauses.test_body_worn_through_the_services import granted as precinct_grants
from tests.integration.clauses.test_daan_through_the_services import form as annex_3
from tests.integration.clauses.test_daan_through_the_services import granted as office_grants
from tests.integration.clauses.test_seattle_through_the_services import form as seattle
from tests.integration.clauses.test_seattle_through_the_services import granted as captain_grants
from tests.integration.clauses.test_seattle_through_the_services import masked

FORM = {"en": "Form of annex 2", "zh-Hant": "附件二申請表"}
LIN, HEAD, KEEPER, DIRECTOR, ETHICS = "p-0001", "p-0002", "p-0003", "p-0006", "p-0007"


def asked(city: City, who: str, body: Json) -> Json:
    number = city.do(who, "access", "/requests", body)["request_id"]
    return city.register("requests", lambda row: row["number"] == number)


def act(city: City, request: str, what: str, **also: Any) -> Json:  # noqa: ANN401
    """Return an act under a request once its row says what it must."""
    wanted = {"request": request, "act": what} | also
    return city.register("access", lambda row: wanted.items() <= row.items() and not row["refusal"])


def told(row: Json, *columns: str) -> list[Any]:
    return [row[column] for column in columns]


def stamp(footage: Footage) -> str:
    return iso(footage.start)[:19]


def test_each_register_names_its_columns_in_both_languages() -> None:
    for columns in (CATALOG, REQUESTS, ACCESS):
        assert all(heading.en and heading.zh for heading in columns)
        assert len({heading.name for heading in columns}) == len(columns)


def test_the_catalog_names_file_officer_shift_period_owner_and_confirmed_backup(city: City) -> None:
    footage = city.recorded(city.next("npa-bwc"))
    row = city.register("catalog", lambda row: row["camera"] == footage.camera and row["replicated_at"])
    assert told(row, "officer", "shift", "device_owner") == ["p-0031", "0816", "public"]
    assert (row["file_name"].startswith(footage.camera), row["starts_at"][:19]) == (True, stamp(footage))
    assert row["ends_at"] > row["starts_at"]


def test_the_register_of_requests_has_every_answer_of_annex_2_that_names_nobody(city: City) -> None:
    row = asked(city, "officer-lin", annex_2(city.recorded(city.cameras["npa-bwc"][0])))
    assert told(row, "unit", "title", "duty_item") == ["second precinct", "officer", "patrol"]
    assert told(row, "cause", "purpose", "action", "requester") == ["theft", "identify a thief", "view", LIN]
    assert row["asked_time"][:10] == iso(now())[:10]
    assert "made up" not in json.dumps(row)
    assert "p-0031" not in json.dumps(row)


def test_the_register_of_requests_has_each_signature_with_its_time(city: City) -> None:
    footage = city.recorded(city.cameras["npa-bwc"][0])
    request = precinct_grants(city, annex_2(footage))
    row = city.register("requests", lambda row: row["number"] == request and row["granted_at"])
    assert [step.split()[:3] for step in row["steps"]] == [
        ["sign", "approved", LIN],
        ["unit_head", "approved", HEAD],
        ["review", "approved", "p-0009"],
        ["decide", "approved", DIRECTOR],
    ]


def test_the_access_register_says_who_viewed_why_with_whom_from_where_and_who_approved_it(city: City) -> None:
    footage = city.recorded(city.cameras["npa-bwc"][0])
    request = precinct_grants(city, annex_2(footage))
    city.watch("officer-lin", request, "sysman-wu", KEEPER)
    row = act(city, request, "view")
    assert told(row, "person", "accompanied_by", "approved_by", "unit") == [LIN, KEEPER, DIRECTOR, "second precinct"]
    assert told(row, "cause", "purpose", "cameras") == ["theft", "identify a thief", [footage.camera]]
    assert (row["address"], bool(row["agreed_time"]), row["approved_at"] < row["at"]) == ("127.0.0.1", True, True)


def test_a_copy_stands_with_number_hash_approval_and_the_applicants_signature(city: City) -> None:
    footage = city.recorded(city.cameras["npa-bwc"][0])
    request = precinct_grants(city, annex_2(footage, action="copy"))
    (made,) = city.do("officer-lin", "access", f"/requests/{request}/copies")["copies"]
    city.do("officer-lin", "access", f"/copies/{made['copy_id']}/sign", {"role": "applicant"})
    row = act(city, request, "copy", signed_as="applicant")
    assert told(row, "copy_number", "sha256", "signed_by") == [made["copy_number"], made["sha256"], LIN]
    assert (row["approved_by"], bool(row["signed_at"])) == (DIRECTOR, True)


def test_annex_3s_result_stands_to_the_second_once_for_each_who_signed_it(city: City) -> None:
    footage = city.recorded(city.next("daan-cctv"))
    request = office_grants(city, annex_3(footage.camera, footage.interval))
    city.watch("officer-lin", request)
    body = {"act": "view", "cameras": [footage.camera], "from": footage.interval[0], "to": footage.interval[1]}
    for who, role, person in (("sysman-wu", "system_manager", KEEPER), ("ethics-lu", "ethics_office", ETHICS)):
        city.do(who, "access", f"/requests/{request}/result", body | {"role": role})
        row = act(city, request, "result", signed_as=role)
        assert told(row, "result_of", "signed_by", "cameras") == ["view", person, [footage.camera]]
        assert [row["footage_from"][:19], row["footage_to"][:19]] == [each[:19] for each in footage.interval]


def test_another_agencys_statute_purpose_scope_and_use_stand_in_the_register(city: City) -> None:
    camera, hour = city.cameras["daan-cctv"][0], [iso(now() - timedelta(hours=2)), iso(now() - timedelta(hours=1))]
    body = annex_3(camera, hour, "agency", statute="criminal procedure", use="evidence", documents=["letter"])
    row = asked(city, "agency-novak", body)
    assert told(row, "statute", "use", "cameras") == ["criminal procedure", "evidence", [camera]]
    assert all(told(row, "purpose", "legal_basis", "footage_from", "footage_to"))


def test_the_ground_its_reference_and_on_whose_behalf_stand_in_the_register_and_where_it_was_sent(city: City) -> None:
    camera, hour = city.cameras["spd-cctv"][0], [iso(now() - timedelta(hours=2)), iso(now() - timedelta(hours=1))]
    ground = {"of_class": "law_enforcement", "ground": "joint_investigation", "reference": "J-1"}
    row = asked(city, "agency-novak", seattle(camera, hour, "agency", **ground))
    assert told(row, "ground", "reference", "on_behalf_of", "routed_to") == [
        "joint_investigation",
        "J-1",
        "nobody",
        None,
    ]
    ground["on_behalf_of"] = ["immigration_enforcement"]  # type: ignore[assignment]
    number = asked(city, "agency-novak", seattle(camera, hour, "agency", **ground))["number"]
    sent = city.register("requests", lambda row: row["number"] == number and row["routed_to"])
    assert told(sent, "on_behalf_of", "routed_to") == ["immigration_enforcement", "mayor_counsel"]


def test_a_discovery_copy_stands_with_its_case_number_and_its_recipients_signature(city: City) -> None:
    footage = masked(city)
    body = seattle(footage.camera, footage.interval, "discovery", of_class="defence_counsel", action="copy")
    request = captain_grants(city, "defence-ruiz", body)
    copy = city.do("defence-ruiz", "access", f"/requests/{request}/copies")["copy_id"]
    city.do("defence-ruiz", "access", f"/copies/{copy}/sign", {"role": "recipient"})
    row = act(city, request, "copy", signed_as="recipient")
    assert told(row, "case_number", "signed_by", "approved_by") == ["26-0001", "p-0016", "p-0011"]


def test_a_transferred_clip_stands_in_the_catalog_with_case_number_and_repository(city: City) -> None:
    footage = masked(city)
    request = captain_grants(city, "detective-oya", seattle(footage.camera, footage.interval, action="transfer"))
    clip = {"camera": footage.camera, "start": iso(footage.start), "case_number": "26-0001", "shows_crime": True}
    city.do("detective-oya", "access", f"/requests/{request}/transfers", clip | {"repository_id": "evidence-1"})
    row = city.register("catalog", lambda row: row["camera"] == footage.camera and row["transferred_at"])
    assert told(row, "transfer_case", "transfer_repository") == ["26-0001", "evidence-1"]


def test_a_refused_access_stands_with_its_reason_and_its_clause(city: City) -> None:
    footage = city.recorded(city.cameras["npa-bwc"][0])
    request = precinct_grants(city, annex_2(footage))
    alone = city.viewing("officer-lin", request)
    city.refused("officer-lin", "access", f"/viewings/{alone}/open", {}, "NPA-15")
    row = city.register("access", lambda row: row["request"] == request and row["refusal"])
    assert (row["refusal"], "NPA-15" in row["clauses"], row["person"]) == ("NotPresent", True, LIN)


def test_the_registers_on_paper_have_the_lines_of_the_csv_and_are_refused_to_who_may_not_read_them(
    city: City, tmp_path: Path
) -> None:
    number = asked(city, "officer-lin", annex_2(city.recorded(city.cameras["npa-bwc"][0])))["number"]
    for language in ("en", "zh-Hant"):
        asks = {"request": number, "policy": "npa-bwc", "lang": language}
        paper = city.call("auditor-fong", "GET", "access", "/registers/requests.pdf", params=asks)
        text = "".join(Printed(paper.content).text(0).split())
        assert all(each in text for each in (number, LIN, "secondprecinct", "patrol", "identifyathief"))
        heading = next(each for each in REQUESTS if each.name == "duty_item").text(language)
        assert ("".join(heading.split()) in text, "NPA-21" in text) == (True, True)
        assert ("".join(FORM[language].split()) in text, "chain." in text) == (True, False)
        sheet = city.call("auditor-fong", "GET", "analytics", "/registers/requests.csv", params=asks).text
        assert (FORM[language] in sheet, "chain." in sheet) == (True, False)
    assert city.call("officer-lin", "GET", "access", "/registers/requests.pdf").status_code == 403
    written = tmp_path / "requests.pdf"
    asks_too = ["--request", number, "--policy", "npa-bwc", "--lang", "en", "--as", "auditor-fong"]
    told = CliRunner().invoke(app, ["register", "requests", "--pdf", str(written), *asks_too])
    assert (told.exit_code, number in Printed(written.read_bytes()).text(0).replace("\r\n", "")) == (0, True), told
