"""A request's life from the pages alone: handed in, refused, walked through its chain, and nobody else's business."""

from __future__ import annotations

import pytest
from markupsafe import escape

from services.kernel.events import ActRefused, RequestGranted
from tests.integration.access.conftest import City
from tests.integration.access.console.browsing import Browser, internal, request_id_of
from tests.integration.access.console.conftest import OpenAs
from tests.integration.access.test_requests import DAAN_CHAIN

FORM = "/console/new/daan-cctv/internal"


def handed_in(browser: Browser, **changes: str | list[str]) -> str:
    return request_id_of(browser.send(FORM, FORM, internal(**changes)))


def sign(browser: Browser, request_id: str, step: str, **answers: str) -> tuple[int, str]:
    page = f"/console/requests/{request_id}"
    answer = browser.send(page, f"{page}/steps/{step}", {"decision": "approve", **answers})
    return answer.status_code, answer.text


def test_a_request_walks_through_its_chain_from_the_pages(open_as: OpenAs, demo: City) -> None:
    request_id = handed_in(open_as("officer-lin"))
    for step, account in DAAN_CHAIN.items():
        signer = open_as(account)
        assert request_id[:8] in signer.get("/console").text
        assert f"/steps/{step}" in signer.get(f"/console/requests/{request_id}").text
        status, page = sign(signer, request_id, step)
        assert status == 200, page
    assert demo.see("sysman-wu", f"/requests/{request_id}")["state"] == "granted"
    granted = demo.until(lambda: demo.custody.events("approval.events", RequestGranted))
    assert request_id in {str(each.request_id) for each in granted}
    assert "Granted until" in open_as("officer-lin").get(f"/console/requests/{request_id}").text


def test_the_page_offers_a_signature_only_to_whose_turn_it_is(open_as: OpenAs) -> None:
    request_id = handed_in(open_as("officer-lin"))
    page = open_as("secretary-ho").get(f"/console/requests/{request_id}").text
    assert "/steps/secretary" not in page
    assert "Not your turn yet" in page


def test_a_step_out_of_order_is_refused_in_words_with_its_clause_and_is_an_event(open_as: OpenAs, demo: City) -> None:
    request_id = handed_in(open_as("officer-lin"))
    status, page = sign(open_as("secretary-ho"), request_id, "secretary", note="looks fine")
    assert status == 409
    assert "Not your turn yet" in page
    assert 'role="alert"' in page
    assert "/console/policies/daan-cctv#DAAN-11" in page
    demo.until(lambda: [e for e in demo.custody.events("access.events", ActRefused) if e.subject == request_id])


def test_two_accounts_of_one_person_do_not_sign_twice(open_as: OpenAs) -> None:
    request_id = handed_in(open_as("cop-hsu"))
    assert sign(open_as("cop-hsu"), request_id, "sign")[0] == 200
    second = open_as("cop-hsu-second").get(f"/console/requests/{request_id}").text
    assert "/steps/applicant_supervisor" not in second


def test_a_refused_form_comes_back_with_what_was_typed_and_names_what_is_open(open_as: OpenAs) -> None:
    browser = open_as("officer-lin", "zh-Hant")
    answer = browser.send(FORM, FORM, internal(**{"request.purpose": "", "requester.unit": "戶籍登記課"}))
    assert answer.status_code == 422
    assert "尚有未填寫事項" in answer.text
    assert 'href="#q-request-purpose"' in answer.text
    assert 'id="q-request-purpose" name="request.purpose" maxlength="4000" aria-invalid="true"' in answer.text
    assert "戶籍登記課" in answer.text


def test_a_party_without_the_certificate_is_refused_with_the_packs_own_words(open_as: OpenAs) -> None:
    form = "/console/new/daan-cctv/party"
    answer = open_as("head-chen", "zh-Hant").send(form, form, internal(**{"requester.class": "party"}))
    assert answer.status_code == 403
    assert "持憑報案證明文件申請" in answer.text
    assert "/console/policies/daan-cctv#DAAN-06" in answer.text


