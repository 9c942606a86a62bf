"""A real OpenID provider, one for a module, and the door that it opens to our API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.runtime.oidc.door import Door
from services.runtime.settings import Settings
from tests.fakes.provider.running import AUDIENCE, CONSOLE, SECRET, RunningProvider, is_there

MAPPING = """
format: camledger.identity/1
person_id: {claim: employee_number}
account: {claim: preferred_username}
name: {claim: name}
agency: {claim: department, values: {Da'an District: daan}}
roles: {claim: groups, values: {cctv-applicants: [applicant, clerk], cctv-custodians: custodian}}
"""
LIN = {
    "name": "Lin Mei-ling",
    "preferred_username": "officer-lin",
    "employee_number": "p-lin",
    "department": "Da'an District",
    "groups": ["cctv-applicants", "canteen"],
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    """Return a running provider that knows one person."""
    is_there()
    running = RunningProvider(tmp_path_factory.mktemp("provider"), {"lin": LIN}, "http://127.0.0.1:9")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def door(settings: Settings) -> Door:
    """Return a door that has asked the provider nothing yet."""
    made = Door.of(settings)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def settings(provider: RunningProvider) -> Settings:
    mapping = provider.home / "identity.yaml"
    mapping.write_text(MAPPING)
    return Settings(
        oidc_issuer=provider.issuer,
        oidc_client_id=CONSOLE,
        oidc_client_secret=SECRET,
        oidc_audience=AUDIENCE,
        oidc_mapping=mapping,
        public_url=provider.console,
    )
