"""Whom a provider names is known from then on, never as a service; settings that aren't safe are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from starlette.datastructures import State
from starlette.requests import Request

from services.runtime.identity import People, Person, person, speaks_for
from services.runtime.oidc.door import Door, DoorMisbuilt
from services.runtime.refusal import Refusal
from services.runtime.settings import Settings

SERVICE = Person(
    person_id="service-access",
    account="service-access",
    name="access",
    roles=frozenset({"service:access"}),
    token_sha256=sha256(b"token").hexdigest(),
)
LIN = Person(
    person_id="p-lin", account="林@city", name="林", roles=frozenset({"custodian"}), issuer="https://id", agency="daan"
)


def read_as(who: Person, *, door: object = object(), changed: dict[str, str] | None = None) -> Person:
    told = {"authorization": "Bearer token"} | speaks_for(who) | (changed or {})
    headers = [(name.encode(), value.encode()) for name, value in told.items()]
    app = type("App", (), {"state": State({"people": People([SERVICE]), "door": door})})()
    return person(Request({"type": "http", "method": "GET", "headers": headers, "app": app}))


def test_access_reads_for_a_person_whom_only_the_provider_knows() -> None:
    assert read_as(LIN) == LIN


def test_without_a_provider_nobody_is_believed_to_be_somebody() -> None:
    with pytest.raises(Refusal, match="NotRepresented"):
        read_as(LIN, door=None)


def test_nobody_is_told_to_be_a_service() -> None:
    with pytest.raises(Refusal, match="NotRepresented"):
        read_as(replace(LIN, roles=frozenset({"service:ingest"})))


@pytest.mark.parametrize("said", ["", "%", "bnVsbA==", "e30=", "W10="])
def test_nonsense_about_a_person_is_nobody(said: str) -> None:
    with pytest.raises(Refusal, match="NotRepresented"):
        read_as(LIN, changed={"x-camledger-who-is": said})


def test_who_was_met_is_found_by_account_and_nothing_new_is_said_twice() -> None:
    people = People([SERVICE])
    assert people.meet(replace(LIN, authenticated_at=datetime.now(UTC)))
    assert not people.meet(replace(LIN, acr="2"))
    assert people.by_account["林@city"] == LIN
    assert people.meet(replace(LIN, roles=frozenset({"auditor"})))


def test_a_provider_makes_nobody_a_service() -> None:
    with pytest.raises(Refusal, match="service"):
        People([SERVICE]).meet(replace(LIN, account="service-access"))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"oidc_issuer": "http://id.city"}, "CAMLEDGER_OIDC_ISSUER"),
        ({"oidc_issuer": "ftp://127.0.0.1"}, "CAMLEDGER_OIDC_ISSUER"),
        ({"oidc_client_id": ""}, "CAMLEDGER_OIDC_CLIENT_ID"),
        ({"oidc_audience": "camledger"}, "CAMLEDGER_OIDC_AUDIENCE"),
    ],
)
def test_settings_that_cant_be_safe_are_named(changed: dict[str, Any], named: str) -> None:
    good = {"oidc_issuer": "https://id.city", "oidc_client_id": "camledger", "oidc_audience": "api"}
    with pytest.raises(DoorMisbuilt, match=named):
        Door.of(Settings(**(good | changed)))
