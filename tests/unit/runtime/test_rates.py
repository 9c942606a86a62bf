"""Who asks too often waits; services don't; nobody's bucket outlives the bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import httpx
import pytest
import yaml
from fastapi import APIRouter, Depends, FastAPI

from services.runtime.http import new_app
from services.runtime.identity import Person, person
from services.runtime.oidc.refusals import FreshSignInNeeded
from services.runtime.rates import WRONG_BURST, Buckets
from services.runtime.settings import Settings

router = APIRouter()
Asked = Callable[..., list[int]]


@router.get("/who")
def who(caller: Annotated[Person, Depends(person)]) -> str:
    if caller.account == "old":
        raise FreshSignInNeeded("act", 300, "")
    return caller.account


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., Asked]:
    def client(**rates: float) -> Asked:
        entries = [
            {"person_id": f"p-{one}", "account": one, "name": one, "roles": [role], "token_sha256": token(one)}
            for one, role in (("lin", "custodian"), ("old", "custodian"), ("access", "service:access"))
        ]
        (tmp_path / "people.yaml").write_text(yaml.safe_dump({"people": entries}))
        app = new_app("t", Settings(people=tmp_path / "people.yaml", **rates), title="t", routers=[router])  # type: ignore[arg-type]
        return lambda name, number: asyncio.run(calls(app, name, number))

    return client


async def calls(app: FastAPI, name: str, number: int) -> list[int]:
    headers = {"authorization": f"Bearer {name}"} if name else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t", headers=headers) as client:
        return [(await client.get("/who")).status_code for _ in range(number)]


def token(account: str) -> str:
    return sha256(account.encode()).hexdigest()


def test_a_person_who_asks_too_often_waits_and_a_service_never(asked: Callable[..., Asked]) -> None:
    ask = asked(rate_per_person=0.5)
    assert ask("lin", 8) == [200] * 5 + [429] * 3
    assert ask("access", 20) == [200] * 20


def test_an_address_that_asks_too_often_waits_whoever_it_says_it_is(asked: Callable[..., Asked]) -> None:
    ask = asked(rate_per_address=0.5)
    assert ask("", 7) == [401] * 5 + [429] * 2
    assert ask("lin", 1) == [429]


def test_trying_tokens_ends_soon(asked: Callable[..., Asked]) -> None:
    ask = asked()
    told = ask("guess", int(WRONG_BURST) + 5)
    assert told.count(401) == pytest.approx(WRONG_BURST, abs=2)
    assert told[-1] == 429


def test_who_signed_in_too_long_ago_tries_no_tokens(asked: Callable[..., Asked]) -> None:
    assert asked()("old", int(WRONG_BURST) + 20) == [401] * (int(WRONG_BURST) + 20)


def test_no_rate_is_no_limit(asked: Callable[..., Asked]) -> None:
    assert asked(rate_per_person=0, rate_per_address=0)("lin", 300) == [200] * 300


def test_a_bucket_fills_with_time_and_no_further_than_its_burst() -> None:
    now = 0.0
    buckets = Buckets(2.0, 3.0, clock=lambda: now)
    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    now = 0.5
    assert [buckets.take("a"), buckets.take("a")] == [0.0, 0.5]
    now = 1000.0
    assert [buckets.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_buckets_are_bounded_in_number() -> None:
    buckets = Buckets(1.0, 1.0, keys_max=10)
    for key in range(1000):
        buckets.take(str(key))
    assert len(buckets) == 10
