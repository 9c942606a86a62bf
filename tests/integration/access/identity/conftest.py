"""Access whose people come by a real OpenID provider: one installation and one provider for a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.conftest import Addresses
from tests.fakes.provider.browsing import sign_in
from tests.fakes.provider.running import AUDIENCE, CONSOLE, SECRET, RunningProvider, is_there
from tests.integration.access.conftest import City, build, tear_down
from tests.integration.access.console.browsing import Browser

MAPPING = """
format: camledger.identity/1
person_id: {claim: employee_number}
account: {claim: preferred_username}
name: {claim: name}
agency: {always: daan}
roles:
  claim: groups
  values:
    applicants: [applicant, clerk]
    heads: [applicant_supervisor, unit_head]
    managers: [system_manager, custodian]
    supervisors: manager_supervisor
    watch: supervisor
    admins: platform_admin
    leads: [project_lead, project_group]
"""


def claims(name: str, group: str) -> dict[str, Any]:
    return {"name": name, "preferred_username": f"{name}@city", "employee_number": f"p-{name}", "groups": [group]}


ACCOUNTS = {
    "lin": claims("lin", "applicants"),
    "wu": claims("wu", "managers"),
    "kao": claims("kao", "supervisors"),
    "chen": claims("chen", "heads"),
    "night": claims("night", "managers"),
    "ames": claims("ames", "watch"),
    "late": claims("late", "managers"),
    "slow": claims("slow", "managers"),
    "root": claims("root", "admins"),
    "ong": claims("ong", "leads"),
    "ying": claims("ying", "leads"),
    "tourist": claims("tourist", "nothing here"),
    # Two accounts of one person.
    "wu-second": claims("wu", "heads") | {"preferred_username": "wu-second@city"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Access, its provider, and browsers of its people."""

    city: City
    provider: RunningProvider

    def browser(self, account: str = "", language: str = "en") -> Browser:
        """Return a browser; signed in by the provider's own pages if somebody is named."""
        browser = Browser(self.city.url, language=language)
        if account:
            come_in(browser, account)
        return browser

    def call(self, account: str, method: str, path: str, body: object = None, **claims: Any) -> httpx.Response:  # noqa: ANN401
        """Call the API with an access token that the provider's key has signed."""
        token = self.provider.sign(sub=account, **(ACCOUNTS[account] | claims))
        headers = {"authorization": f"Bearer {token}"}
        return httpx.request(method, f"{self.city.url}/api/v1{path}", json=body, headers=headers, timeout=90)


def come_in(browser: Browser, account: str, start: str = "/console/sign-in/start") -> httpx.Response:
    """Sign in by the provider's own pages and open what it sends back to."""
    back = sign_in(browser.client, f"{browser.url}{start}", account, f"{browser.url}/console/signed-in")
    return browser.client.get(str(back))


@pytest.fixture(scope="package")
def office(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    is_there()
    built = build(stack, tmp_path_factory.mktemp("office"))
    provider = RunningProvider(tmp_path_factory.mktemp("provider"), ACCOUNTS, built.url)
    provider.long_ago = ["night", "late", "slow", "ong", "ying"]
    (provider.home / "identity.yaml").write_text(MAPPING)
    built.environment = {f"CAMLEDGER_{name}": value for name, value in settings(provider).items()}
    try:
        provider.start()
        built.start()
        # Adopting wants a fresh sign-in: the administrator comes by the provider as everybody does.
        built.tokens["admin-root"] = provider.sign(sub="root", **ACCOUNTS["root"])
        built.settle()
        yield Office(city=built, provider=provider)
    finally:
        provider.stop()
        tear_down(built)


def settings(provider: RunningProvider) -> dict[str, str]:
    return {
        "CONSOLE_IDENTITY": "oidc",
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": CONSOLE,
        "OIDC_CLIENT_SECRET": SECRET,
        "OIDC_AUDIENCE": AUDIENCE,
        "OIDC_MAPPING": str(provider.home / "identity.yaml"),
        "PUBLIC_URL": provider.console,
    }


@pytest.fixture
def browser_of(office: Office) -> Iterator[Callable[..., Browser]]:
    """Return browsers that are closed afterwards."""
    opened: list[Browser] = []

    def browser(account: str = "", language: str = "en") -> Browser:
        opened.append(office.browser(account, language))
        return opened[-1]

    yield browser
    for each in opened:
        each.client.close()