def test_a_prohibited_purpose_is_refused_and_nobody_can_grant_it(open_as: OpenAs) -> None:
    form = "/console/new/spd-cctv/agency"
    more: dict[str, str | list[str]] = {
            "requester.class": "law_enforcement", "requester.on_behalf_of": "nobody", "request.subjects": "homicide",
            "request.asks": "face_recognition", "request.ground": "warrant", "request.reference": "W-1",
            "documents": ["warrant_copy"], "request.cameras": ["spd-1"],
    }  # fmt: skip
    answer = open_as("agency-novak").send(form, form, internal(**more))
    assert answer.status_code == 403
    assert "nobody can grant it" in answer.text


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", "'; DROP TABLE request_file; --", '" autofocus onfocus="x']
)
def test_script_and_sql_in_a_field_stay_text(open_as: OpenAs, typed: str) -> None:
    browser = open_as("officer-lin")
    page = browser.get(f"/console/requests/{handed_in(browser, **{'request.purpose': typed})}")
    assert page.status_code == 200
    assert typed not in page.text
    assert str(escape(typed)) in page.text


def test_an_answer_over_its_limit_is_refused_as_a_page(open_as: OpenAs) -> None:
    answer = open_as("officer-lin").send(FORM, FORM, internal(**{"request.purpose": "x" * 5_000}))
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")


def test_another_persons_request_is_not_known(open_as: OpenAs) -> None:
    request_id = handed_in(open_as("officer-lin"))
    stranger = open_as("agency-novak")
    assert stranger.get(f"/console/requests/{request_id}").status_code == 404
    assert request_id[:8] not in stranger.get("/console/requests").text
    assert stranger.send("/console", f"/console/requests/{request_id}/withdraw").status_code in {403, 404}


def test_only_who_signs_or_asked_sees_what_names_a_person(open_as: OpenAs) -> None:
    request_id = handed_in(open_as("officer-lin"))
    assert "Lin Mei-ling" in open_as("sysman-wu").get(f"/console/requests/{request_id}").text
    assert "Lin Mei-ling" not in open_as("admin-root").get(f"/console/requests/{request_id}").text


def test_a_denial_closes_the_request_and_the_page_says_so(open_as: OpenAs, demo: City) -> None:
    request_id = handed_in(open_as("officer-lin"))
    sign(open_as("officer-lin"), request_id, "sign")
    _, page = sign(open_as("head-chen"), request_id, "applicant_supervisor", decision="deny", note="too wide")
    assert "Denied; the request is closed" in page
    assert "too wide" in page
    assert demo.see("sysman-wu", f"/requests/{request_id}")["state"] == "denied"


def test_the_applicant_takes_his_request_back(open_as: OpenAs, demo: City) -> None:
    browser = open_as("officer-lin")
    request_id = handed_in(browser)
    page = f"/console/requests/{request_id}"
    assert "The request is withdrawn" in browser.send(page, f"{page}/withdraw").text
    assert demo.see("sysman-wu", f"/requests/{request_id}")["state"] == "withdrawn"


def test_the_form_tells_whether_there_is_footage(open_as: OpenAs) -> None:
    answer = open_as("officer-lin").send(FORM, f"{FORM}/footage", internal())
    assert "3 segments are kept" in answer.text
    assert "Choose cameras" in open_as("officer-lin").send(FORM, f"{FORM}/footage", {}).text


def test_a_clause_link_leads_to_the_clause_beside_its_rule(open_as: OpenAs) -> None:
    page = open_as("officer-lin").get("/console/policies/daan-cctv").text
    assert 'id="DAAN-06"' in page
    assert "first reports to the police" in page
    assert "request.party" in page


def test_services_that_do_not_answer_are_named_and_nothing_is_guessed(open_as: OpenAs) -> None:
    page = open_as("sysman-wu").get("/console").text
    assert "Overdue: not known now" in page
    assert "Overdue: 0" not in page


def test_the_application_form_prints_for_whoever_may_read_the_request(open_as: OpenAs) -> None:
    request_id = handed_in(open_as("officer-lin"))
    printed = open_as("officer-lin", "zh-Hant").get(f"/console/requests/{request_id}/form.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
    assert open_as("agency-novak").get(f"/console/requests/{request_id}/form.pdf").status_code == 404
