"""Through HTTP: why footage still exists or is gone, and the breaker that two persons reset."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest
import yaml

from services.kernel.events import BreakerReset, BreakerTripped
from services.kernel.ids import event_id, segment_stream
from services.runtime.settings import Settings
from tests.fakes.ledger_world import until
from tests.fakes.neighbours import Neighbours, Service, segment

LONG_AGO = datetime(2024, 3, 1, 10, tzinfo=UTC)
PEOPLE = {
    "wu": ("p-1", ["system_manager"]),
    "wu-second-account": ("p-1", ["platform_admin"]),
    "kao": ("p-2", ["manager_supervisor"]),
    "fong": ("p-3", ["auditor"]),
    "lai": ("p-4", ["applicant"]),
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    people = [
        {
            "person_id": person_id,
            "account": account,
            "name": account,
            "roles": roles,
            "token_sha256": sha256(account.encode()).hexdigest(),
        }
        for account, (person_id, roles) in PEOPLE.items()
    ]
    settings.people.write_text(yaml.safe_dump({"people": people}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return settings.model_copy(update={"http_port": free.getsockname()[1]})


class Caller:
    """Calls the service as somebody."""

    def __init__(self, settings: Settings) -> None:
        self._base = f"http://127.0.0.1:{settings.http_port}/api/v1"

    def get(self, path: str, account: str = "fong", **query: str) -> Any:  # noqa: ANN401 - JSON
        answer = httpx.get(f"{self._base}{path}", params=query, headers=_token(account))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def reset(self, account: str, camera_id: str) -> httpx.Response:
        return httpx.post(f"{self._base}/breaker/reset", json={"camera_id": camera_id}, headers=_token(account))

    def up(self) -> bool:
        try:
            return httpx.get(f"{self._base}/status", headers=_token("fong")).status_code == 200
        except httpx.TransportError:
            return False


def _token(account: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {account}"}


@pytest.fixture
def call(world: Neighbours) -> Caller:
    world.register("plaza-1")
    return Caller(world.settings)


def test_an_explanation_names_state_rules_clauses_protections_events_and_what_comes_next(
    world: Neighbours, service: Service, call: Caller
) -> None:
    world.bind("daan-cctv", "plaza-1")
    fresh = datetime.now(UTC) - timedelta(minutes=2)
    world.feed([segment("plaza-1", LONG_AGO), segment("plaza-1", fresh)])
    service.start()
    until(lambda: len(world.commands()) == 1)
    kept = call.get(f"/segments/plaza-1/{fresh.isoformat()}/explain")
    assert (kept["state"], kept["next"]) == ("kept", "It enters the recovery window.")
    assert [rule["clauses"] for rule in kept["rules"]] == [["DAAN-02"]]
    assert kept["rules"][0]["titles"] == {"en": "Kept at least 90 days", "zh-Hant": "最少保存 90 日"}
    asked = call.get(f"/segments/plaza-1/{LONG_AGO.isoformat()}/explain", lang="zh-Hant")
    assert (asked["state"], asked["state_text"]) == ("commanded", "已提議銷毀")
    types = [event["type"] for event in asked["events"]]
    assert types == ["SegmentRecorded", "PolicyInForce", "DeletionCommanded"]
    stream = segment_stream("plaza-1", LONG_AGO, 1)
    assert asked["events"][0]["event_id"] == str(event_id(stream, 1))


def test_an_explanation_follows_footage_to_its_receipt(world: Neighbours, service: Service, call: Caller) -> None:
    world.bind("daan-cctv", "plaza-1")
    world.feed([segment("plaza-1", LONG_AGO)])
    service.start()
    until(lambda: len(world.commands()) == 1)
    where = f"/segments/plaza-1/{LONG_AGO.isoformat()}/explain"
    world.clear(world.commands()[0])
    until(lambda: call.get(where)["state"] == "cleared")
    world.answer(world.commands()[0], "destroying")
    world.destroy(world.commands()[0])
    until(lambda: call.get(where)["state"] == "gone")
    told = call.get(where)
    assert told["destroyed_at"] is not None
    assert [e["type"] for e in told["events"]][-2:] == ["DestructionStarted", "SegmentDestroyed"]
    assert told["events"][-1]["event_id"] == str(event_id(segment_stream("plaza-1", LONG_AGO, 1), 3))
    assert call.get("/due") == []


def test_held_footage_says_by_what_and_that_two_persons_must_release_it(
    world: Neighbours, service: Service, call: Caller
) -> None:
    world.bind("spd-cctv", "plaza-1")
    hold_id = world.hold("plaza-1")
    world.feed([segment("plaza-1", LONG_AGO)])
    service.start()
    until(call.up)
    until(lambda: len(call.get("/held")) == 1)
    told = call.get(f"/segments/plaza-1/{LONG_AGO.isoformat()}/explain")
    assert (told["state"], told["protections"][0]["matter"]) == ("past_maximum_protected", "112-1")
    assert told["protections"][0]["hold_id"] == str(hold_id)
    assert "Two persons" in told["next"]
    outside = call.get(f"/segments/plaza-1/{LONG_AGO.isoformat()}/explain", "lai")
    assert [(each["matter"], each["authority"]) for each in outside["protections"]] == [("", "")]
    assert outside["state"] == told["state"]
    assert "112-1" not in str(outside)
    assert [line["matter"] for line in call.get("/held", "lai")] == [""]
    assert [line["outcome"] for line in call.get("/overdue")] == ["past_maximum_protected"]


def test_a_tripped_breaker_is_reset_by_two_persons_not_by_two_accounts_of_one(
    world: Neighbours, service: Service, call: Caller
) -> None:
    world.bind("daan-cctv", "plaza-1")
    world.feed([segment("plaza-1", LONG_AGO + timedelta(minutes=i)) for i in range(8)])
    service.start(CAMLEDGER_RETENTION_CAMERA_LEAST="5")
    until(lambda: [t.camera_id for t in world.said("retention.events", BreakerTripped)] == ["plaza-1"])
    until(call.up)
    assert world.commands() == []
    assert call.reset("fong", "plaza-1").status_code == 403
    assert call.reset("wu", "plaza-1").json()["state"] == "proposed"
    assert call.reset("wu-second-account", "plaza-1").json()["type"].endswith("FourEyesNeeded")
    assert call.reset("kao", "plaza-1").json()["state"] == "reset"
    until(lambda: [r.persons for r in world.said("retention.events", BreakerReset)] == [("p-1", "p-2")])


def test_a_clock_that_was_far_ahead_and_came_back_is_reset_by_two_persons(
    world: Neighbours, service: Service, call: Caller
) -> None:
    world.bind("daan-cctv", "plaza-1")
    service.start()
    until(lambda: call.up() and call.get("/status")["swept_to"])
    world.rows("UPDATE wheel_cursor SET swept_to = clock_timestamp() + interval '1 year' RETURNING id")
    world.feed([segment("plaza-1", LONG_AGO)])
    until(lambda: call.get("/status")["clock_halted"] == "behind")
    assert [one["camera_id"] for one in call.get("/status")["breakers"]] == ["clock"]
    assert call.reset("wu", "clock").json()["state"] == "proposed"
    assert call.reset("wu-second-account", "clock").json()["type"].endswith("FourEyesNeeded")
    assert world.commands() == []
    assert call.reset("kao", "clock").json()["state"] == "reset"
    until(lambda: len(world.commands()) == 1)
    assert (call.get("/status")["clock_halted"], call.get("/status")["breakers"]) == ("", [])


def test_a_clock_that_caught_up_by_itself_closes_its_breaker(world: Neighbours, service: Service, call: Caller) -> None:
    service.start()
    until(lambda: call.up() and call.get("/status")["swept_to"])
    world.rows("UPDATE wheel_cursor SET swept_to = clock_timestamp() + interval '3 seconds' RETURNING id")
    until(lambda: call.get("/status")["clock_halted"] == "behind")
    until(lambda: call.get("/status")["clock_halted"] == "")
    assert call.get("/status")["breakers"] == []
