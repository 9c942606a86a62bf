"""Da'an: a person concerned asks without the certificate of the report, is told so, brings it, and is granted."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.browser.clerk import Clerk
from tests.browser.conftest import LANGUAGES, ClerkOf
from tests.fakes.clause_city import City, now

TAIPEI = ZoneInfo("Asia/Taipei")
CERTIFICATE = "police_report_certificate"
CHAIN = (
    ("sign", "citizen-lai"),
    ("system_manager", "sysman-wu"),
    ("manager_supervisor", "supervisor-kao"),
    ("secretary", "secretary-ho"),
    ("director", "director-tsai"),
)


def fills_in(clerk: Clerk, camera: str) -> None:
    """Fill in the form of a person concerned, all but its certificate."""
    clerk.menu("new_request")
    clerk.follows("/console/new/daan-cctv/party")
    clerk.picks("requester.class", "party")
    for question, text in (("requester.name", "Made Up"), ("requester.unit", "–"), ("requester.telephone", "555-0101")):
        clerk.writes(question, text)
    clerk.picks("request.action", "view")
    clerk.picks("request.legal_basis", "point_6_2")
    clerk.picks("request.purposes", "public_order")
    clerk.writes("request.purpose", "my bag was taken at the counter")
    end = now().astimezone(TAIPEI) - timedelta(hours=1)
    clerk.spans("request.interval", end - timedelta(minutes=20), end)
    clerk.picks("request.cameras", camera)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_public_request_is_refused_without_the_certificate_and_granted_with_it(
    city: City, clerk_of: ClerkOf, language: str
) -> None:
    applicant = clerk_of("citizen-lai", language)
    fills_in(applicant, city.cameras["daan-cctv"][0])
    applicant.presses("hand_in")
    applicant.page.locator("#refusal").get_by_text("DAAN-06").first.wait_for()
    assert applicant.page.evaluate("document.activeElement.id") == "refusal"
    assert applicant.page.locator("[name='request.purpose']").input_value() == "my bag was taken at the counter"
    applicant.picks("documents", CERTIFICATE)
    applicant.presses("hand_in")
    request_id = applicant.reads_request()
    for _, account in CHAIN:
        clerk_of(account, language).signs(request_id)
    applicant.opens(f"/requests/{request_id}")
    applicant.sees(applicant.word("state_granted"))
    assert city.see("auditor-fong", "access", f"/requests/{request_id}")["state"] == "granted"


def test_two_accounts_of_one_person_are_one_person(city: City, clerk_of: ClerkOf) -> None:
    clerk = clerk_of("officer-lin", "zh-Hant")
    body = {
        "policy_id": "daan-cctv",
        "requester": {"class": "internal", "name": "Made Up", "unit": "registration", "telephone": "555"},
        "request": {
            "kind": "internal",
            "action": "view",
            "cameras": [city.cameras["daan-cctv"][0]],
            "interval": ["2026-11-01T08:00:00Z", "2026-11-01T08:20:00Z"],
            "legal_basis": ["point_6_1"],
            "purposes": ["public_order"],
            "purpose": "dispute at the counter",
        },
    }
    request_id = city.do("officer-lin", "access", "/requests", body)["request_id"]
    clerk.signs(request_id)
    step = f"/requests/{request_id}/steps/applicant_supervisor"
    trick = city.call("lin-second", "POST", "access", step, json={"decision": "approve"})
    assert trick.status_code in (403, 409), trick.text
    assert "DAAN-11" in trick.json()["clauses"]
    hold_id = city.hold(city.cameras["daan-cctv"][1], days=1, kind="preservation")
    city.do("sysman-wu", "access", f"/holds/{hold_id}/propose-release")
    alone = city.call("wu-second", "POST", "access", f"/holds/{hold_id}/release")
    assert (alone.status_code, "ersons" in alone.text or "erson" in alone.text) == (alone.status_code, True)
    assert alone.status_code in (403, 409), alone.text
