"""The printed forms as people get them: over HTTP and the command line, for whoever may read them (NPA-21, DAAN-11)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from services.cli.application import app
from tests.fakes.clause_city import City, Json, iso, now
from tests.fakes.live_project import OFFICES, says
from tests.fakes.printed import Printed

TAIPEI = ZoneInfo("Asia/Taipei")
PRECINCT = (
    ("sign", "officer-lin"),
    ("unit_head", "head-chen"),
    ("review", "handling-su"),
    ("decide", "director-tsai"),
)
OFFICE = (
    ("sign", "officer-lin"),
    ("applicant_supervisor", "head-chen"),
    ("system_manager", "sysman-wu"),
    ("manager_supervisor", "supervisor-kao"),
    ("secretary", "secretary-ho"),
    ("director", "director-tsai"),
)


def annex_2(camera: str, **asked: Any) -> Json:  # noqa: ANN401
    requester = {"class": "police", "unit": "第二分局", "title": "偵查佐", "name": "林小明"}
    request = {"kind": "police", "action": "view", "cameras": [camera], "interval": an_hour(), "duty_item": "巡邏"}
    request |= {"officer_on_duty": "王大同", "cause": "偵辦竊盜案", "purpose": "指認犯罪嫌疑人"}
    request |= {"purposes": ["criminal_case"], "time": "2026-11-23T02:00:00Z"} | asked
    return {"policy_id": "npa-bwc", "requester": requester, "request": request, "documents": []}


def annex_3(camera: str, interval: list[str]) -> Json:
    requester = {"class": "internal", "unit": "行政庶務課", "telephone": "02-2358-0000", "name": "林小明"}
    request = {"kind": "internal", "action": "view", "cameras": [camera], "interval": interval, "purpose": "遺失物"}
    request |= {"legal_basis": "point_6_1", "purposes": ["public_safety"]}
    return {"policy_id": "daan-cctv", "requester": requester, "request": request, "documents": []}


def an_hour() -> list[str]:
    return [iso(now() - timedelta(hours=2)), iso(now() - timedelta(hours=1))]


def asked(city: City, body: Json) -> str:
    return str(city.do("officer-lin", "access", "/requests", body)["request_id"])


def form(city: City, who: str, request: str, **params: str) -> str:
    """Return every word of a form as one account gets it."""
    answer = city.call(who, "GET", "access", f"/requests/{request}/form.pdf", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    return words(answer.content)


def words(content: bytes) -> str:
    page = Printed(content)
    assert page.pages == 1
    return "".join(page.text(0).split())


def test_annex_2_comes_with_its_signatures_in_years_of_the_republic_and_the_same_bytes_twice(city: City) -> None:
    request = asked(city, annex_2(city.cameras["npa-bwc"][0]))
    assert city.sign(request, *PRECINCT)["state"] == "granted"
    path = f"/requests/{request}/form.pdf"
    first, again = (city.call("officer-lin", "GET", "access", path, params={"lang": "en"}) for _ in range(2))
    assert first.content == again.content
    said, today = words(first.content), now().astimezone(TAIPEI)
    for signer in ("簽名申請人p-0001", "核章單位主管p-0002", "審查承辦單位", "核准"):
        assert signer in said
    assert said.count(f"{today.year - 1911}年{today.month}月{today.day}日") >= 5
    assert "三、■調閱□複製事由：偵辦竊盜案" in said


def test_a_name_stands_on_the_form_for_the_applicant_and_his_signers_and_for_nobody_else(city: City) -> None:
    request = asked(city, annex_2(city.cameras["npa-bwc"][0]))
    for reader in ("officer-lin", "head-chen", "auditor-fong"):
        assert "林小明" in form(city, reader, request)
    withheld = form(city, "admin-root", request)
    assert "林小明" not in withheld
    assert "王大同" not in withheld
    assert "（對此閱覽者不顯示）" in withheld


def test_another_persons_form_and_a_refused_one_are_not_to_be_had(city: City) -> None:
    request = asked(city, annex_2(city.cameras["npa-bwc"][0]))
    assert city.call("agency-novak", "GET", "access", f"/requests/{request}/form.pdf").status_code == 404
    assert city.call(None, "GET", "access", f"/requests/{request}/form.pdf").status_code == 401
    refused = city.refused("officer-lin", "access", "/requests", annex_2("bwc-x", cause=""), "NPA-21")["request_id"]
    answer = city.call("officer-lin", "GET", "access", f"/requests/{refused}/form.pdf")
    assert (answer.status_code, answer.json()["rule"]) == (422, "request.form")


def test_an_answer_that_is_longer_than_its_place_on_the_annex_is_not_taken_in(city: City) -> None:
    body = annex_2(city.cameras["npa-bwc"][0], cause="事" * 401)
    refused = city.refused("officer-lin", "access", "/requests", body, "NPA-21")
    assert (refused["refusal"], "401" in refused["detail"]) == ("AnswerTooLong", True)
    assert (
        form(city, "officer-lin", asked(city, annex_2(city.cameras["npa-bwc"][0], cause="事" * 400))).count("事") >= 400
    )


@pytest.mark.parametrize("odd", ["\ud800", "\x00"])
def test_what_neither_log_nor_paper_can_carry_is_not_taken_in(city: City, odd: str) -> None:
    sent = json.dumps(annex_2(city.cameras["npa-bwc"][0], cause=odd)).encode()
    headers = {"authorization": f"Bearer {city.installation.tokens['officer-lin']}", "content-type": "application/json"}
    answer = city.http.post(f"{city.installation.urls['access']}/api/v1/requests", content=sent, headers=headers)
    assert (answer.status_code, answer.json()["rule"]) == (422, "request.form"), answer.text


def test_annex_3_comes_with_the_result_to_the_second_signed_by_both(city: City, tmp_path: Path) -> None:
    footage = city.recorded(city.next("daan-cctv"))
    request = asked(city, annex_3(footage.camera, footage.interval))
    assert "閱覽攝影機編號：年月日時分秒起至年月日時分秒止之檔案" in form(city, "officer-lin", request)
    assert city.sign(request, *OFFICE)["state"] == "granted"
    city.watch("officer-lin", request)
    result = {"act": "view", "cameras": [footage.camera], "from": footage.interval[0], "to": footage.interval[1]}
    for who, role in (("sysman-wu", "system_manager"), ("ethics-lu", "ethics_office")):
        city.do(who, "access", f"/requests/{request}/result", result | {"role": role})
    written = tmp_path / "annex-3.pdf"
    done = CliRunner().invoke(app, ["request", "form", request, "--out", str(written)], catch_exceptions=False)
    at = footage.start.astimezone(TAIPEI)
    assert done.exit_code == 0
    said = words(written.read_bytes())
    assert (
        f"■閱覽攝影機編號：{footage.camera}{at.year - 1911}年{at.month}月{at.day}日{at:%H}時{at:%M}分{at:%S}秒起至"
        in said
    )
    assert "簽名系統管理人p-0003" in said
    assert "簽名政風單位p-0007" in said


def test_seattles_own_form_is_there_in_both_languages(city: City) -> None:
    camera = city.cameras["spd-cctv"][0]
    asks = {"kind": "internal", "action": "view", "cameras": [camera], "interval": an_hour(), "subjects": ["homicide"]}
    asks |= {"asks": ["footage"], "purpose": "identify a suspect", "case_number": "26-0001"}
    requester = {"class": "internal", "on_behalf_of": ["nobody"]}
    request = asked(city, {"policy_id": "spd-cctv", "requester": requester, "request": asks})
    city.sign(request, ("review", "records-reed"), ("decide", "captain-diaz"))
    english = form(city, "records-reed", request, lang="en")
    assert "Requestforrecordedfootage" in english
    assert "approvedcaptain" in english
    assert "■thisdepartment" in english
    assert "影像申請" in form(city, "records-reed", request, lang="zh-Hant")


def test_a_live_projects_sheet_shows_its_five_decisions_and_its_period(city: City, tmp_path: Path) -> None:
    project, period = f"project-{uuid4().hex[:8]}", ("2026-12-31T08:00:00Z", "2027-01-01T08:00:00Z")
    for decision, body in says(city.cameras["taipei-live"], period).items():
        city.do(OFFICES[decision], "access", f"/projects/{project}/decisions", body)
    path = f"/projects/{project}/form.pdf"
    said = words(city.call("officer-lin", "GET", "access", path).content)
    for mark in ("成立專案召集人", "核准主責局處", "核准警察局", "成員：p-0001", "設定儀表板管理員", "■大型活動"):
        assert mark in said
    assert "115年12月31日16時00分至116年1月1日16時00分" in said
    written = tmp_path / "project.pdf"
    verb = ["request", "project-form", project, "--lang", "en", "--out", str(written), "--as", "auditor-fong"]
    assert CliRunner().invoke(app, verb, catch_exceptions=False).exit_code == 0
    assert "approvedpolice" in words(written.read_bytes())
    assert city.call("agency-novak", "GET", "access", path).status_code == 404
    assert city.call("officer-lin", "GET", "access", "/projects/none/form.pdf").status_code == 404
