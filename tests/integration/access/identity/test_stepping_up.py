"""Adopting a policy and deciding on a live project want a fresh sign-in of the real provider, by API and by page."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from services.kernel.events import ProjectDecided
from tests.fakes.live_project import RECORD
from tests.integration.access.console.browsing import Browser
from tests.integration.access.identity.conftest import Office, come_in

LONG_AGO = 1_700_000_000
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
TAIPEI = {"policy_id": "taipei-live", "instrument": "adopted for the test"}
FORM: dict[str, str | list[str]] = {
    "policy_id": "taipei-live",
    "record.outsourced": "attested",
    **{f"record.{name}": value for name, value in RECORD.items() if isinstance(value, str)},
}


@pytest.fixture(scope="module")
def taipei(office: Office) -> Office:
    """The office with the live policy in force: adopted by a fresh sign-in, and by nothing less."""
    for stale in ({"auth_time": LONG_AGO}, {"auth_time": None}):
        told = office.call("root", "POST", "/policies/adopt", TAIPEI, **stale)
        assert (told.status_code, told.json()["rule"]) == (401, "identity.step_up.policy.adopt")
        assert 'max_age="300"' in told.headers["www-authenticate"]
    # A token of the people file has no time of signing in.
    assert office.city.call("admin-two", "POST", "/policies/adopt", TAIPEI).status_code == 401
    assert office.call("root", "POST", "/policies/adopt", TAIPEI).status_code in (200, 202)
    return office


def test_a_decision_on_a_project_wants_a_fresh_sign_in_and_taking_one_back_never_waits(taipei: Office) -> None:
    body = {"decision": "group", "record": RECORD}
    stale = taipei.call("ong", "POST", "/projects/stepped/decisions", body, auth_time=LONG_AGO)
    assert (stale.status_code, stale.json()["rule"]) == (401, "identity.step_up.project.decide")
    assert taipei.call("ong", "GET", "/projects", auth_time=LONG_AGO).json() == {"projects": []}
    assert taipei.call("ong", "POST", "/projects/stepped/decisions", body).status_code == 200
    back = {"decision": "group", "reason": "a mistake"}
    told = taipei.call("ong", "POST", "/projects/stepped/withdrawals", back, auth_time=LONG_AGO)
    assert told.status_code != 401, told.text


@pytest.mark.parametrize(
    ("language", "says", "asks"),
    [("en", "Nothing was done yet", "Project group set up"), ("zh-Hant", "目前尚未辦理", "專案小組成立")],
)
def test_the_page_of_projects_leads_to_the_provider_and_sends_what_waited(
    taipei: Office, browser_of: Callable[..., Browser], language: str, says: str, asks: str
) -> None:
    account = {"en": "ong", "zh-Hant": "ying"}[language]
    project = f"festival-{language.lower()}"
    browser = browser_of(account, language)
    taipei.city.until(lambda: "record.name" in browser.get("/console/projects").text)
    asked = browser.send("/console/projects", "/console/projects", {**FORM, "project_id": project})
    assert (asked.status_code, says in asked.text) == (401, True)
    assert "insufficient_user_authentication" in asked.headers["www-authenticate"]
    come_in(browser, account, "/console/sign-in/again")
    waiting = browser.get("/console/again")
    assert "river festival" in waiting.text
    sent: dict[str, str | list[str]] = {name: unescape(value) for name, value in HIDDEN.findall(waiting.text)}
    done = browser.post("/console/projects", sent)
    assert (done.status_code, asks in done.text) == (200, True)
    assert taipei.city.told("approval.events", ProjectDecided, lambda event: event.project_id == project)
