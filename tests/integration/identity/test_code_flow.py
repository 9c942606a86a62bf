"""The code flow against a real provider: who comes in, and which returns are worth nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from services.runtime.oidc.door import Door
from services.runtime.oidc.exchange import Asked, Client
from services.runtime.oidc.refusals import SignInRefused, TokenRefused
from tests.fakes.provider.browsing import sign_in
from tests.fakes.provider.running import APP, APP_RETURNS_TO, RunningProvider


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


def returned(provider: RunningProvider, browser: httpx.Client, address: str) -> httpx.QueryParams:
    return sign_in(browser, address, "lin", provider.console).params


def test_who_signs_in_has_the_roles_that_the_mapping_file_gives(
    provider: RunningProvider, door: Door, browser: httpx.Client
) -> None:
    asked, address = door.begin(max_age_s=3600)
    back = returned(provider, browser, address)
    came = door.came_back(asked, back["code"], back["iss"], since=None)
    assert back["state"] == asked.state
    assert (came.person.person_id, came.person.account, came.person.agency) == ("p-lin", "officer-lin", "daan")
    assert came.person.roles == {"applicant", "clerk"}
    assert came.subject == "lin"
    assert came.provider_session


def test_a_fresh_sign_in_is_asked_for_and_proved(provider: RunningProvider, door: Door, browser: httpx.Client) -> None:
    returned(provider, browser, door.begin(max_age_s=3600)[1])
    earlier = door.now
    asked, address = door.begin(max_age_s=3600, again=True)
    back = returned(provider, browser, address)
    came = door.came_back(asked, back["code"], back["iss"], since=earlier)
    assert door.is_fresh(came.person, within_s=300)
    assert not replace(door, clock=lambda: door.clock() + 301).is_fresh(came.person, within_s=300)


def test_a_sign_in_that_the_provider_remembered_isnt_fresh(
    provider: RunningProvider, door: Door, browser: httpx.Client
) -> None:
    asked, address = door.begin(max_age_s=3600)
    back = returned(provider, browser, address)
    with pytest.raises(SignInRefused, match="fresh"):
        door.came_back(asked, back["code"], back["iss"], since=door.now + timedelta(minutes=5))


def test_a_code_is_worth_one_sign_in(provider: RunningProvider, door: Door, browser: httpx.Client) -> None:
    asked, address = door.begin(max_age_s=3600)
    back = returned(provider, browser, address)
    door.came_back(asked, back["code"], back["iss"], since=None)
    with pytest.raises(TokenRefused, match="invalid_grant"):
        door.came_back(asked, back["code"], back["iss"], since=None)


def test_a_stolen_code_is_worth_nothing_without_its_verifier(
    provider: RunningProvider, door: Door, browser: httpx.Client
) -> None:
    asked, address = door.begin(max_age_s=3600)
    back = returned(provider, browser, address)
    with pytest.raises(TokenRefused, match="invalid_grant"):
        door.came_back(replace(asked, verifier="v" * 64), back["code"], back["iss"], since=None)


def test_an_id_token_of_another_sign_in_is_refused_by_its_nonce(
    provider: RunningProvider, door: Door, browser: httpx.Client
) -> None:
    asked, address = door.begin(max_age_s=3600)
    back = returned(provider, browser, address)
    with pytest.raises(TokenRefused, match="nonce"):
        door.came_back(replace(asked, nonce="another"), back["code"], back["iss"], since=None)


@pytest.mark.parametrize("issuer", ["", "https://evil.example"])
def test_an_answer_of_another_issuer_is_refused(door: Door, issuer: str) -> None:
    asked, _address = door.begin(max_age_s=3600)
    with pytest.raises(SignInRefused, match="another issuer"):
        door.came_back(asked, "any", issuer, since=None)


def test_a_program_calls_with_an_access_token_of_the_provider(door: Door, browser: httpx.Client) -> None:
    asked = Asked(state="s" * 20, nonce="n" * 20, verifier="v" * 60)
    address = Client(client_id=APP, secret="").address(door.provider, APP_RETURNS_TO, asked, max_age="3600")
    code = sign_in(browser, address, "lin", APP_RETURNS_TO).params["code"]
    told = httpx.post(
        door.provider.document()["token_endpoint"],
        data={
            "grant_type": "authorization_code",
            "client_id": APP,
            "code": code,
            "redirect_uri": APP_RETURNS_TO,
            "code_verifier": asked.verifier,
        },
    ).json()
    assert door.caller(told["access_token"]).roles == {"applicant", "clerk"}
    assert door.is_fresh(door.caller(told["access_token"]), within_s=300)
    with pytest.raises(TokenRefused, match="audience"):
        door.caller(told["id_token"])
