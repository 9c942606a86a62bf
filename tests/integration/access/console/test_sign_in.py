"""Coming and going over HTTP: cookies, forged forms, languages, and an installation that has nobody to sign in."""

from __future__ import annotations

import httpx
import pytest

from tests.integration.access.conftest import City
from tests.integration.access.console.browsing import internal, token_of
from tests.integration.access.console.conftest import OpenAs

PAGES = ("/console", "/console/requests", "/console/new", "/console/new/daan-cctv/internal", "/console/policies")


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_a_page_without_signing_in(open_as: OpenAs, page: str) -> None:
    answer = open_as().get(page)
    assert answer.url.path == "/console/sign-in"
    assert answer.url.params["to"] == page


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_that_these_are_demo_people_and_is_light(open_as: OpenAs, page: str, language: str) -> None:
    answer = open_as("sysman-wu", language).get(page)
    assert answer.status_code == 200
    assert ("demo people" if language == "en" else "示範人員") in answer.text
    assert len(answer.content) < 60_000
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(open_as: OpenAs) -> None:
    browser = open_as()
    page = browser.get("/console/sign-in")
    sent = {"form_token": token_of(page), "account": "sysman-wu", "to": "/console"}
    browser.client.follow_redirects = False
    answer = browser.post("/console/sign-in", dict(sent))
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("camledger_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/console" in cookie
    assert "token-" not in answer.text + cookie


def test_signing_in_needs_the_form_of_our_own_page(open_as: OpenAs) -> None:
    answer = open_as().post("/console/sign-in", {"form_token": "made-up", "account": "sysman-wu"})
    assert answer.status_code == 403
    assert "camledger_session" not in answer.headers.get("set-cookie", "")


def test_a_service_is_nobody_that_can_be_signed_in(open_as: OpenAs) -> None:
    browser = open_as()
    page = browser.get("/console/sign-in")
    answer = browser.post("/console/sign-in", {"form_token": token_of(page), "account": "service-access"})
    assert answer.status_code == 404


def test_a_form_without_the_sessions_token_does_nothing(open_as: OpenAs, demo: City) -> None:
    before = len(demo.see("sysman-wu", "/requests")["requests"])
    answer = open_as("officer-lin").post("/console/new/daan-cctv/internal", internal())
    assert answer.status_code == 403
    assert "Nothing was done" in answer.text
    assert len(demo.see("sysman-wu", "/requests")["requests"]) == before


def test_a_form_of_another_persons_session_does_nothing(open_as: OpenAs) -> None:
    stolen = token_of(open_as("head-chen").get("/console/new/daan-cctv/internal"))
    answer = open_as("officer-lin").post("/console/new/daan-cctv/internal", {"form_token": stolen, **internal()})
    assert answer.status_code == 403


def test_a_form_from_another_site_does_nothing_even_with_the_token(open_as: OpenAs) -> None:
    browser = open_as("officer-lin")
    own = token_of(browser.get("/console/new/daan-cctv/internal"))
    page = {"form_token": own, **internal()}
    answer = browser.post("/console/new/daan-cctv/internal", page, origin="https://evil.example")
    assert answer.status_code == 403


def test_signing_out_makes_the_old_cookie_worthless(open_as: OpenAs) -> None:
    browser = open_as("officer-lin")
    kept = browser.client.cookies["camledger_session"]
    browser.send("/console", "/console/sign-out")
    browser.client.cookies.set("camledger_session", kept, path="/console")
    assert browser.get("/console").url.path == "/console/sign-in"


def test_the_api_takes_no_session(open_as: OpenAs) -> None:
    assert open_as("sysman-wu").get("/api/v1/requests").status_code == 401


def test_the_language_is_as_the_browser_prefers_until_one_is_chosen(open_as: OpenAs) -> None:
    browser = open_as("sysman-wu", "zh-TW,zh;q=0.9")
    assert '<html lang="zh-Hant-TW">' in browser.get("/console").text
    answer = browser.get("/console/prefer?language=en&to=/console/requests")
    assert answer.url.path == "/console/requests"
    assert '<html lang="en">' in answer.text
    assert '<html lang="en">' in browser.get("/console").text


def test_dates_follow_the_agencys_zone_and_the_languages_calendar(open_as: OpenAs) -> None:
    assert "Asia/Taipei" in open_as("sysman-wu").get("/console").text
    assert " 年 " in open_as("sysman-wu", "zh-Hant").get("/console").text


def test_a_dark_page_is_chosen_by_cookie(open_as: OpenAs) -> None:
    assert 'data-theme="dark"' in open_as("sysman-wu").get("/console/prefer?theme=dark").text


def test_a_foreign_name_for_this_machine_is_refused(demo: City) -> None:
    answer = httpx.get(f"{demo.url}/console/sign-in", headers={"host": "evil.example"}, timeout=30)
    assert answer.status_code == 421


def test_a_page_that_does_not_exist_is_told_as_a_page(open_as: OpenAs) -> None:
    answer = open_as("sysman-wu").get("/console/requests/not-an-id")
    assert answer.status_code == 404
    assert "Not known here" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_an_installation_without_an_identity_provider_refuses_and_says_so(demo: City) -> None:
    demo.stop("all")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("CAMLEDGER_CONSOLE_IDENTITY")
        demo.start()
        answer = httpx.get(f"{demo.url}/console", timeout=30)
    assert answer.status_code == 503
    assert "No identity provider is configured" in answer.text
