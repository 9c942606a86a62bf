"""A real browser signs in across two sites: cookies, content policy and the way back hold as browsers have them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright

from tests.integration.access.identity.conftest import Office

SERIOUS = ("serious", "critical")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine: install it (apt-get install chromium), or see scripts/apt.sh")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, office: Office) -> Iterator[Page]:
    context = chromium.new_context(base_url=office.city.url, locale="zh-TW")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def at_provider(page: Page, account: str) -> None:
    """Fill in the provider's own pages, which are another site."""
    page.locator("input[name=login]").fill(account)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    # The first time it asks for consent; else the browser is back.
    page.locator("input[value=consent], main#main").first.wait_for(state="attached")
    if page.locator("input[value=consent]").count():
        page.locator("form[action] button[type=submit]").first.click()


def told(page: Page, office: Office) -> list[str]:
    """Return what the browser complains about on our own pages, from now on."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if page.url.startswith(office.city.url) else None)
    return found


def fit(page: Page) -> bool:
    """Tell whether axe-core finds no serious fault on a page; it is printed if there is one."""
    found = [each for each in Axe().run(page).response["violations"] if each["impact"] in SERIOUS]
    assert found == [], (page.url, found)
    return True


def test_a_browser_comes_in_from_another_site_and_stays(page: Page, office: Office) -> None:
    errors = told(page, office)
    page.goto("/console/holds")
    assert page.url.endswith("/console/sign-in?to=%2Fconsole%2Fholds")
    assert fit(page)
    page.locator("a.b1").click()
    assert page.url.startswith(office.provider.issuer)
    assert office.provider.issuer.startswith("http://localhost")
    at_provider(page, "wu")
    page.wait_for_url("**/console/holds")
    assert page.locator("h1").inner_text() == "影像保全"
    assert errors == []


def test_a_waiting_form_survives_the_way_to_the_provider_and_back(page: Page, office: Office) -> None:
    errors = told(page, office)
    page.goto("/console/sign-in/start?to=/console/break-glass")
    at_provider(page, "slow")
    page.wait_for_url("**/console/break-glass")
    page.locator("#why").fill("值班保管人無法聯繫，須立即保全")
    page.locator("form[action='/console/break-glass'] button[type=submit]").click()
    assert fit(page)
    page.locator("a[href='/console/sign-in/again']").click()
    at_provider(page, "slow")
    page.wait_for_url("**/console/again")
    assert fit(page)
    assert "須立即保全" in page.locator("main").inner_text()
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/console/break-glass?done=asked")
    assert fit(page)
    assert "待第二人同意" in page.locator("main").inner_text()
    assert [each for each in errors if "401" not in each] == []  # which is how the form was answered
