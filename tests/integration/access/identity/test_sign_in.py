"""Coming in by a real provider: who gets in, what is refused, what a fresh sign-in opens, how a stay ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode

import httpx
import pytest
from fastapi.routing import APIRoute

from services.access.console.router import routers
from services.runtime.oidc.tokens import LOGOUT_EVENT
from tests.fakes.provider.browsing import sign_in
from tests.fakes.provider.running import CONSOLE
from tests.integration.access.console.browsing import Browser
from tests.integration.access.identity.conftest import Office, come_in

BrowserOf = Callable[..., Browser]
HOLD: dict[str, str | list[str]] = {
    "cameras": "cam-19",
    "from": "2026-11-01T16:00",
    "to": "2026-11-01T16:25",
    "matter": "matter <b> of the day",
    "authority": "chief",
    "review_by": "2027-02-01",
}
CHIEF = {"authority": "chief", "review_by": "2027-02-01T00:00:00Z"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def test_a_person_comes_in_with_the_roles_that_the_provider_says(browser_of: BrowserOf) -> None:
    browser = browser_of()
    page = browser.get("/console/requests")
    assert page.url.path == "/console/sign-in"
    assert "demo people" not in page.text
    came = come_in(browser, "wu", "/console/sign-in/start?to=/console/holds")
    assert 'http-equiv="refresh" content="0; url=/console/holds"' in came.text
    home = browser.get("/console")
    assert home.status_code == 200
    assert "system manager" in home.text.lower()
    assert "demo people" not in home.text


@pytest.mark.parametrize(("language", "says"), [("en", "no role here"), ("zh-Hant", "未授予您")])
def test_whom_the_provider_gives_no_role_stays_outside(browser_of: BrowserOf, language: str, says: str) -> None:
    browser = browser_of(language=language)
    answer = come_in(browser, "tourist")
    assert answer.status_code == 403
    assert says in answer.text
    assert browser.get("/console").url.path == "/console/sign-in"


def test_a_return_that_this_browser_didnt_begin_is_refused(office: Office, browser_of: BrowserOf) -> None:
    victim, attacker = browser_of(), browser_of()
    start, until = f"{office.city.url}/console/sign-in/start", f"{office.city.url}/console/signed-in"
    stolen = sign_in(attacker.client, start, "lin", until)
    sign_in(victim.client, start, "wu", until)
    answer = victim.client.get(str(stolen))
    assert answer.status_code == 403
    assert victim.get("/console").url.path == "/console/sign-in"


@pytest.mark.parametrize("changed", [{"state": "made-up"}, {"state": ""}, {"code": "made-up"}, {"iss": "https://evil"}])
def test_a_changed_return_is_refused(office: Office, browser_of: BrowserOf, changed: dict[str, str]) -> None:
    browser = browser_of()
    until = f"{office.city.url}/console/signed-in"
    back = sign_in(browser.client, f"{office.city.url}/console/sign-in/start", "wu", until)
    answer = browser.client.get(str(back.copy_merge_params(changed)))
    assert answer.status_code in (401, 403)
    assert browser.get("/console").url.path == "/console/sign-in"


def test_a_return_is_worth_one_session(office: Office, browser_of: BrowserOf) -> None:
    browser = browser_of()
    until = f"{office.city.url}/console/signed-in"
    back = sign_in(browser.client, f"{office.city.url}/console/sign-in/start", "wu", until)
    assert browser.client.get(str(back)).status_code == 200
    assert browser.client.get(str(back)).status_code == 403


def test_the_providers_refusal_is_told(browser_of: BrowserOf) -> None:
    browser = browser_of()
    begun = browser.client.get("/console/sign-in/start", follow_redirects=False)
    state = httpx.URL(begun.headers["location"]).params["state"]
    answer = browser.get(f"/console/signed-in?{urlencode({'error': 'access_denied', 'state': state})}")
    assert answer.status_code == 403
    assert "access_denied" in answer.text


def test_demo_people_are_nobody_here(browser_of: BrowserOf) -> None:
    answer = browser_of().post("/console/sign-in", {"form_token": "x", "account": "sysman-wu"})
    assert answer.status_code == 403


@pytest.mark.parametrize(("account", "language"), [("night", "en"), ("late", "zh-Hant")])
def test_a_hold_waits_for_a_fresh_sign_in_and_is_then_sent_by_hand(
    browser_of: BrowserOf, account: str, language: str
) -> None:
    browser = browser_of(account, language)
    asked = browser.send("/console/holds", "/console/holds", HOLD)
    assert asked.status_code == 401
    assert "insufficient_user_authentication" in asked.headers["www-authenticate"]
    assert ("Nothing was done yet" if language == "en" else "目前尚未辦理") in asked.text
    come_in(browser, account, "/console/sign-in/again")
    waiting = browser.get("/console/again")
    assert "matter &lt;b&gt; of the day" in waiting.text
    sent = {name: unescape(value) for name, value in HIDDEN.findall(waiting.text)}
    assert sent["cameras"] == "cam-19"
    done = browser.post("/console/holds", {**sent})
    assert done.status_code == 200
    assert "done=" in str(done.url)
    assert browser.get("/console/again").url.path == "/console"


def test_somebody_else_signs_nobody_in_afresh(office: Office, browser_of: BrowserOf) -> None:
    browser = browser_of("chen")
    start, until = f"{office.city.url}/console/sign-in/again", f"{office.city.url}/console/signed-in"
    back = sign_in(browser.client, start, "wu", until)
    answer = browser.client.get(str(back))
    assert answer.status_code == 403
    assert "chen" in browser.get("/console").text


def test_the_api_asks_for_a_fresh_sign_in_as_rfc_9470_says(office: Office) -> None:
    body = {"scope": {"cameras": ["cam-19"], "from": "2026-11-01T08:00:00Z"}, "matter": "m"} | CHIEF
    stale = office.call("wu", "POST", "/holds", body, auth_time=1_700_000_000)
    assert stale.status_code == 401
    assert 'error="insufficient_user_authentication"' in stale.headers["www-authenticate"]
    assert 'max_age="300"' in stale.headers["www-authenticate"]
    assert stale.json()["rule"] == "identity.step_up.hold.place"
    assert office.call("wu", "POST", "/holds", body, auth_time=None).status_code == 401
    assert office.call("wu", "POST", "/holds", body).status_code in (200, 202)
    assert office.city.call("sysman-wu", "POST", "/holds", body).status_code == 401


def test_reading_wants_no_fresh_sign_in(office: Office) -> None:
    assert office.call("wu", "GET", "/holds", auth_time=1_700_000_000).status_code == 200


def test_two_accounts_of_one_person_release_no_hold(office: Office) -> None:
    body = {"scope": {"cameras": ["cam-20"], "from": "2026-11-01T08:00:00Z"}, "matter": "m"} | CHIEF
    hold = office.call("wu", "POST", "/holds", body).json()["hold_id"]
    assert office.call("wu", "POST", f"/holds/{hold}/propose-release").status_code in (200, 202)
    again = office.call("wu-second", "POST", f"/holds/{hold}/release")
    assert again.status_code == 403
    assert "it takes two persons" in again.json()["detail"]
    office.city.stop("all")
    office.city.start()
    # The second one comes after a restart: the first one's roles are known still.
    released = office.call("kao", "POST", f"/holds/{hold}/release")
    assert released.status_code in (200, 202), released.text


def test_the_provider_ends_a_stay_by_a_signed_word(office: Office, browser_of: BrowserOf) -> None:
    browser, other = browser_of("lin"), browser_of("chen")
    word = office.provider.sign(aud=CONSOLE, sub="lin", events={LOGOUT_EVENT: {}})
    forged = httpx.post(f"{office.city.url}/console/back-channel-logout", data={"logout_token": word[:-4] + "AAAA"})
    assert forged.status_code == 400
    assert browser.get("/console").url.path == "/console"
    told = httpx.post(f"{office.city.url}/console/back-channel-logout", data={"logout_token": word})
    assert told.status_code == 200
    assert told.json() == {"ended": 1}
    assert browser.get("/console").url.path == "/console/sign-in"
    assert other.get("/console").url.path == "/console"


def test_signing_out_ends_the_session_here_and_offers_to_end_the_providers(browser_of: BrowserOf) -> None:
    browser = browser_of("chen")
    kept = browser.client.cookies["camledger_session"]
    page = browser.send("/console", "/console/sign-out")
    assert "/session/end?" in unescape(page.text)
    browser.client.cookies.set("camledger_session", kept, path="/console")
    assert browser.get("/console").url.path == "/console/sign-in"


OUTSIDE = {"/console/sign-in", "/console/back-channel-logout"}
FORMS = sorted(
    route.path
    for each in routers()
    for route in each.routes
    if isinstance(route, APIRoute) and "POST" in (route.methods or ()) and route.path not in OUTSIDE
)


def test_no_form_of_the_console_is_taken_without_its_sessions_token(browser_of: BrowserOf) -> None:
    browser = browser_of("wu")
    assert len(FORMS) > 20
    for path in FORMS:
        somewhere = re.sub(r"\{\w+\}", "6f1b7a52-0000-4000-8000-000000000001", path)
        told = browser.post(somewhere, {"form_token": "made-up"})
        assert (told.status_code, "FormNotOurs" in told.text or "Nothing was done" in told.text) == (403, True), path


def test_a_sixth_session_of_a_person_ends_the_first(browser_of: BrowserOf) -> None:
    browsers = [browser_of("lin") for _ in range(6)]
    assert browsers[0].get("/console").url.path == "/console/sign-in"
    assert [each.get("/console").url.path for each in browsers[1:]] == ["/console"] * 5


def test_a_silent_provider_lets_nobody_in_and_is_named(office: Office, browser_of: BrowserOf) -> None:
    inside = browser_of("wu")
    office.city.stop("all")
    office.provider.stop()
    office.city.start()
    answer = browser_of().get("/console/sign-in/start")
    assert answer.status_code == 503
    assert "identity provider doesn" in unescape(answer.text)
    assert answer.headers["retry-after"]
    assert inside.get("/console").url.path == "/console/sign-in"
    office.provider.start()
    office.city.until(lambda: inside.client.get("/console/sign-in/start", follow_redirects=False).is_redirect)
