"""Tokens as a thief, a forger or a careless provider makes them, and keys that change: asked of a real provider."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from time import time
from typing import Any

import httpx
import pytest

from services.runtime.oidc import tokens
from services.runtime.oidc.door import Door
from services.runtime.oidc.provider import Provider
from services.runtime.oidc.refusals import ClaimsUnusable, ProviderSilent, TokenRefused
from services.runtime.refusal import Refusal
from tests.fakes.provider.running import CONSOLE, RunningProvider, free_port, new_key

# Instants are told when tests are collected, which may be long before they run.
DAY_S = 86_400


def encoded(header: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")


def refused(door: Door, token: str) -> str:
    with pytest.raises(Refusal) as told:
        door.caller(token)
    assert isinstance(told.value, TokenRefused | ClaimsUnusable)
    return told.value.detail


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "urn:another:api"}, "another audience"),
        ({"aud": None}, "another audience"),
        ({"aud": ["urn:another:api", 7]}, "another audience"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"exp": int(time()) - 61}, "has expired"),
        ({"exp": None}, "no end"),
        ({"exp": "soon"}, "no instant"),
        ({"nbf": int(time()) + DAY_S}, "isn't valid yet"),
        ({"iat": int(time()) + DAY_S}, "isn't valid yet"),
        ({"employee_number": None}, "'employee_number' gives no person_id"),
        ({"employee_number": "service-access"}, "isn't usable as a person id"),
        ({"groups": ["strangers"]}, "is a role here"),
        ({"department": "Zhongshan"}, "is an agency here"),
    ],
)
def test_a_token_that_says_something_else_is_refused(
    provider: RunningProvider, door: Door, claims: dict[str, Any], why: str
) -> None:
    assert door.caller(provider.sign()).account == "officer-lin"
    assert why in refused(door, provider.sign(**claims))


def test_a_token_without_a_signature_is_refused(provider: RunningProvider, door: Door) -> None:
    _header, claims, _signature = provider.sign().split(".")
    assert "'none'" in refused(door, f"{encoded({'alg': 'none'})}.{claims}.")


def test_the_public_key_is_nobodys_secret(provider: RunningProvider, door: Door) -> None:
    head = f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{provider.sign().split('.')[1]}"
    signature = hmac.digest(provider.key.as_pem(private=False), head.encode(), "sha256")
    assert "'HS256'" in refused(door, f"{head}.{urlsafe_b64encode(signature).decode().rstrip('=')}")


def test_a_strangers_key_under_the_providers_name_is_refused(provider: RunningProvider, door: Door) -> None:
    assert "signature isn't the provider's" in refused(door, provider.sign(key=new_key("first")))


def test_a_changed_claim_breaks_the_signature(provider: RunningProvider, door: Door) -> None:
    header, claims, signature = provider.sign().split(".")
    other = provider.sign(groups=["cctv-custodians"]).split(".")[1]
    assert "signature isn't the provider's" in refused(door, f"{header}.{other}.{signature}")
    assert door.caller(f"{header}.{claims}.{signature}").roles == {"applicant", "clerk"}


@pytest.mark.parametrize(
    "header", [{"alg": "ES256"}, {"crit": ["exp"], "exp": 1}, {"kid": ["first"]}, {"kid": "other"}]
)
def test_a_header_that_promises_something_else_is_refused(
    provider: RunningProvider, door: Door, header: dict[str, Any]
) -> None:
    _old, claims, signature = provider.sign().split(".")
    told = {"alg": "RS256", "kid": "first"} | header
    assert refused(door, f"{encoded(told)}.{claims}.{signature}")


@pytest.mark.parametrize("token", ["", "a.b.c", "..", "bnVsbA.e30.x", "é.b.c", "x" * 20_000, "e30.e30.e30"])
def test_nonsense_is_refused(door: Door, token: str) -> None:
    assert refused(door, token)


def test_an_id_token_opens_no_api_and_a_logout_token_signs_nobody_in(provider: RunningProvider, door: Door) -> None:
    assert "another audience" in refused(door, provider.sign(aud=CONSOLE, nonce="n"))
    logout = provider.sign(aud=CONSOLE, events={tokens.LOGOUT_EVENT: {}})
    assert door.signed_out(logout) == ("lin", "")
    with pytest.raises(TokenRefused, match="nonce"):
        tokens.identity(door.provider, logout, client_id=CONSOLE, nonce="n", now=time())
    with pytest.raises(TokenRefused, match="logout"):
        door.signed_out(provider.sign(aud=CONSOLE, nonce="n"))


@pytest.mark.parametrize("azp", [None, "another-client"])
def test_an_id_token_for_several_audiences_names_us_as_its_client(
    provider: RunningProvider, door: Door, azp: str | None
) -> None:
    token = provider.sign(aud=[CONSOLE, "another-client"], nonce="n", azp=azp)
    with pytest.raises(TokenRefused, match="another client"):
        tokens.identity(door.provider, token, client_id=CONSOLE, nonce="n", now=time())


def test_a_new_key_is_believed_at_once_and_an_old_one_no_longer_than_ten_minutes(
    provider: RunningProvider, door: Door
) -> None:
    now = 0.0
    ours = replace(door, provider=Provider(provider.issuer, clock=lambda: now))
    old_key, old = provider.key, provider.sign()
    assert ours.caller(old).account == "officer-lin"
    provider.stop()
    provider.key = new_key("second")
    provider.start()
    now = 10.0
    assert ours.caller(provider.sign()).account == "officer-lin"
    now = 10.0 + 600.0
    assert "doesn't publish" in refused(ours, old)
    provider.stop()
    provider.key = old_key
    provider.start()


def test_a_provider_that_is_silent_lets_nobody_in(provider: RunningProvider, door: Door) -> None:
    token = provider.sign()
    nobody = replace(door, provider=Provider(f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(ProviderSilent) as told:
        nobody.caller(token)
    assert told.value.status == 503
    with pytest.raises(ProviderSilent):
        nobody.begin(max_age_s=3600)


def test_unknown_keys_cost_the_provider_one_answer_in_five_seconds(provider: RunningProvider, door: Door) -> None:
    asked: list[str] = []
    with httpx.Client(event_hooks={"request": [lambda request: asked.append(request.url.path)]}) as client:
        ours = replace(door, provider=Provider(provider.issuer, client, clock=lambda: 1.0))
        for number in range(20):
            refused(ours, provider.sign(header={"kid": f"made-up-{number}"}))
    assert asked == ["/.well-known/openid-configuration", "/jwks"]
