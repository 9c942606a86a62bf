"""A process of a service: health that can be believed, refusals as problems, an exit code that means something."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Annotated

import httpx
import pytest
import yaml
from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncEngine

from services.runtime.beats import Beats
from services.runtime.deadletter_http import dead_letter_router
from services.runtime.discarded import tell_through
from services.runtime.http import HttpPart, Refusal, new_app
from services.runtime.identity import Person, person, require
from services.runtime.outbox import Outbox
from services.runtime.process import Part, Ticker, run_service
from services.runtime.settings import Settings
from tests.fakes.ledger import CONSUMER, SERVICE, Ledger
from tests.fakes.ledger_world import Running, World, free_port, until

TOKEN = "a-token-of-a-test"
router = APIRouter(prefix="/api/v1")


@router.get("/refused")
async def refused(caller: Annotated[Person, Depends(person)]) -> None:
    require(caller, "platform_admin")
    raise Refusal(
        "FourEyesNeeded", status=409, title="Two persons", rule="npa-r7", clauses=("NPA-14",), remedy="Ask another"
    )


@router.get("/numbers/{number}")
async def numbers(number: int) -> int:
    return number


@pytest.fixture
def served(world: World, monkeypatch: pytest.MonkeyPatch) -> Settings:
    # Parts that an earlier test ran in this process are not waited for.
    monkeypatch.setattr(Beats, "current", Beats({}))
    people = [{"person_id": "p-0001", "account": "admin-root", "name": "A", "roles": ["platform_admin"]}]
    people[0]["token_sha256"] = hashlib.sha256(TOKEN.encode()).hexdigest()
    world.settings.people.write_text(yaml.safe_dump({"people": people}))
    return world.settings.model_copy(update={"http_port": free_port()})


def ask(settings: Settings, path: str, token: str = TOKEN, method: str = "GET") -> httpx.Response:
    address = f"http://127.0.0.1:{settings.http_port}{path}"
    return httpx.request(method, address, headers={"authorization": f"Bearer {token}"})


def http(settings: Settings, world: World) -> HttpPart:
    outbox = Outbox(SERVICE, world.codec, settings)
    handler = Ledger(outbox)
    routers = [router, dead_letter_router({CONSUMER: handler}, world.codec, tell_through(outbox))]
    return HttpPart(settings, lambda: new_app(SERVICE, settings, title="Test", routers=routers))


def answers(settings: Settings) -> Callable[[], bool]:
    return lambda: bool(text_of(settings, "/health/ready")) and ask(settings, "/health/ready").is_success


def test_refusals_are_problems_with_rule_clauses_and_remedy(world: World, served: Settings) -> None:
    with Running(http(served, world)):
        until(answers(served))
        answer = ask(served, "/api/v1/refused")
        stranger = ask(served, "/api/v1/refused", "wrong")
        malformed = ask(served, "/api/v1/numbers/secret-name")
        missing = ask(served, "/api/v1/nowhere")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["clauses"] == ["NPA-14"]
    assert [stranger.status_code, malformed.status_code, missing.status_code] == [401, 422, 404]
    assert "secret-name" not in malformed.text


def test_openapi_metrics_and_dead_letters_are_served(world: World, served: Settings) -> None:
    with Running(http(served, world)):
        until(answers(served))
        assert ask(served, "/api/v1/openapi.json").json()["openapi"].startswith("3.1")
        assert ask(served, "/api/v1/dead-letters").json() == []
        assert ask(served, "/api/v1/dead-letters/7/retry", method="POST").status_code == 404
        assert 'route="/api/v1/dead-letters"' in ask(served, "/metrics").text


def test_a_process_is_ready_and_alive_while_its_parts_beat_and_drains_on_sigterm(
    world: World, served: Settings
) -> None:
    process = world.start("all", CAMLEDGER_HTTP_PORT=str(served.http_port))
    until(answers(served))
    assert ask(served, "/health/live").json() == {"alive": True, "silent": []}
    process.terminate()
    assert process.wait(60) == 0


class Broken:
    """A part that fails with something that nobody knows."""

    name, role, beat_within_s = "broken", "worker", 10.0

    def run(self, _stop: threading.Event, beat: Callable[[], None]) -> None:
        beat()
        raise LookupError("something that nobody foresaw")


class Mute(Broken):
    """A part that hangs: it neither beats nor ends."""

    name, beat_within_s = "mute", 0.2

    def run(self, stop: threading.Event, _beat: Callable[[], None]) -> None:
        stop.wait()


def test_an_unknown_error_in_one_part_ends_the_whole_process_with_70(served: Settings) -> None:
    async def nothing(_engine: AsyncEngine) -> None:
        return

    parts: list[Part] = [Broken(), Ticker("quiet", 0.1, nothing, served, SERVICE)]
    assert run_service(SERVICE, served, parts) == 70


def test_a_silent_part_makes_the_process_neither_alive_nor_ready(world: World, served: Settings) -> None:
    stop, codes = threading.Event(), []
    parts: list[Part] = [http(served, world), Mute()]
    running = threading.Thread(target=lambda: codes.append(run_service(SERVICE, served, parts, stop=stop)))
    running.start()
    until(lambda: json.loads(text_of(served, "/health/live") or "{}").get("silent") == ["mute"])
    assert ask(served, "/health/ready").status_code == 503
    stop.set()
    running.join(20)
    assert codes == [0]


def text_of(settings: Settings, path: str) -> str:
    try:
        return ask(settings, path).text
    except httpx.TransportError:
        return ""


def test_a_role_that_no_part_has_is_refused_by_name(served: Settings) -> None:
    with pytest.raises(ValueError, match="no part of role 'cook'"):
        run_service(SERVICE, served, [Mute()], role="cook")
